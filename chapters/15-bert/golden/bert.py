#!/usr/bin/env python3
# Makes a small BERT with random weights in two of the spellings that
# checkpoints have, and bert.safetensors: what PyTorch computes with it. Run it
# in this folder with Debian's python3-torch; only needed to make the files
# again, never to test. The model is written out here, padded and masked, in
# double precision.
#
# bare/   the encoder alone: no prefix, norms have weight and bias, no heads
# heads/  "bert." in front, gamma and beta, all heads; a classifier of 3
#
# In bert.safetensors: hidden.0 (the embeddings) to hidden.2, pooled, fill
# (scores at the blanks), follow, classes, loss; grad.NAME and after.NAME: each
# parameter's gradient, and what three steps of Adam make of it. The two
# inputs stand in test.c too.
import json
import math
import os
import sys

import torch
import torch.nn.functional as F

sys.path.insert(0, "../../../common")
from testing import write_safetensors

WIDTH, HEADS, HIDDEN, LAYERS, PLACES = 12, 3, 20, 2, 17
VOCAB = """[PAD] [UNK] [CLS] [SEP] [MASK] paris rome is the a capital of france
italy city big small . ? ##s ##er in not""".split()
V = len(VOCAB)
# "paris is the [MASK] of france." and "rome is a [MASK]" + "in italy."
INPUT = [[2, 5, 7, 8, 4, 11, 12, 17, 3], [2, 6, 7, 9, 4, 3, 21, 13, 17, 3]]
SEGMENT = [[0] * 9, [0] * 6 + [1] * 4]
BLANK = [(0, 4, 10), (0, 1, 6), (1, 4, 14)]  # input, place, what was there
FOLLOWS, CLASS = [0, 1], [2, 0]

torch.manual_seed(1)
parameters = {}


def make(name, *shape):
    value = (0.3 * torch.randn(shape)).float().double()
    if name.endswith("LayerNorm.weight"):
        value = (value + 1).float().double()
    parameters[name] = value.requires_grad_()


def linear(name, inputs, outputs):
    make(name + ".weight", outputs, inputs)
    make(name + ".bias", outputs)


def norm(name):
    make(name + ".LayerNorm.weight", WIDTH)
    make(name + ".LayerNorm.bias", WIDTH)


make("bert.embeddings.word_embeddings.weight", V, WIDTH)
make("bert.embeddings.position_embeddings.weight", PLACES, WIDTH)
make("bert.embeddings.token_type_embeddings.weight", 2, WIDTH)
norm("bert.embeddings")
for i in range(LAYERS):
    at = f"bert.encoder.layer.{i}."
    for part in ("query", "key", "value"):
        linear(at + "attention.self." + part, WIDTH, WIDTH)
    linear(at + "attention.output.dense", WIDTH, WIDTH)
    norm(at + "attention.output")
    linear(at + "intermediate.dense", WIDTH, HIDDEN)
    linear(at + "output.dense", HIDDEN, WIDTH)
    norm(at + "output")
linear("bert.pooler.dense", WIDTH, WIDTH)
linear("cls.predictions.transform.dense", WIDTH, WIDTH)
norm("cls.predictions.transform")
make("cls.predictions.bias", V)
linear("cls.seq_relationship", WIDTH, 2)
linear("classifier", WIDTH, 3)

# --- the model ----------------------------------------------------------------

P = parameters


def dense(x, name):
    return x @ P[name + ".weight"].T + P[name + ".bias"]


def normed(x, name):
    return F.layer_norm(x, (WIDTH,), P[name + ".LayerNorm.weight"],
                        P[name + ".LayerNorm.bias"], 1e-12)


def attend(x, blank, name):
    B, T, w = len(x), x.shape[1], WIDTH // HEADS
    q, k, v = (dense(x, name + ".self." + part).view(B, T, HEADS, w)
               .transpose(1, 2) for part in ("query", "key", "value"))
    scores = q @ k.transpose(2, 3) / math.sqrt(w)
    scores = scores.masked_fill(blank[:, None, None], -math.inf)
    y = (scores.softmax(3) @ v).transpose(1, 2).reshape(B, T, WIDTH)
    return normed(x + dense(y, name + ".output.dense"), name + ".output")


