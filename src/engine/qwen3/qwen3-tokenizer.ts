import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "../../domain/errors.ts";
import { BytePairModel } from "./byte-pair-model.ts";
import { TokenBytes } from "./token-bytes.ts";
import { readTokenizerFile, type TokenizerFile } from "./tokenizer-file.ts";

/** The first tokens of a text, and whether it has more. */
export interface TextStart {
  readonly ids: Int32Array;
  readonly cut: boolean;
}

/**
 * Plain text into token ids: nothing in a text becomes a special token, `<|im_end|>` is read as its ten characters. Lone
 * surrogates are read as U+FFFD.
 */
export interface Qwen3Tokenizer {
  encode(text: string): Int32Array;
  /** What `encode` begins with, at most `maxTokens` ids; takes no longer than these need. */
  encodeStart(text: string, maxTokens: number): TextStart;
  count(text: string): number;
  /** The text behind ids, added tokens left out; bytes that are no character are read as U+FFFD. Throws UserError for an id that there is not. */
  decode(ids: readonly number[]): string;
  /** The id of an added token such as "<|im_start|>". Throws UserError when the file does not have it. */
  specialId(content: string): number;
}

/** How tokenizer.json of every Qwen3 splits text into words: contractions, letters, single digits, symbols, white space. */
const WORD_PATTERN =
  "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
/**
 * The same in JavaScript: Node 20 knows no (?i:), and its \s has U+FEFF and lacks U+0085, against Unicode's White_Space. Ignoring
 * case, an s is also the long s.
 */
const WORD =
  /'(?:[sSſtTmMdD]|[rRvV][eE]|[lL][lL])|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\p{White_Space}\p{L}\p{N}]+[\r\n]*|\p{White_Space}*[\r\n]+|\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+/uy;

/** Words up to this length are remembered. V8 keeps the whole text alive for the sake of a longer slice of it. */
const CACHED_WORD_LENGTH = 12;
/** About 4 MB. The words of a language that make up nine tenths of its texts are far fewer. */
const CACHED_WORDS = 30_000;

const tokenizers = new Map<string, Promise<Qwen3Tokenizer>>();

/** The tokenizer of a checkpoint's folder. Opened once per folder. Throws UserError when it is missing, damaged or not Qwen3's. */
export function openQwen3Tokenizer(folder: string): Promise<Qwen3Tokenizer> {
  let tokenizer = tokenizers.get(folder);
  if (tokenizer === undefined) {
    tokenizer = loadTokenizer(join(folder, "tokenizer.json"));
    tokenizers.set(folder, tokenizer);
    tokenizer.catch(() => tokenizers.delete(folder));
  }
  return tokenizer;
}

async function loadTokenizer(path: string): Promise<Qwen3Tokenizer> {
  let bytes: Uint8Array;
  try {
    bytes = await readFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ENOENT") {
      throw new UserError(`there is no ${path}`, { hint: "add the model's tokenizer.json; Hugging Face repositories have it beside config.json" });
    }
    throw new UserError(`${path} cannot be read: ${(cause as Error).message}`, { hint: "check the file's permissions", cause });
  }
  let file: TokenizerFile;
  try {
    file = readTokenizerFile(bytes);
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof RangeError)) throw cause;
    throw new UserError(`${path} is damaged: ${cause.message}`, {
      hint: "delete the file and download the model again; a Git LFS pointer or a web page in its place looks like this, too",
      cause,
    });
  }
  return createTokenizer(path, file, addedTokens(path, file));
}

