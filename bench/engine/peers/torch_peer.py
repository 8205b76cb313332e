"""The official snippets for Qwen3-Reranker and Qwen3-Embedding, timed on this machine: one JSON line on stdout.

Usage: python torch_peer.py EMBEDDER_FOLDER RERANKER_FOLDER WORKLOAD_JSON THREADS bfloat16|float32
"""
import json
import resource
import sys
import time

import torch
import transformers
from transformers import AutoModel, AutoModelForCausalLM, AutoTokenizer

embedder_folder, reranker_folder, workload_path, threads, dtype_name = sys.argv[1:]
torch.set_num_threads(int(threads))
dtype = getattr(torch, dtype_name)
with open(workload_path, encoding="utf-8") as file:
    workload = json.load(file)
instruction, query = workload["instruction"], workload["query"]

PREFIX = ('<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct '
          'provided. Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n')
SUFFIX = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
MAX_TOKENS = 8192


def timed(work):
    started = time.perf_counter()
    result = work()
    return result, (time.perf_counter() - started) * 1000


def open_reranker():
    tokenizer = AutoTokenizer.from_pretrained(reranker_folder, padding_side="left")
    model = AutoModelForCausalLM.from_pretrained(reranker_folder, dtype=dtype).eval()
    prefix = tokenizer.encode(PREFIX, add_special_tokens=False)
    suffix = tokenizer.encode(SUFFIX, add_special_tokens=False)
    yes, no = tokenizer.convert_tokens_to_ids("yes"), tokenizer.convert_tokens_to_ids("no")

    @torch.no_grad()
    def score(documents):
        pairs = [f"<Instruct>: {instruction}\n<Query>: {query}\n<Document>: {document}" for document in documents]
        inputs = tokenizer(pairs, padding=False, truncation="longest_first", return_attention_mask=False,
                           max_length=MAX_TOKENS - len(prefix) - len(suffix))
        inputs["input_ids"] = [prefix + ids + suffix for ids in inputs["input_ids"]]
        inputs = tokenizer.pad(inputs, padding=True, return_tensors="pt", max_length=MAX_TOKENS)
        logits = model(**inputs).logits[:, -1, :]
        both = torch.nn.functional.log_softmax(torch.stack([logits[:, no], logits[:, yes]], dim=1).float(), dim=1)
        return both[:, 1].exp().tolist()

    return score


def open_embedder():
    tokenizer = AutoTokenizer.from_pretrained(embedder_folder, padding_side="left")
    model = AutoModel.from_pretrained(embedder_folder, dtype=dtype).eval()

    @torch.no_grad()
    def embed(texts):
        # The published tokenizer appends this token; the one of random checkpoints need not.
        inputs = tokenizer([text + "<|endoftext|>" for text in texts], padding=True, truncation=True, max_length=MAX_TOKENS, return_tensors="pt")
        states = model(**inputs).last_hidden_state[:, -1]
        return torch.nn.functional.normalize(states.float(), p=2, dim=1)

    return embed


def per_item(work, items, expected_ms=0):
    """Milliseconds an item: one by one, or in one padded batch as the snippets do, whichever is faster here."""
    limit = workload["secondsPerFigure"]
    # Processors without bfloat16 units take a minute a pair: the time is bounded, not the number of texts.
    if expected_ms > limit * 1000:
        return None
    started, done = time.perf_counter(), 0
    while done < len(items) and time.perf_counter() - started < limit:
        work(items[done:done + 1])
        done += 1
    singly = (time.perf_counter() - started) * 1000 / done
    return min(singly, timed(lambda: work(items))[1] / len(items)) if done == len(items) else singly


score, load_reranker_ms = timed(open_reranker)
relevances = [score([document])[0] for document in workload["documents"][:1]]
pair_ms = per_item(score, workload["documents"])
ms_per_token = pair_ms / workload["pairTokens"]
result = {
    "pairMs": pair_ms,
    "longPairMs": per_item(score, workload["longDocuments"], ms_per_token * workload["longPairTokens"]),
    "relevances": relevances,
    "embedTokensPerSecond": {},
}
del score
embed, load_embedder_ms = timed(open_embedder)
embed(workload["passages"]["50"][:1])
for tokens, texts in workload["passages"].items():
    passage_ms = per_item(embed, texts, ms_per_token * int(tokens))
    mean_tokens = sum(workload["passageTokens"][tokens]) / len(texts)
    result["embedTokensPerSecond"][tokens] = None if passage_ms is None else 1000 * mean_tokens / passage_ms
result["loadMs"] = {"embedder": load_embedder_ms, "reranker": load_reranker_ms}
# Linux counts in kibibytes, macOS in bytes.
result["peakMemoryMb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
result["version"] = f"torch {torch.__version__}, transformers {transformers.__version__}, {torch.backends.cpu.get_cpu_capability()}"
print(json.dumps(result))
