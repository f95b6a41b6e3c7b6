#!/usr/bin/env python3
# Makes use_lite.json: sentences, their pieces, and the vectors that the
# Universal Sentence Encoder Lite makes of them in PyTorch, in double precision.
# Run it at the repository's top after `make data NAME=use-lite`, with Debian's
# python3-torch; only needed to make the file again, never to test.
import json
import math
import sys
import unicodedata

import torch

sys.path.insert(0, "chapters/15-bert")
from bench_use_lite import UseLite

DIRECTORY = "data/cache/use-lite"
SENTENCES = [
    "Hi",
    "Where can I change my password?",
    "I cannot remember how to log in.",
    "The ferry leaves at a quarter past seven.",
    "The boat   sails at 7:15 p.m.",
    "\ufb01ve tigers, one \u2460 caf\u00e9 and a half: that's not \u201ceasy\u201d!",
]

pieces = json.load(open(DIRECTORY + "/vocab.json"))
ids = {p: i for i, (p, s) in enumerate(pieces) if i >= 6 and s is not None}
longest = max(map(len, ids))


def split(text):
    """The best split by Viterbi's algorithm; what no piece covers is dropped."""
    text = unicodedata.normalize("NFKC", text)
    text = "".join("\u2581" + w for w in text.split())
    best = [(0, [])] + [(-math.inf, [])] * len(text)
    for end in range(1, len(text) + 1):
        for start in range(max(0, end - longest), end):
            piece = text[start:end]
            if piece in ids:
                score, way = pieces[ids[piece]][1], [ids[piece]]
            elif end - start == 1:
                score, way = -100, []
            else:
                continue
            if best[start][0] + score > best[end][0]:
                best[end] = best[start][0] + score, best[start][1] + way
    return best[-1][1]


model = UseLite(DIRECTORY, torch.float64)
out = []
for s in SENTENCES:
    x = split(s)
    v = model.vectors(torch.tensor([x]))[0]
    out.append({"text": s, "ids": x,
                "embedding": [round(float(n), 7) for n in v]})
with open("chapters/15-bert/golden/use_lite.json", "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(o) for o in out) + "\n]\n")
