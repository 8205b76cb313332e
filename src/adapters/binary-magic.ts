/** First bytes of formats that hold no text, and what to call them. Latin-1 strings, matched at offset 0. */
const MAGIC: readonly (readonly [string, string])[] = [
  ["\x89PNG", "a PNG image"],
  ["\xff\xd8\xff", "a JPEG image"],
  ["GIF87a", "a GIF image"],
  ["GIF89a", "a GIF image"],
  ["II*\0", "a TIFF image"],
  ["MM\0*", "a TIFF image"],
  ["RIFF", "a RIFF media file"],
  ["OggS", "an Ogg media file"],
  ["fLaC", "a FLAC file"],
  ["ID3", "an MP3 file"],
  ["\x1aE\xdf\xa3", "a Matroska or WebM file"],
  ["%PDF-", "a PDF file"],
  ["PK\x03\x04", "a zip archive"],
  ["PK\x05\x06", "an empty zip archive"],
  ["\x1f\x8b", "a gzip archive"],
  ["BZh", "a bzip2 archive"],
  ["\xfd7zXZ\0", "an xz archive"],
  ["7z\xbc\xaf\x27\x1c", "a 7-Zip archive"],
  ["\x28\xb5\x2f\xfd", "a Zstandard archive"],
  ["Rar!\x1a\x07", "a RAR archive"],
  ["\x7fELF", "an ELF executable"],
  ["\xcf\xfa\xed\xfe", "a Mach-O executable"],
  ["\xca\xfe\xba\xbe", "a Java class or Mach-O executable"],
  ["\0asm", "a WebAssembly module"],
  ["SQLite format 3\0", "a SQLite database"],
  ["wOFF", "a web font"],
  ["wOF2", "a web font"],
  ["OTTO\0", "a font"],
  ["\0\x01\0\0\0", "a font"],
  ["\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an OLE container (old Office or encrypted Office)"],
];

/** Signatures of printable characters only: words could begin with them, so other bytes of a binary file must follow. */
const PRINTABLE = /^[\x20-\x7e]+$/;

/** "a PNG image" for bytes that begin with a known signature; `undefined` otherwise. */
export function binaryFormatOf(bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 256)).toString("latin1");
  const found = MAGIC.find(([signature]) => start.startsWith(signature));
  if (found === undefined) return undefined;
  const [signature, name] = found;
  if (PRINTABLE.test(signature) && signature !== "%PDF-" && !hasPackedBytes(start)) return undefined;
  return name;
}

function hasPackedBytes(start: string): boolean {
  return [...start].some((character) => character < "\x07" || (character > "\x0d" && character < "\x1b"));
}

/** Extensions of formats that never hold text for people: such files need not be opened to be left out. */
const BINARY_EXTENSIONS = new Set(
  (
    ".7z .a .apk .avi .avif .avro .bmp .bz2 .class .dll .dmg .dylib .ear .eot .exe .flac .gguf .gif .gz .heic .icns .ico .iso .jar .jpeg .jpg .lz4 .m4a " +
    ".m4v .mkv .mov .mp3 .mp4 .mpeg .mpg .npy .npz .o .obj .ogg .onnx .opus .otf .parquet .pdb .pickle .pkl .png .psd .pyc .pyd .pyo .rar .rlib .rpm " +
    ".safetensors .so .sqlite .sqlite3 .tar .tgz .tif .tiff .ttf .war .wasm .wav .webm .webp .whl .woff .woff2 .xz .zip .zst"
  ).split(" "),
);

/** ".png" for "photo.PNG"; `undefined` where the name does not rule text out. */
export function binaryExtensionOf(path: string): string | undefined {
  const extension = path.slice(path.lastIndexOf(".")).toLowerCase();
  return BINARY_EXTENSIONS.has(extension) ? extension : undefined;
}
