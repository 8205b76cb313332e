/** One kind of file that `rerank index` reads. The documentation's table of formats is made from this list. */
export interface SupportedFormat {
  /** As ParsedDocument.format says it. */
  readonly format: string;
  /** What a person calls it. */
  readonly label: string;
  /** Lower case, with the dot. */
  readonly extensions: readonly string[];
  /** Files of this format that are known by name, lower case and without an extension. */
  readonly fileNames: readonly string[];
}

export const SUPPORTED_FORMATS = [
  { format: "markdown", label: "Markdown", extensions: [".md", ".markdown", ".mdown", ".mkd", ".mdx", ".qmd", ".rmd"], fileNames: [] },
  {
    format: "text",
    label: "Plain text",
    extensions: [".txt", ".text", ".rst", ".org", ".adoc", ".asciidoc", ".tex", ".log", ".srt", ".vtt", ".eml", ".bib", ".diff", ".patch"],
    fileNames: ["readme", "license", "licence", "copying", "copyright", "notice", "authors", "contributors", "changelog", "changes", "news", "todo", "install"],
  },
  { format: "html", label: "HTML", extensions: [".html", ".htm", ".xhtml"], fileNames: [] },
  { format: "pdf", label: "PDF", extensions: [".pdf"], fileNames: [] },
  { format: "docx", label: "Word", extensions: [".docx", ".docm", ".dotx"], fileNames: [] },
  { format: "csv", label: "CSV and TSV", extensions: [".csv", ".tsv", ".tab"], fileNames: [] },
  { format: "json", label: "JSON", extensions: [".json", ".geojson", ".webmanifest"], fileNames: [] },
  { format: "jsonl", label: "JSON lines", extensions: [".jsonl", ".ndjson"], fileNames: [] },
  { format: "notebook", label: "Jupyter notebook", extensions: [".ipynb"], fileNames: [] },
  {
    format: "code",
    label: "Source code and configuration",
    extensions: (
      ".ada .adb .ads .asm .awk .bash .bat .bicep .c .cc .cfg .cjs .clj .cljc .cljs .cmake .cmd .coffee .conf .cpp .cr .cs .css .cts .cu .cue .cxx .d " +
      ".dart .dockerfile .dts .edn .el .elm .erl .ex .exs .f .f03 .f90 .fish .fs .fsi .fsx .gd .glsl .go .gql .gradle .graphql .groovy .h .hcl .hh " +
      ".hlsl .hpp .hrl .hs .hx .hxx .ini .inl .java .jl .js .json5 .jsonc .jsx .kt .kts .less .lisp .lua .m .make .mjs .mk .ml .mli .mm .move .mts " +
      ".nim .nix .nu .pas .php .pl .pm .prisma .properties .proto .ps1 .psm1 .pug .py .pyi .pyx .r .rake .rb .re .rkt .rs .s .sass .sc .scala " +
      ".scm .scss .sh .sol .sql .star .styl .sv .svelte .swift .tcl .tf .tfvars .thrift .toml .ts .tsx .v .vb .vhd .vhdl .vim .vue .wat " +
      ".wgsl .xml .xsd .xsl .yaml .yml .zig .zsh"
    ).split(" "),
    fileNames: ["makefile", "gnumakefile", "dockerfile", "containerfile", "jenkinsfile", "vagrantfile", "rakefile", "gemfile", "podfile", "procfile", "justfile", "build", "workspace"],
  },
] as const satisfies readonly SupportedFormat[];

export type FormatName = (typeof SUPPORTED_FORMATS)[number]["format"];

const BY_EXTENSION = new Map<string, FormatName>();
const BY_FILE_NAME = new Map<string, FormatName>();
for (const { format, extensions, fileNames } of SUPPORTED_FORMATS) {
  for (const extension of extensions) BY_EXTENSION.set(extension, format);
  for (const fileName of fileNames) BY_FILE_NAME.set(fileName, format);
}

/** The format that a path's name promises; `undefined` when the name says nothing and the bytes must. */
export function formatOfPath(path: string): FormatName | undefined {
  const name = baseName(path).toLowerCase();
  const byName = BY_FILE_NAME.get(name);
  if (byName !== undefined) return byName;
  const extension = extensionOf(name);
  // Dockerfile.dev, README.zh-CN and the like keep the part that tells their format in front.
  return BY_EXTENSION.get(extension) ?? BY_FILE_NAME.get(name.split(".", 1)[0]!);
}

export function extensionsOf(format: FormatName): readonly string[] {
  return SUPPORTED_FORMATS.find((candidate) => candidate.format === format)!.extensions;
}

/** The file's name without folders and extension: the title of a document that names itself nowhere. */
export function titleOfPath(path: string): string {
  const name = baseName(path);
  const extension = extensionOf(name);
  return extension === "" ? name : name.slice(0, -extension.length);
}

function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}

/** With the dot; empty for none, and for hidden files without another dot (".bashrc"). */
function extensionOf(name: string): string {
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? "" : name.slice(dot);
}
