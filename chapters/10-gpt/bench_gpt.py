#!/usr/bin/env python3
# The peer of bench_gpt.c: the same training step in PyTorch, written as it is
# fastest there: query, key and value in one product, AdamW over all parameters
# at once. Reads one line for each step, answers with one.
import math
import sys

import torch
import torch.nn.functional as F

V, CONTEXT, TEXTS, WIDTH, HEADS, LAYERS = 512, 128, 16, 128, 4, 4
threads = int(sys.argv[1]) if len(sys.argv) > 1 else 2
torch.set_num_threads(threads)
torch.manual_seed(1)
causal = torch.full((CONTEXT, CONTEXT), -math.inf).triu(1)


class Layer(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1 = torch.nn.LayerNorm(WIDTH)
        self.norm2 = torch.nn.LayerNorm(WIDTH)
        self.qkv = torch.nn.Linear(WIDTH, 3 * WIDTH)
        self.out = torch.nn.Linear(WIDTH, WIDTH)
        self.up = torch.nn.Linear(WIDTH, 4 * WIDTH)
        self.down = torch.nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x):
        heads = self.qkv(self.norm1(x)).view(TEXTS, CONTEXT, 3 * HEADS, -1)
        q, k, v = heads.transpose(1, 2).split(HEADS, dim=1)
        score = q @ k.transpose(2, 3) / math.sqrt(q.shape[-1]) + causal
        y = (score.softmax(-1) @ v).transpose(1, 2).reshape(x.shape)
        x = x + self.out(y)
        y = F.gelu(self.up(self.norm2(x)), approximate="tanh")
        return x + self.down(y)


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.pieces = torch.nn.Embedding(V, WIDTH)
        self.places = torch.nn.Parameter(0.02 * torch.randn(CONTEXT, WIDTH))
        self.layers = torch.nn.ModuleList(Layer() for _ in range(LAYERS))
        self.norm = torch.nn.LayerNorm(WIDTH)
        torch.nn.init.normal_(self.pieces.weight, std=0.02)

    def forward(self, ids):
        x = self.pieces(ids) + self.places
        for layer in self.layers:
            x = layer(x)
        return F.linear(self.norm(x), self.pieces.weight)


model = Model()
adam = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95),
                         weight_decay=0.1, foreach=True)
text = torch.randint(V, (TEXTS, CONTEXT))
wanted = torch.randint(V, (TEXTS * CONTEXT,))


def step():
    adam.zero_grad(set_to_none=True)
    loss = F.cross_entropy(model(text).flatten(0, 1), wanted)
    loss.backward()
    adam.step()


step()
print("ready", flush=True)
for _ in sys.stdin:
    step()
    print("done", flush=True)
