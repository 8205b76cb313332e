import { createRequire } from "node:module";
import path from "node:path";
import { SkippedDocument } from "../../domain/errors.ts";
import type { DocumentReader, SourceFile } from "../../ports/document-reader.ts";
import { extensionsOf, titleOfPath } from "./formats.ts";
import { pdfBlocks } from "./pdf-blocks.ts";
import { assembleLines, withoutPageFurniture, type PdfLine, type PdfTextItem } from "./pdf-lines.ts";
import { damaged } from "./source-text.ts";

type PdfJs = typeof import("pdfjs-dist/legacy/build/pdf.mjs");
type PdfDocument = Awaited<ReturnType<PdfJs["getDocument"]>["promise"]>;

export const pdfReader: DocumentReader = {
  format: "pdf",
  extensions: extensionsOf("pdf"),
  async read(file) {
    if (file.bytes.length === 0) throw new SkippedDocument("empty", `${file.path} has no bytes`);
    const { getDocument, VerbosityLevel } = await loadPdfJs();
    const packageFolder = path.dirname(createRequire(import.meta.url).resolve("pdfjs-dist/package.json"));
    const loading = getDocument({
      // pdf.js takes the buffer away from its owner, so it gets a copy.
      data: new Uint8Array(file.bytes),
      verbosity: VerbosityLevel.ERRORS,
      // Chinese, Japanese and Korean fonts are read through these tables.
      cMapUrl: path.join(packageFolder, "cmaps") + path.sep,
      cMapPacked: true,
      standardFontDataUrl: path.join(packageFolder, "standard_fonts") + path.sep,
      isEvalSupported: false,
      disableFontFace: true,
      useSystemFonts: false,
    });
    try {
      const document = await loading.promise.catch((error: unknown) => {
        throw openingError(file.path, error);
      });
      return await readDocument(document, file);
    } finally {
      await loading.destroy();
    }
  },
};

async function readDocument(document: PdfDocument, { path: filePath }: SourceFile) {
  const lines: PdfLine[] = [];
  const warnings: string[] = [];
  const silent: number[] = [];
  for (let page = 1; page <= document.numPages; page++) {
    try {
      const found = await readPage(document, page);
      if (found.length === 0) silent.push(page);
      lines.push(...found);
    } catch (error) {
      warnings.push(`${filePath}: page ${page} is damaged (${(error as Error).message})`);
    }
  }
  const pages = `${document.numPages} ${document.numPages === 1 ? "page" : "pages"}`;
  if (lines.length === 0) {
    if (warnings.length > 0) throw new SkippedDocument("damaged", warnings[0]!);
    throw new SkippedDocument("no-text", `${filePath} has ${pages} and no text (scanned?); it needs OCR first`);
  }
  if (silent.length > 0) warnings.push(`${filePath}: no text on ${silent.length} of ${pages} (scanned or empty), the first is page ${silent[0]}`);
  const blocks = pdfBlocks(withoutPageFurniture(lines));
  const heading = blocks.find(({ kind, level }) => kind === "heading" && level === 1);
  const title = (await metadataTitle(document)) ?? heading?.text ?? titleOfPath(filePath);
  return { title, format: "pdf", blocks, warnings };
}

async function readPage(document: PdfDocument, pageNumber: number): Promise<PdfLine[]> {
  const page = await document.getPage(pageNumber);
  const { items } = await page.getTextContent();
  page.cleanup();
  return assembleLines(items.filter((item): item is Extract<typeof item, PdfTextItem> => "str" in item), pageNumber);
}

/** The producer's title, unless it is what word processors fill in by themselves. */
async function metadataTitle(document: PdfDocument): Promise<string | undefined> {
  const { info } = await document.getMetadata().catch(() => ({ info: {} })); // Damaged metadata is no reason to lose the text.
  const title = "Title" in info && typeof info.Title === "string" ? info.Title.trim() : "";
  const isFilledIn = title === "" || /^\(?(?:untitled|anonymous|unspecified)\)?$/i.test(title) || /^Microsoft \w+ - /.test(title) || /\.\w{2,5}$/.test(title);
  return isFilledIn ? undefined : title;
}

function openingError(filePath: string, error: unknown): SkippedDocument {
  if (error instanceof Error && error.name === "PasswordException") {
    return new SkippedDocument("password-protected", `${filePath} opens only with a password; save a copy without one`, { cause: error });
  }
  return damaged(filePath, error);
}

let pdfJs: Promise<PdfJs> | undefined;

function loadPdfJs(): Promise<PdfJs> {
  return (pdfJs ??= importPdfJs());
}

/**
 * pdf.js says on import that it cannot draw without its optional canvas; we only read. Its verbosity can be set only
 * afterwards, so for the time of the import its warnings, and no others, are held back.
 */
async function importPdfJs(): Promise<PdfJs> {
  const { console: output } = globalThis;
  const { warn } = output;
  output.warn = (...parts: unknown[]) => {
    if (!/^Warning: Cannot (?:load|polyfill|access)/.test(String(parts[0]))) warn.apply(output, parts);
  };
  try {
    return await import("pdfjs-dist/legacy/build/pdf.mjs");
  } finally {
    output.warn = warn;
  }
}