def encode():
    longest = max(map(len, INPUT))
    pad = [longest - len(x) for x in INPUT]
    ids = torch.tensor([x + [0] * n for x, n in zip(INPUT, pad)])
    kinds = torch.tensor([x + [0] * n for x, n in zip(SEGMENT, pad)])
    blank = torch.tensor([[i >= len(x) for i in range(longest)] for x in INPUT])
    e = "bert.embeddings."
    x = P[e + "word_embeddings.weight"][ids] + \
        P[e + "token_type_embeddings.weight"][kinds] + \
        P[e + "position_embeddings.weight"][:longest]
    states = [normed(x, "bert.embeddings")]
    for i in range(LAYERS):
        at = f"bert.encoder.layer.{i}"
        x = attend(states[-1], blank, at + ".attention")
        h = F.gelu(dense(x, at + ".intermediate.dense"))
        states.append(normed(x + dense(h, at + ".output.dense"), at + ".output"))
    return states, ~blank


def run():
    states, real = encode()
    x = states[-1]
    pooled = torch.tanh(dense(x[:, 0], "bert.pooler.dense"))
    rows = torch.stack([x[i, j] for i, j, _ in BLANK])
    h = normed(F.gelu(dense(rows, "cls.predictions.transform.dense")),
               "cls.predictions.transform")
    fill = h @ P["bert.embeddings.word_embeddings.weight"].T + \
        P["cls.predictions.bias"]
    follow = dense(pooled, "cls.seq_relationship")
    classes = dense(pooled, "classifier")
    loss = F.cross_entropy(fill, torch.tensor([b[2] for b in BLANK])) + \
        F.cross_entropy(follow, torch.tensor(FOLLOWS)) + \
        F.cross_entropy(classes, torch.tensor(CLASS))
    return [s[real] for s in states], pooled, fill, follow, classes, loss


# --- files --------------------------------------------------------------------

def folder(name, tensors, more):
    os.makedirs(name, exist_ok=True)
    config = {"architectures": ["BertModel"], "model_type": "bert",
              "vocab_size": V, "hidden_size": WIDTH,
              "num_attention_heads": HEADS, "intermediate_size": HIDDEN,
              "num_hidden_layers": LAYERS, "max_position_embeddings": PLACES,
              "type_vocab_size": 2, "hidden_act": "gelu",
              "hidden_dropout_prob": 0.1, "layer_norm_eps": 1e-12} | more
    with open(name + "/config.json", "w") as f:
        json.dump(config, f, indent=2)
        f.write("\n")
    with open(name + "/vocab.txt", "w") as f:
        f.write("".join(p + "\n" for p in VOCAB))
    write_safetensors(name + "/model.safetensors", tensors)


def old(name):
    return name.replace("LayerNorm.weight", "LayerNorm.gamma") \
        .replace("LayerNorm.bias", "LayerNorm.beta")


folder("bare", {n[5:]: t for n, t in P.items() if n.startswith("bert.")}, {})
folder("heads", {old(n): t for n, t in P.items()},
       {"id2label": {"0": "no", "1": "yes", "2": "maybe"}})

golden = {}
adam = torch.optim.Adam(P.values(), lr=0.01, betas=(0.9, 0.98), eps=1e-4)
for step in range(3):
    adam.zero_grad()
    states, pooled, fill, follow, classes, loss = run()
    loss.backward()
    if step == 0:
        golden |= {f"hidden.{i}": s for i, s in enumerate(states)}
        golden |= {"pooled": pooled, "fill": fill, "follow": follow,
                   "classes": classes, "loss": loss.reshape(1)}
        golden |= {"grad." + n: t.grad.clone() for n, t in P.items()}
    adam.step()
golden |= {"after." + n: t for n, t in P.items()}
write_safetensors("bert.safetensors", golden)
