/**
 * @typedef {object} Shape
 * @property {number} layers
 * @property {number} hidden
 * @property {number} intermediate
 * @property {number} heads
 * @property {number} keyValueHeads
 * @property {number} headSize
 * @property {number} vocabulary
 * @property {boolean} tiedHead
 */

/** @type {Shape} */
export const QWEN3_0_6B = { layers: 28, hidden: 1024, intermediate: 3072, heads: 16, keyValueHeads: 8, headSize: 128, vocabulary: 151_669, tiedHead: true };

/**
 * Names (without a leading "model.") and shapes of a checkpoint's tensors, in the order of the computation.
 *
 * @param {Shape} shape
 * @returns {{ name: string, shape: number[] }[]}
 */
export function qwen3Tensors({ layers, hidden, intermediate, heads, keyValueHeads, headSize, vocabulary, tiedHead }) {
  const layer = (/** @type {number} */ number) =>
    Object.entries({
      input_layernorm: [hidden],
      "self_attn.q_proj": [heads * headSize, hidden],
      "self_attn.k_proj": [keyValueHeads * headSize, hidden],
      "self_attn.v_proj": [keyValueHeads * headSize, hidden],
      "self_attn.q_norm": [headSize],
      "self_attn.k_norm": [headSize],
      "self_attn.o_proj": [hidden, heads * headSize],
      post_attention_layernorm: [hidden],
      "mlp.gate_proj": [intermediate, hidden],
      "mlp.up_proj": [intermediate, hidden],
      "mlp.down_proj": [hidden, intermediate],
    }).map(([part, partShape]) => ({ name: `layers.${number}.${part}.weight`, shape: partShape }));
  return [
    { name: "embed_tokens.weight", shape: [vocabulary, hidden] },
    ...Array.from({ length: layers }, (_, number) => layer(number)).flat(),
    { name: "norm.weight", shape: [hidden] },
    ...(tiedHead ? [] : [{ name: "lm_head.weight", shape: [vocabulary, hidden] }]),
  ];
}

/** config.json as the official checkpoints have it. @param {Shape} shape */
export function qwen3Config(shape) {
  return {
    architectures: ["Qwen3ForCausalLM"],
    attention_bias: false,
    attention_dropout: 0,
    bos_token_id: 151643,
    eos_token_id: 151645,
    head_dim: shape.headSize,
    hidden_act: "silu",
    hidden_size: shape.hidden,
    initializer_range: 0.02,
    intermediate_size: shape.intermediate,
    max_position_embeddings: 40_960,
    max_window_layers: shape.layers,
    model_type: "qwen3",
    num_attention_heads: shape.heads,
    num_hidden_layers: shape.layers,
    num_key_value_heads: shape.keyValueHeads,
    rms_norm_eps: 1e-6,
    rope_scaling: null,
    rope_theta: 1_000_000,
    sliding_window: null,
    tie_word_embeddings: shape.tiedHead,
    torch_dtype: "bfloat16",
    use_cache: true,
    use_sliding_window: false,
    vocab_size: shape.vocabulary,
  };
}
