#!/usr/bin/env python3
# The peer of bench_transformer.c: the same training step in PyTorch, padded,
# with nn.Transformer. Dropout is where the paper has it, as in our model.
# Reads one line for each step, answers with one.
import math
import sys

import torch
import torch.nn.functional as F

V, WIDTH, HEADS, HIDDEN, LAYERS, PAIRS = 1000, 128, 4, 512, 2, 32
threads = int(sys.argv[1]) if len(sys.argv) > 1 else 2
torch.set_num_threads(threads)
torch.manual_seed(1)

lengths = [[16 + (7 * i + 3 * k) % 17 for i in range(PAIRS)] for k in (0, 1)]
model = torch.nn.Transformer(WIDTH, HEADS, LAYERS, LAYERS, HIDDEN,
                             dropout=0.1, batch_first=True)
for layer in [*model.encoder.layers, *model.decoder.layers]:
    layer.dropout.p = 0.0
    layer.self_attn.dropout = 0.0
    if hasattr(layer, "multihead_attn"):
        layer.multihead_attn.dropout = 0.0
table = torch.nn.Parameter(torch.randn(V, WIDTH) / math.sqrt(WIDTH))
adam = torch.optim.Adam([*model.parameters(), table], lr=1e-4,
                        betas=(0.9, 0.98), eps=1e-9)


def padded(lengths):
    ids = torch.randint(3, V, (PAIRS, max(lengths)))
    blank = torch.arange(max(lengths))[None] >= torch.tensor(lengths)[:, None]
    return ids, blank


source, no_source = padded(lengths[0])
given, no_given = padded(lengths[1])
wanted = torch.randint(3, V, given.shape).masked_fill(no_given, -100)
causal = torch.ones(given.shape[1], given.shape[1]).triu(1).bool()
where = torch.zeros(64, WIDTH)
angle = torch.arange(64.0)[:, None] / 10000 ** (torch.arange(0, WIDTH, 2) / WIDTH)
where[:, 0::2], where[:, 1::2] = angle.sin(), angle.cos()


def embedded(ids):
    x = F.embedding(ids, table) * math.sqrt(WIDTH) + where[:ids.shape[1]]
    return F.dropout(x, 0.1)


def step():
    adam.zero_grad()
    y = model(embedded(source), embedded(given), tgt_mask=causal,
              src_key_padding_mask=no_source, tgt_key_padding_mask=no_given,
              memory_key_padding_mask=no_source)
    loss = F.cross_entropy((y @ table.T).flatten(0, 1), wanted.flatten(),
                           label_smoothing=0.1)
    loss.backward()
    adam.step()


step()
print("ready", flush=True)
for _ in sys.stdin:
    step()
    print("done", flush=True)
