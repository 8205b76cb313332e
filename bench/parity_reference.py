"""Ids, vectors and relevances by Hugging Face Transformers' own Qwen3, in float32: what bench/parity.js compares the engine with.

Reads a request as JSON on stdin, writes the answers as JSON on stdout.
"""
import copy
import glob
import json
import os
import sys

import torch
from safetensors import safe_open
from tokenizers import Tokenizer
from transformers import AutoConfig, AutoModelForCausalLM

SYSTEM = ('<|im_start|>system\nJudge whether the Document meets the requirements based on the Query and the Instruct '
          'provided. Note that the answer can only be "yes" or "no".<|im_end|>\n<|im_start|>user\n')
ANSWER = "<|im_end|>\n<|im_start|>assistant\n<think>\n\n</think>\n\n"
TASK = "Given a web search query, retrieve relevant passages that answer the query"
YES, NO, END = 9693, 2152, 151643


def open_model(folder):
    """Tensors are put in place by hand: not every layout of names that the engine reads is one that from_pretrained takes."""
    config = AutoConfig.from_pretrained(folder)
    config._attn_implementation = "eager"
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
    state = {}
    for path in glob.glob(os.path.join(folder, "*.safetensors")):
        with safe_open(path, "pt") as file:
            for name in file.keys():
                full_name = name if name.startswith(("model.", "lm_head.")) else f"model.{name}"
                state[full_name] = file.get_tensor(name).float()
    missing, unexpected = model.load_state_dict(state, strict=False)
    allowed = {"lm_head.weight"} if config.tie_word_embeddings else set()
    assert set(missing) <= allowed and not unexpected, (missing, unexpected)
    return model


def open_tokenizers(folder):
    """The whole tokenizer, for the template, and one without added tokens: a user's text must not become a special token."""
    with open(os.path.join(folder, "tokenizer.json"), encoding="utf-8") as file:
        whole = json.load(file)
    plain = copy.deepcopy(whole)
    plain["added_tokens"] = []
    return [lambda text, tokenizer=Tokenizer.from_str(json.dumps(part)): tokenizer.encode(text, add_special_tokens=False).ids for part in (whole, plain)]


@torch.no_grad()
def answer(folder, roles, texts, pairs):
    template, plain = open_tokenizers(folder)
    model = open_model(folder)
    result = {"embeddings": [], "pairs": []}
    for text in texts if "embedder" in roles else []:
        ids = plain(f"Instruct: {TASK}\nQuery:{text['text']}" if text["use"] == "query" else text["text"]) + [END]
        state = model.model(torch.tensor([ids])).last_hidden_state[0, -1]
        result["embeddings"].append({"ids": ids, "vector": torch.nn.functional.normalize(state, dim=0).tolist()})
    for pair in pairs if "reranker" in roles else []:
        body = f"<Instruct>: {TASK}\n<Query>: {pair['query']}\n<Document>: {pair['document']}"
        ids = template(SYSTEM) + plain(body) + template(ANSWER)
        logits = model(torch.tensor([ids]), logits_to_keep=1).logits[0, -1]
        result["pairs"].append({"ids": ids, "relevance": torch.sigmoid(logits[YES] - logits[NO]).item()})
    return result


request = json.load(sys.stdin)
torch.set_num_threads(request["threads"])
json.dump([answer(model["folder"], model["roles"], request["texts"], request["pairs"]) for model in request["models"]], sys.stdout)
