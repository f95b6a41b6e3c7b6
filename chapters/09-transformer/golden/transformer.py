#!/usr/bin/env python3
# Makes transformer.safetensors: two whole transformers as PyTorch computes
# them, nn.Transformer with 2 + 2 layers. "post" has norms after the residuals
# and one table for source, target and output; "pre" has norms first and three
# tables. Run it in this folder with Debian's python3-torch; only needed to
# make the file again, never to test.
#
# Names: CASE.NAME, CASE.grad.NAME and CASE.after.NAME for each parameter at
# the start, its gradient, and what three steps of Adam make of it;
# CASE.memory, CASE.logits, CASE.loss. The batch, two sentence pairs that
# PyTorch sees padded, stands in test.c too.
import math
import sys

import torch
import torch.nn.functional as F

sys.path.insert(0, "../../../common")
from testing import write_safetensors

V, WIDTH, HEADS, HIDDEN, LAYERS = 11, 12, 3, 20, 2
SOURCE = [[3, 4, 5, 6, 7], [8, 9, 3]]
INPUT = [[0, 10, 4, 4], [0, 5, 6, 2, 9, 7]]
OUTPUT = [[10, 4, 4, 1], [5, 6, 2, 9, 7, 1]]

tensors = {}
ours = {}  # our name of a parameter -> (PyTorch's tensor, first row, rows)


def keep(name, t):
    tensors[name] = t.detach().to(torch.float32).contiguous().clone()


def padded(rows):
    longest = max(map(len, rows))
    ids = torch.tensor([r + [0] * (longest - len(r)) for r in rows])
    blank = torch.tensor([[i >= len(r) for i in range(longest)] for r in rows])
    return ids, blank


def sinusoids(length):
    i = torch.arange(0, WIDTH, 2).double()
    angle = torch.arange(length).double()[:, None] / 10000 ** (i / WIDTH)
    return torch.stack([angle.sin(), angle.cos()], 2).flatten(1)


def names(model, tables):
    """Our names for what PyTorch packs into in_proj_weight and so on."""
    named = {n: (t, 0, t.shape[0]) for n, t in tables.items()}

    def attention(name, a):
        for k, part in enumerate("qkv"):
            named[f"{name}.{part}.weight"] = (a.in_proj_weight, k * WIDTH, WIDTH)
            named[f"{name}.{part}.bias"] = (a.in_proj_bias, k * WIDTH, WIDTH)
        linear(f"{name}.out", a.out_proj)

    def linear(name, l):  # a norm has the same two members
        named[f"{name}.weight"] = (l.weight, 0, l.weight.shape[0])
        named[f"{name}.bias"] = (l.bias, 0, l.bias.shape[0])

    for i in range(LAYERS):
        e, d = model.encoder.layers[i], model.decoder.layers[i]
        attention(f"encoder.{i}.self", e.self_attn)
        attention(f"decoder.{i}.self", d.self_attn)
        attention(f"decoder.{i}.cross", d.multihead_attn)
        for which, layer in (("encoder", e), ("decoder", d)):
            linear(f"{which}.{i}.feed.in", layer.linear1)
            linear(f"{which}.{i}.feed.out", layer.linear2)
            linear(f"{which}.{i}.self_norm", layer.norm1)
        linear(f"encoder.{i}.feed_norm", e.norm2)
        linear(f"decoder.{i}.cross_norm", d.norm2)
        linear(f"decoder.{i}.feed_norm", d.norm3)
    linear("encoder.norm", model.encoder.norm)
    linear("decoder.norm", model.decoder.norm)
    return named


def case(name, norm_first, own_tables):
    torch.manual_seed(1)
    model = torch.nn.Transformer(
        WIDTH, HEADS, LAYERS, LAYERS, HIDDEN, dropout=0,
        norm_first=norm_first, batch_first=True).double()
    tables = {"source": torch.empty(V, WIDTH)}
    if own_tables:
        tables |= {"target": torch.empty(V, WIDTH),
                   "output.weight": torch.empty(V, WIDTH),
                   "output.bias": torch.empty(V)}
    tables = {n: t.double().requires_grad_() for n, t in tables.items()}
    learnt = [*model.parameters(), *tables.values()]
    with torch.no_grad():
        for p in learnt:
            p.copy_((0.3 * torch.randn(p.shape)).float().double())
    named = names(model, tables)
    assert sum(n * t[0].numel() for t, _, n in named.values()) == \
        sum(p.numel() for p in learnt)

    source, no_source = padded(SOURCE)
    given, no_given = padded(INPUT)
    wanted = torch.tensor(sum(OUTPUT, []))
    where = sinusoids(10)

    def embedded(table, ids):
        return table[ids] * math.sqrt(WIDTH) + where[:ids.shape[1]]

    def run():
        memory = model.encoder(embedded(tables["source"], source),
                               src_key_padding_mask=no_source)
        causal = torch.ones(given.shape[1], given.shape[1]).triu(1).bool()
        y = model.decoder(embedded(tables.get("target", tables["source"]),
                                   given),
                          memory, tgt_mask=causal,
                          tgt_key_padding_mask=no_given,
                          memory_key_padding_mask=no_source)
        logits = y @ tables.get("output.weight", tables["source"]).T
        logits = (logits + tables.get("output.bias", 0))[~no_given]
        loss = F.cross_entropy(logits, wanted, label_smoothing=0.1)
        return memory[~no_source], logits, loss

    def keep_all(kind, of):
        for n, (t, first, rows) in named.items():
            keep(f"{name}.{kind}{n}", of(t)[first:first + rows])

    keep_all("", lambda t: t)
    adam = torch.optim.Adam(learnt, lr=0.01, betas=(0.9, 0.98), eps=1e-4)
    for step in range(3):
        adam.zero_grad()
        memory, logits, loss = run()
        loss.backward()
        if step == 0:
            keep(f"{name}.memory", memory)
            keep(f"{name}.logits", logits)
            keep(f"{name}.loss", loss.reshape(1))
            keep_all("grad.", lambda t: t.grad)
        adam.step()
    keep_all("after.", lambda t: t)


case("post", norm_first=False, own_tables=False)
case("pre", norm_first=True, own_tables=True)

write_safetensors("transformer.safetensors", tensors)
