"""The usual ONNX export of a decoder: fp32, logits of the whole vocabulary for every position.

Usage: python naive_export.py CHECKPOINT_FOLDER MODEL_ONNX
"""
import sys

import torch
from transformers import AutoModelForCausalLM

checkpoint_folder, path = sys.argv[1:]
# Separate products and softmax, as exports without a library of fused kernels have them.
model = AutoModelForCausalLM.from_pretrained(checkpoint_folder, dtype=torch.float32, attn_implementation="eager").eval()
model.config.use_cache = False


class Logits(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.model = model

    def forward(self, input_ids, attention_mask):
        return self.model(input_ids=input_ids, attention_mask=attention_mask, use_cache=False).logits


example = torch.tensor([[9693, 2152, 13, 198, 9693, 2152, 13]])
axes = {0: torch.export.Dim("batch", max=64), 1: torch.export.Dim("tokens", max=8192)}
torch.onnx.export(Logits().eval(), (example, torch.ones_like(example)), path, input_names=["input_ids", "attention_mask"], output_names=["logits"],
                  dynamic_shapes={"input_ids": axes, "attention_mask": axes}, external_data=True, dynamo=True)
