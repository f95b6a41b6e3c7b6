#!/usr/bin/env python3
# The peer of bench_generate.c: the same weights in PyTorch, writing greedily
# with a cache: keys and values go into tensors of the full length, made once,
# and attention looks at the part that is filled. Projections of queries, keys
# and values are one product, as is usual.
#
# Arguments: threads, weights (safetensors), tokens to write, file for them.
# Reads one line for each text, answers with one.
import json
import sys

import numpy as np
import torch
import torch.nn.functional as F

HEADS, TEXTS = 4, 4
threads, path, tokens, out = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
torch.set_num_threads(threads)
torch.set_grad_enabled(False)


def load(path):
    with open(path, "rb") as f:
        size = int.from_bytes(f.read(8), "little")
        head = json.loads(f.read(size))
        data = f.read()
    tensors = {}
    for name, t in head.items():
        if name != "__metadata__":
            a, b = t["data_offsets"]
            x = np.frombuffer(data[a:b], np.float32).reshape(t["shape"])
            tensors[name] = torch.from_numpy(x.copy())
    return tensors


w = load(path)
pieces, places = w["pieces"], w["places"]
context, width = places.shape
layers = 1 + max(int(n.split(".")[1]) for n in w if n.startswith("layer."))
each = width // HEADS


def norm(x, name):
    return F.layer_norm(x, (width,), w[name + ".weight"].flatten(),
                        w[name + ".bias"].flatten(), 1e-5)


joined = []
for i in range(layers):
    at = f"layer.{i}."
    joined.append((torch.cat([w[at + n + ".weight"] for n in "qkv"]),
                   torch.cat([w[at + n + ".bias"].flatten() for n in "qkv"])))
keys = torch.zeros(layers, HEADS, context, each)
values = torch.zeros(layers, HEADS, context, each)


def step(token, t):
    x = (pieces[token] + places[t])[None]
    for i in range(layers):
        at = f"layer.{i}."
        qkv = F.linear(norm(x, at + "attention_norm"), *joined[i])
        q, k, v = qkv.view(3, HEADS, each)
        keys[i, :, t] = k
        values[i, :, t] = v
        s = q[:, None] @ keys[i, :, :t + 1].transpose(1, 2) / each ** 0.5
        y = (s.softmax(-1) @ values[i, :, :t + 1]).view(1, width)
        x = x + F.linear(y, w[at + "out.weight"], w[at + "out.bias"].flatten())
        h = F.linear(norm(x, at + "feed_norm"), w[at + "in.weight"],
                     w[at + "in.bias"].flatten())
        h = 0.5 * h * (1 + torch.tanh(0.7978845608 * (h + 0.044715 * h ** 3)))
        x = x + F.linear(h, w[at + "down.weight"], w[at + "down.bias"].flatten())
    return int(F.linear(norm(x, "norm"), pieces).argmax())


def write():
    text = [0]
    for t in range(tokens):
        text.append(step(text[-1], t))
    return text[1:]


with open(out, "w") as f:
    f.write(" ".join(map(str, write())) + "\n")
print("ready", flush=True)
for _ in sys.stdin:
    for text in range(TEXTS):
        write()
    print("done", flush=True)
