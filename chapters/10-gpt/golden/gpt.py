#!/usr/bin/env python3
# Makes what the tests of 10-gpt compare with, all from one model written in
# PyTorch, in double, after the paper (Radford et al. 2019):
#   gpt.safetensors   a small model: its parameters (ours by name), its logits
#                     and loss, the gradient of every parameter, and what three
#                     steps of AdamW make of them
#   tiny-gpt2/        a checkpoint in the layout of Hugging Face's GPT-2, with
#                     random weights: config.json, model.safetensors
#   tiny-gpt2.safetensors   the logits that belong to it
# Run it in this folder with Debian's python3-torch; only needed to make the
# files again, never to test. The batch stands in test.c too.
import json
import math
import os
import sys

import torch
import torch.nn.functional as F

sys.path.insert(0, "../../../common")
from testing import write_safetensors


def parameters(V, context, width, layers, hidden, deviation):
    """Our names and shapes: a weight has a row for each output."""
    shapes = {"pieces": (V, width), "places": (context, width)}
    for i in range(layers):
        for name, out, inner in (("q", width, width), ("k", width, width),
                                 ("v", width, width), ("out", width, width),
                                 ("in", hidden, width),
                                 ("down", width, hidden)):
            shapes[f"layer.{i}.{name}.weight"] = (out, inner)
            shapes[f"layer.{i}.{name}.bias"] = (out,)
        for name in ("attention_norm", "feed_norm"):
            shapes[f"layer.{i}.{name}.weight"] = (width,)
            shapes[f"layer.{i}.{name}.bias"] = (width,)
    shapes["norm.weight"] = shapes["norm.bias"] = (width,)
    made = {}
    for name, shape in shapes.items():
        t = deviation * torch.randn(shape)
        if "norm.weight" in name:
            t += 1
        made[name] = t.float().double().requires_grad_()
    return made


def forward(p, ids, heads, layers):
    T, width = len(ids), p["pieces"].shape[1]
    x = p["pieces"][ids] + p["places"][:T]

    def norm(x, name):
        return F.layer_norm(x, (width,), p[name + ".weight"],
                            p[name + ".bias"], 1e-5)

    def linear(x, name):
        return x @ p[name + ".weight"].T + p[name + ".bias"]

    for i in range(layers):
        at = f"layer.{i}."
        h = norm(x, at + "attention_norm")
        q, k, v = (linear(h, at + n).view(T, heads, -1).transpose(0, 1)
                   for n in "qkv")
        score = q @ k.transpose(1, 2) / math.sqrt(width // heads)
        future = torch.ones(T, T).triu(1).bool()
        mixed = score.masked_fill(future, -math.inf).softmax(-1) @ v
        x = x + linear(mixed.transpose(0, 1).reshape(T, width), at + "out")
        u = linear(norm(x, at + "feed_norm"), at + "in")
        u = 0.5 * u * (1 + torch.tanh(math.sqrt(2 / math.pi) *
                                      (u + 0.044715 * u ** 3)))
        x = x + linear(u, at + "down")
    return norm(x, "norm") @ p["pieces"].T


# --- the small model, and how it learns
torch.manual_seed(1)
HEADS, LAYERS = 3, 2
p = parameters(11, 7, 12, LAYERS, 20, 0.3)
INPUT = [[3, 4, 5, 6, 7], [10, 2, 0, 1, 1, 8, 9]]
OUTPUT = [[4, 5, 6, 7, 3], [2, 0, 1, 1, 8, 9, 5]]
kept = {name: t.detach().clone() for name, t in p.items()}
adam = torch.optim.AdamW(
    [{"params": [t for t in p.values() if t.dim() == 2], "weight_decay": 0.1},
     {"params": [t for t in p.values() if t.dim() == 1], "weight_decay": 0}],
    lr=0.01, betas=(0.9, 0.95), eps=1e-4)
for step in range(3):
    adam.zero_grad()
    logits = torch.cat([forward(p, ids, HEADS, LAYERS) for ids in INPUT])
    loss = F.cross_entropy(logits, torch.tensor(sum(OUTPUT, [])))
    loss.backward()
    if step == 0:
        kept["logits"], kept["loss"] = logits, loss.reshape(1)
        kept |= {"grad." + n: t.grad.clone() for n, t in p.items()}
    adam.step()
kept |= {"after." + n: t for n, t in p.items()}
write_safetensors("gpt.safetensors", kept)

# --- a checkpoint as Hugging Face keeps it
torch.manual_seed(2)
V, CONTEXT, WIDTH, HEADS, LAYERS = 256, 13, 20, 5, 2
p = parameters(V, CONTEXT, WIDTH, LAYERS, 4 * WIDTH, 0.3)
there = {"wte.weight": p["pieces"], "wpe.weight": p["places"]}
for i in range(LAYERS):
    ours, theirs = f"layer.{i}.", f"transformer.h.{i}."
    for name, norm in (("ln_1", "attention_norm"), ("ln_2", "feed_norm")):
        there[theirs + name + ".weight"] = p[ours + norm + ".weight"]
        there[theirs + name + ".bias"] = p[ours + norm + ".bias"]
    # Conv1D: a row for each input; query, key and value side by side.
    there[theirs + "attn.c_attn.weight"] = torch.cat(
        [p[f"{ours}{n}.weight"].T for n in "qkv"], 1)
    there[theirs + "attn.c_attn.bias"] = torch.cat(
        [p[f"{ours}{n}.bias"] for n in "qkv"])
    for name, n in (("attn.c_proj", "out"), ("mlp.c_fc", "in"),
                    ("mlp.c_proj", "down")):
        there[f"{theirs}{name}.weight"] = p[f"{ours}{n}.weight"].T
        there[f"{theirs}{name}.bias"] = p[f"{ours}{n}.bias"]
there["ln_f.weight"], there["ln_f.bias"] = p["norm.weight"], p["norm.bias"]
os.makedirs("tiny-gpt2", exist_ok=True)
write_safetensors(
    "tiny-gpt2/model.safetensors",
    {n if n.startswith("transformer.") else "transformer." + n: t
     for n, t in there.items()})
with open("tiny-gpt2/config.json", "w") as f:
    json.dump({"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"],
               "activation_function": "gelu_new", "vocab_size": V,
               "n_positions": CONTEXT, "n_ctx": CONTEXT, "n_embd": WIDTH,
               "n_layer": LAYERS, "n_head": HEADS, "n_inner": None,
               "layer_norm_epsilon": 1e-05}, f, indent=2)
    f.write("\n")
ids = [10, 255, 0, 77, 32, 1, 200, 201, 5, 5, 131, 9, 250]
write_safetensors("tiny-gpt2.safetensors",
                  {"logits": forward(p, ids, HEADS, LAYERS)})
