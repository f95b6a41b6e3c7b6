#!/usr/bin/env python3
# The peer of bench_use_lite.c: the Universal Sentence Encoder Lite in PyTorch,
# as fast as it goes there: one product for queries, keys and values, fused
# attention where it has it, inference mode. Encodes 16 chunks of 128 pieces for each line
# that it reads, and answers with a line. The network is also the one that
# golden/use_lite.py asks.
import json
import math
import sys

import numpy as np
import torch
import torch.nn.functional as F

HEADS = 4


# Newer versions have attention in one function.
def attend(q, k, v):
    if hasattr(F, "scaled_dot_product_attention"):
        return F.scaled_dot_product_attention(q, k, v)
    return (q @ k.transpose(2, 3) / math.sqrt(q.shape[3])).softmax(3) @ v


class UseLite:
    def __init__(self, directory, dtype=torch.float32):
        manifest = json.load(open(directory + "/model.json"))
        manifest = manifest["weightsManifest"][0]
        data = b"".join(open(f"{directory}/{p}", "rb").read()
                        for p in manifest["paths"])
        self.tensors, at = {}, 0
        for w in manifest["weights"]:
            n = math.prod(w["shape"])
            self.tensors[w["name"]] = (w["shape"], np.frombuffer(
                data, "<f4" if w["dtype"] == "float32" else "<i4", n, at))
            at += 4 * n
        self.dtype = dtype
        self.table = 2 * self.find("Embeddings_en")
        inverse = self.find("TimingSignal/ExpandDims_1").reshape(1, -1)
        angle = torch.arange(128, dtype=dtype)[:, None] * inverse
        self.place = torch.cat([angle.sin(), angle.cos()], 1)
        self.layers = [self.layer(i) for i in range(2)]
        self.last = self.find("tanh_layer_0/weights").T.contiguous(), \
            self.find("tanh_layer_0/bias")

    def find(self, part):
        shape, values = next(t for n, t in self.tensors.items() if part in n)
        shape = [n for n in shape if n != 1] or [1]
        return torch.tensor(values.copy()).reshape(shape).to(self.dtype)

    def layer(self, i):
        at = f"Layer_{i}/TransformerLayer/"

        def linear(weight, bias):
            return self.find(at + weight).T.contiguous(), self.find(at + bias)

        def norm(part):
            return [self.find(at + part + "layer_norm_" + n)
                    for n in ("scale", "bias")]

        part = "MultiheadAttention/"
        return {
            "norm": norm("layer_prepostprocess/layer_norm/"),
            "qkv": linear(part + "qkv_transform_single/kernel",
                          part + "qkv_transform_single/bias"),
            "out": linear(part + "output_transform_single/kernel",
                          part + "output_transform_single/bias"),
            "widen": linear("dense/kernel", "dense/bias") if i == 0 else None,
            "feed norm": norm("FFN/layer_prepostprocess/layer_norm/"),
            "in": linear("FFN/conv1/Tensordot/Reshape_1", "FFN/conv1/bias"),
            "down": linear("FFN/conv2/Tensordot/Reshape_1", "FFN/conv2/bias"),
        }

    def vectors(self, ids):  # texts x tokens, all of one length
        x = F.embedding(ids, self.table) + self.place[:ids.shape[1]]
        for l in self.layers:
            h = F.layer_norm(x, x.shape[-1:], *l["norm"], 1e-6)
            q, k, v = (a.unflatten(2, (HEADS, -1)).transpose(1, 2)
                       for a in F.linear(h, *l["qkv"]).chunk(3, 2))
            y = attend(q, k, v)
            y = F.linear(y.transpose(1, 2).flatten(2), *l["out"])
            x = (F.linear(x, *l["widen"]) if l["widen"] else x) + y
            h = F.layer_norm(x, x.shape[-1:], *l["feed norm"], 1e-6)
            x = x + F.linear(F.relu(F.linear(h, *l["in"])), *l["down"])
        y = torch.tanh(F.linear(x.mean(1), *self.last))
        return y / y.norm(dim=1, keepdim=True)


if __name__ == "__main__":
    torch.set_num_threads(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
    torch.manual_seed(1)
    model = UseLite("data/cache/use-lite")
    ids = torch.randint(6, 7000, (16, 128))
    with torch.inference_mode():
        model.vectors(ids)
        print("ready", flush=True)
        for _ in sys.stdin:
            for turn in range(4):
                model.vectors(ids)
            print("done", flush=True)