/** Refuses whatever this code would read otherwise than Hugging Face's tokenizers do. */
function addedTokens(path: string, { top, model, mergedIds }: TokenizerFile): Map<string, number> {
  const refuse = (finding: string): UserError =>
    new UserError(`${path} is not a Qwen3 tokenizer: ${finding}`, { hint: "use the tokenizer.json of the Qwen3 model that the weights come from" });

  if (model["type"] !== "BPE") throw refuse(`its model is ${JSON.stringify(model["type"])}, not "BPE"`);
  for (const key of ["dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback", "ignore_merges"]) {
    if (model[key]) throw refuse(`its model has ${key} ${JSON.stringify(model[key])}`);
  }
  if ((top["normalizer"] as { type?: unknown } | null)?.type !== "NFC") throw refuse("its normalizer is not NFC");
  const steps = (top["pre_tokenizer"] as { pretokenizers?: readonly PreTokenizer[] } | null)?.pretokenizers ?? [];
  const [split, byteLevel] = steps;
  const splits = split?.type === "Split" && split.behavior === "Isolated" && split.invert !== true && split.pattern?.Regex === WORD_PATTERN;
  const toBytes = byteLevel?.type === "ByteLevel" && byteLevel.add_prefix_space === false && byteLevel.use_regex === false;
  if (!splits || !toBytes || steps.length !== 2) throw refuse("its pre_tokenizer splits text in another way");

  const added = (top["added_tokens"] ?? []) as readonly { readonly id: number; readonly content: string }[];
  const ids = new Map(added.map(({ content, id }) => [content, id]));
  const reachable = new Set(ids.values());
  // Text must not become a special token by way of the merges either.
  if (mergedIds.some((id) => reachable.has(id))) throw refuse("its merges give an added token");
  return ids;
}

interface PreTokenizer {
  readonly type?: unknown;
  readonly pattern?: { readonly Regex?: unknown };
  readonly behavior?: unknown;
  readonly invert?: unknown;
  readonly add_prefix_space?: unknown;
  readonly use_regex?: unknown;
}

function createTokenizer(path: string, file: TokenizerFile, added: ReadonlyMap<string, number>): Qwen3Tokenizer {
  const model = new BytePairModel(file.merges, file.byteTokens);
  const known = new Map<string, readonly number[]>();
  const addedIds = new Set(added.values());
  // 2 MB that only few programs need.
  let tokenBytes: TokenBytes | undefined;

  function tokensOf(word: string): readonly number[] {
    const remembered = known.get(word);
    if (remembered !== undefined) return remembered;
    const tokens = model.encode(word);
    if (word.length <= CACHED_WORD_LENGTH) {
      if (known.size >= CACHED_WORDS) known.clear();
      known.set(word, tokens);
    }
    return tokens;
  }

  /** Calls `onTokens` for each word's tokens, until it answers false. */
  function readWords(text: string, onTokens: (tokens: readonly number[]) => boolean): void {
    const normal = text.normalize("NFC");
    for (let at = 0; at < normal.length; ) {
      WORD.lastIndex = at;
      WORD.test(normal);
      const end = WORD.lastIndex;
      if (!onTokens(tokensOf(normal.slice(at, end)))) return;
      at = end;
    }
  }

  function encodeStart(text: string, maxTokens: number): TextStart {
    const ids: number[] = [];
    readWords(text, (tokens) => {
      for (const token of tokens) ids.push(token);
      return ids.length <= maxTokens;
    });
    const cut = ids.length > maxTokens;
    return { ids: Int32Array.from(cut ? ids.slice(0, maxTokens) : ids), cut };
  }

  return {
    encode: (text) => encodeStart(text, Number.POSITIVE_INFINITY).ids,
    encodeStart,
    count(text) {
      let count = 0;
      readWords(text, (tokens) => {
        count += tokens.length;
        return true;
      });
      return count;
    },
    decode(ids) {
      const bytes = (tokenBytes ??= new TokenBytes(file.merges, file.byteTokens));
      const plain = ids.filter((id) => !addedIds.has(id));
      const strange = plain.find((id) => !bytes.has(id));
      if (strange === undefined) return new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes.bytesOf(plain));
      throw new UserError(`the model's tokenizer has no token ${strange}`, { hint: "use token ids of the model's own tokenizer, or the text itself" });
    },
    specialId(content) {
      const id = added.get(content);
      if (id !== undefined) return id;
      throw new UserError(`${path} has no added token ${content}`, {
        hint: "use the tokenizer.json of the Qwen3 model that the weights come from",
      });
    },
  };
}
