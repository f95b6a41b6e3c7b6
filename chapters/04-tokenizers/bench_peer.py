#!/usr/bin/python3
"""Google's SentencePiece as a peer for bench_encode.c: one line when it is
ready, then one line for each line read, after encoding the whole text.

    bench_peer.py TEXT MODEL
"""
import sys

import sentencepiece as spm

s = spm.SentencePieceProcessor(model_file=sys.argv[2])
lines = open(sys.argv[1], newline="\n").read().split("\n")[:-1]
print("ready", flush=True)
for _ in sys.stdin:
    print(sum(map(len, s.encode(lines, num_threads=1))), flush=True)
