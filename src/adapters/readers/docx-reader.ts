import { SkippedDocument } from "../../domain/errors.ts";
import type { DocumentBlock } from "../../domain/document.ts";
import type { DocumentReader, SourceFile } from "../../ports/document-reader.ts";
import { extensionsOf, titleOfPath } from "./formats.ts";
import { loadHtmlParser } from "./html-blocks.ts";
import { damaged } from "./source-text.ts";

/** Old Office files, and new ones that are encrypted. */
const OLE_MAGIC = Buffer.from("d0cf11e0a1b11ae1", "hex");
/** The name of the stream that holds the encrypted document, as a compound file's directory writes it. */
const ENCRYPTED_STREAM = Buffer.from("EncryptedPackage", "utf16le");

/** Word's title is a style of its own, above the headings of level 1. */
const TITLE_CLASS = "document-title";
const STYLE_MAP = [`p[style-name='Title'] => h1.${TITLE_CLASS}:fresh`];

export const docxReader: DocumentReader = {
  format: "docx",
  extensions: extensionsOf("docx"),
  async read(file) {
    refuseOtherContainers(file);
    const html = await convert(file);
    const parse = await loadHtmlParser();
    const parsed = parse(html, 1).blocks;
    const blocks = html.includes(`<h1 class="${TITLE_CLASS}">`) ? belowTitle(parsed) : parsed;
    if (blocks.length === 0) throw new SkippedDocument("no-text", `${file.path} holds no text (pictures only?)`);
    const heading = blocks.find(({ kind, level }) => kind === "heading" && level === 1);
    return { title: heading?.text ?? titleOfPath(file.path), format: "docx", blocks: numberLines(blocks), warnings: [] };
  },
};

function refuseOtherContainers({ path, bytes }: SourceFile): void {
  if (bytes.length === 0) throw new SkippedDocument("empty", `${path} has no bytes`);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!buffer.subarray(0, OLE_MAGIC.length).equals(OLE_MAGIC)) return;
  if (buffer.includes(ENCRYPTED_STREAM)) throw new SkippedDocument("password-protected", `${path} is encrypted; save a copy without a password`);
  throw new SkippedDocument("damaged", `${path} is a Word 97-2003 file under a newer name; save it as .docx`);
}

async function convert({ path, bytes }: SourceFile): Promise<string> {
  const { default: mammoth } = await import("mammoth");
  try {
    const { value } = await mammoth.convertToHtml(
      { buffer: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) },
      // Without this, every picture would be carried along as text.
      { styleMap: STYLE_MAP, convertImage: mammoth.images.imgElement(async () => ({ src: "" })) },
    );
    return value;
  } catch (error) {
    throw damaged(path, error);
  }
}

/** Moves all headings one level down but the first, which is the title. */
function belowTitle(blocks: readonly DocumentBlock[]): DocumentBlock[] {
  const title = blocks.find(({ kind, level }) => kind === "heading" && level === 1);
  return blocks.map((block) => (block === title || block.level === undefined ? block : { ...block, level: Math.min(6, block.level + 1) }));
}

/** A DOCX has no lines: they count in the extracted text, one blank line between blocks. */
function numberLines(blocks: readonly DocumentBlock[]): DocumentBlock[] {
  let line = 1;
  return blocks.map((block) => {
    const startLine = line;
    const endLine = startLine + block.text.split("\n").length - 1;
    line = endLine + 2;
    return { ...block, startLine, endLine };
  });
}
