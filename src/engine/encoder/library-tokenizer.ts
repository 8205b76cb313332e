import { createRequire } from "node:module";
import { join } from "node:path";
import { UserError } from "../../domain/errors.ts";
import { readJsonFile } from "../json-file.ts";
import { type UnigramConfig, UnigramModel } from "./unigram-model.ts";

/**
 * What is used of the class that does the work inside every tokenizer of @huggingface/transformers. Its own declarations
 * come out as `any` under Node's module resolution: they import without file extensions.
 */
export interface LibraryTokenizer {
  /** Splits a text into pieces, without a template. */
  tokenize(text: string): string[];
  token_to_id(piece: string): number | undefined;
  id_to_token(id: number): string | undefined;
  /** Puts the template around one text's pieces or two. */
  readonly post_processor:
    | ((pieces: string[], pair: string[] | null, addSpecialTokens: boolean) => TemplatedPieces)
    | null;
  /** Joins pieces to a text. */
  readonly decoder: ((pieces: string[]) => string) | null;
  model: LibraryModel | null;
}

interface TemplatedPieces {
  readonly tokens: string[];
  readonly tokens_pair?: string[] | null;
  readonly token_type_ids?: number[];
}

interface LibraryModel {
  (words: string[]): string[];
  readonly tokens_to_ids: { get(piece: string): number | undefined; set(piece: string, id: number): unknown };
  readonly unk_token_id?: number;
  readonly unk_token?: string;
}

interface TokenizerFile {
  readonly model: { readonly type?: string; readonly vocab: unknown };
  readonly added_tokens: readonly { readonly id: number; readonly content: string; readonly special: boolean }[];
}

export interface LoadedTokenizer {
  readonly tokenizer: LibraryTokenizer;
  /** Symbols that only the template may write. The unknown symbol is not among them. */
  readonly controls: ReadonlySet<string>;
  /** `undefined` for an id that the vocabulary does not have. */
  pieceOf(id: number): string | undefined;
}

const CONTROL_KEYS = ["bos_token", "eos_token", "sep_token", "cls_token", "pad_token", "mask_token"] as const;

/** Reads tokenizer.json and tokenizer_config.json of a folder. Throws UserError when they are missing or damaged. */
export async function loadLibraryTokenizer(folder: string): Promise<LoadedTokenizer> {
  const path = join(folder, "tokenizer.json");
  const file = readJsonFile<TokenizerFile>(path);
  if (file === undefined) {
    throw new UserError(`the model folder ${folder} has no tokenizer.json`, {
      hint: "add the model's tokenizer.json to the folder; Hugging Face repositories have it beside config.json",
    });
  }
  const config = readJsonFile<Record<string, unknown>>(join(folder, "tokenizer_config.json")) ?? {};
  try {
    return createTokenizer(file, config);
  } catch (cause) {
    throw new UserError(`${path} is not a tokenizer that can be used: ${(cause as Error).message}`, {
      hint: "download the model's files again, or choose another model with --models",
      cause,
    });
  }
}

function createTokenizer(file: TokenizerFile, config: Record<string, unknown>): LoadedTokenizer {
  // All of @huggingface/transformers takes 130 to 250 ms to import and brings a second copy of ONNX Runtime's glue, images and
  // audio; the tokenizer class that it wraps takes 6 ms. It is resolved from there, so that the versions belong together.
  const require = createRequire(import.meta.url);
  const fromTransformers = createRequire(require.resolve("@huggingface/transformers"));
  const { Tokenizer } = fromTransformers("@huggingface/tokenizers") as {
    Tokenizer: new (file: object, config: object) => LibraryTokenizer;
  };

  // The library splits text at added tokens before anything else: "[SEP]" in a document would become a separator. Without
  // the special ones in its list it sees plain text.
  const special = file.added_tokens.filter((token) => token.special);
  const plainFile = { ...file, added_tokens: file.added_tokens.filter((token) => !token.special) };
  const unknown = contentOf((file.model as { unk_token?: unknown }).unk_token) ?? contentOf(config["unk_token"]);
  const controls = new Set(special.map(({ content }) => content));
  for (const key of CONTROL_KEYS) {
    const content = contentOf(config[key]);
    if (content !== undefined) controls.add(content);
  }
  if (unknown !== undefined) controls.delete(unknown);

  const specialPieces = new Map(special.map(({ id, content }) => [id, content]));
  if (isUnigram(file.model)) {
    const unigram = new UnigramModel(file.model, controls);
    const tokenizer = createUnigramTokenizer(Tokenizer, plainFile, config, file.model, unigram);
    for (const [id, content] of specialPieces) tokenizer.model?.tokens_to_ids.set(content, id);
    const added = new Map(plainFile.added_tokens.map(({ id, content }) => [id, content]));
    return { tokenizer, controls, pieceOf: (id) => specialPieces.get(id) ?? added.get(id) ?? unigram.pieceOf(id) };
  }
  const tokenizer = new Tokenizer(plainFile, config);
  for (const [id, content] of specialPieces) tokenizer.model?.tokens_to_ids.set(content, id);
  return { tokenizer, controls, pieceOf: (id) => specialPieces.get(id) ?? tokenizer.id_to_token(id) };
}

/** The library's tokenizer around our Unigram model: its own is built from one unknown piece only, then replaced. */
function createUnigramTokenizer(
  Tokenizer: new (file: object, config: object) => LibraryTokenizer,
  file: TokenizerFile,
  config: object,
  unigramConfig: UnigramConfig,
  unigram: UnigramModel,
): LibraryTokenizer {
  const stub = { ...unigramConfig, vocab: [[unigram.unknownPiece, 0]], unk_id: 0 };
  const tokenizer = new Tokenizer({ ...file, model: stub }, config);
  const added = new Map(file.added_tokens.map(({ content, id }) => [content, id]));
  tokenizer.model = Object.assign((words: string[]) => unigram.encode(words), {
    tokens_to_ids: {
      get: (piece: string) => added.get(piece) ?? unigram.idOf(piece),
      set: (piece: string, id: number) => added.set(piece, id),
    },
    unk_token_id: unigram.unknownId,
    unk_token: unigram.unknownPiece,
  });
  return tokenizer;
}

function isUnigram(model: TokenizerFile["model"]): model is UnigramConfig {
  const { vocab, unk_id } = model as Partial<UnigramConfig>;
  return model.type === "Unigram" && Array.isArray(vocab) && Number.isInteger(unk_id);
}

/** A token as tokenizer files write it: a string, or an object that has it as `content`. */
function contentOf(token: unknown): string | undefined {
  if (typeof token === "string") return token;
  const content = (token as { content?: unknown } | null | undefined)?.content;
  return typeof content === "string" ? content : undefined;
}
