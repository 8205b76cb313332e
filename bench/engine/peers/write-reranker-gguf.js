import { readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeGguf } from "./gguf-file.js";
import { openSafetensors } from "./read-safetensors.js";

/** @typedef {import("./gguf-file.js").GgufTensor} GgufTensor */

const YES = 9693;
const NO = 2152;
const POOLING_RANK = 4;
const FILE_TYPE_Q8_0 = 7;
/** What llama.cpp calls the kinds of tokens. */
const KINDS = { normal: 1, control: 3, userDefined: 4, unused: 5 };
const ROWS_AT_A_TIME = 2048;
/** The template that llama.cpp's own converter writes for Qwen3 rerankers. */
const TEMPLATE =
  '<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct provided. Note that the answer can only be "yes" or "no".<|im_end|>\n' +
  "<|im_start|>user\n<Instruct>: Given a web search query, retrieve relevant passages that answer the query\n<Query>: {query}\n<Document>: {document}<|im_end|>\n" +
  "<|im_start|>assistant\n<think>\n\n</think>\n\n";

/** @type {Record<string, string>} */
const LAYER_NAMES = {
  input_layernorm: "attn_norm",
  "self_attn.q_proj": "attn_q",
  "self_attn.k_proj": "attn_k",
  "self_attn.v_proj": "attn_v",
  "self_attn.q_norm": "attn_q_norm",
  "self_attn.k_norm": "attn_k_norm",
  "self_attn.o_proj": "attn_output",
  post_attention_layernorm: "ffn_norm",
  "mlp.gate_proj": "ffn_gate",
  "mlp.up_proj": "ffn_up",
  "mlp.down_proj": "ffn_down",
};

/**
 * A Qwen3 reranker as llama.cpp wants it: Q8_0, and a head of two rows in place of the vocabulary's.
 *
 * @param {string} checkpointFolder
 * @param {string} path
 */
export function writeRerankerGguf(checkpointFolder, path) {
  const read = (/** @type {string} */ name) => JSON.parse(readFileSync(join(checkpointFolder, name), "utf8"));
  const config = read("config.json");
  const checkpoint = openSafetensors(checkpointFolder);
  const unfinished = `${path}.${process.pid}.unfinished`;
  try {
    const head = checkpoint.tensors.get(config.tie_word_embeddings ? "embed_tokens.weight" : "lm_head.weight");
    if (head === undefined) throw new Error("the checkpoint has no head");
    const tensors = [...checkpoint.tensors.values()].filter(({ name }) => name !== "lm_head.weight").map(toGgufTensor);
    /** @type {GgufTensor} */
    const judge = { name: "cls.output.weight", shape: [2, config.hidden_size], type: "F32", values: () => [head.readRows(YES, 1), head.readRows(NO, 1)] };
    writeGguf(unfinished, { ...modelMetadata(config), ...tokenizerMetadata(read("tokenizer.json"), config.vocab_size) }, [...tensors, judge]);
    renameSync(unfinished, path);
  } finally {
    rmSync(unfinished, { force: true });
    checkpoint.close();
  }
}

/** @param {import("./read-safetensors.js").Tensor} tensor @returns {GgufTensor} */
function toGgufTensor({ name, shape, readRows }) {
  const [rows = 0] = shape;
  const step = shape.length === 1 ? rows : ROWS_AT_A_TIME;
  return {
    name: ggufName(name),
    shape,
    // llama.cpp keeps norms in full precision too.
    type: shape.length === 1 ? "F32" : "Q8_0",
    *values() {
      for (let start = 0; start < rows; start += step) yield readRows(start, Math.min(step, rows - start));
    },
  };
}

/** @param {string} name */
function ggufName(name) {
  if (name === "embed_tokens.weight") return "token_embd.weight";
  if (name === "norm.weight") return "output_norm.weight";
  const [, layer, part = ""] = /^layers\.(\d+)\.(.+)\.weight$/.exec(name) ?? [];
  const ggufPart = LAYER_NAMES[part];
  if (ggufPart === undefined) throw new Error(`no name in GGUF for ${name}`);
  return `blk.${layer}.${ggufPart}.weight`;
}

/** @param {Record<string, number>} config @returns {Record<string, import("./gguf-file.js").GgufValue>} */
function modelMetadata(config) {
  const number = (/** @type {number | undefined} */ value) => ({ type: /** @type {const} */ ("uint32"), value: value ?? 0 });
  const real = (/** @type {number | undefined} */ value) => ({ type: /** @type {const} */ ("float32"), value: value ?? 0 });
  return {
    "general.architecture": { type: "string", value: "qwen3" },
    "general.name": { type: "string", value: "bench" },
    "general.file_type": number(FILE_TYPE_Q8_0),
    "general.quantization_version": number(2),
    "qwen3.block_count": number(config["num_hidden_layers"]),
    "qwen3.context_length": number(config["max_position_embeddings"]),
    "qwen3.embedding_length": number(config["hidden_size"]),
    "qwen3.feed_forward_length": number(config["intermediate_size"]),
    "qwen3.attention.head_count": number(config["num_attention_heads"]),
    "qwen3.attention.head_count_kv": number(config["num_key_value_heads"]),
    "qwen3.attention.key_length": number(config["head_dim"]),
    "qwen3.attention.value_length": number(config["head_dim"]),
    "qwen3.attention.layer_norm_rms_epsilon": real(config["rms_norm_eps"]),
    "qwen3.rope.freq_base": real(config["rope_theta"]),
    "qwen3.pooling_type": number(POOLING_RANK),
    "qwen3.classifier.output_labels": { type: "strings", value: ["yes", "no"] },
  };
}

/**
 * @param {{ model: { vocab: Record<string, number>, merges: (string | string[])[] }, added_tokens: { id: number, content: string, special: boolean }[] }} tokenizer
 * @param {number} vocabulary
 * @returns {Record<string, import("./gguf-file.js").GgufValue>}
 */
function tokenizerMetadata({ model, added_tokens: added }, vocabulary) {
  const tokens = Array.from({ length: vocabulary }, (_, id) => `[PAD${id}]`);
  const kinds = Array.from({ length: vocabulary }, () => KINDS.unused);
  for (const [token, id] of Object.entries(model.vocab)) {
    tokens[id] = token;
    kinds[id] = KINDS.normal;
  }
  for (const { id, content, special } of added) {
    tokens[id] = content;
    kinds[id] = special ? KINDS.control : KINDS.userDefined;
  }
  return {
    "tokenizer.ggml.model": { type: "string", value: "gpt2" },
    "tokenizer.ggml.pre": { type: "string", value: "qwen2" },
    "tokenizer.ggml.tokens": { type: "strings", value: tokens },
    "tokenizer.ggml.token_type": { type: "int32s", value: kinds },
    "tokenizer.ggml.merges": { type: "strings", value: model.merges.map((pair) => (typeof pair === "string" ? pair : pair.join(" "))) },
    "tokenizer.ggml.bos_token_id": { type: "uint32", value: 151643 },
    "tokenizer.ggml.eos_token_id": { type: "uint32", value: 151645 },
    "tokenizer.ggml.padding_token_id": { type: "uint32", value: 151643 },
    "tokenizer.ggml.add_bos_token": { type: "bool", value: false },
    "tokenizer.ggml.add_eos_token": { type: "bool", value: false },
    "tokenizer.chat_template.rerank": { type: "string", value: TEMPLATE },
    "tokenizer.chat_templates": { type: "strings", value: ["rerank"] },
  };
}
