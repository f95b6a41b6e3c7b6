#!/usr/bin/env python3
# Makes recurrent.safetensors: the three recurrent networks of PyTorch on three
# packed sequences, with every gradient. Run it in this folder with Debian's
# python3-torch; only needed to make the file again, never to test.
#
# Names: CASE.NAME and CASE.grad.NAME for the input x and each parameter under
# our name; CASE.y (a row for each token), CASE.loss, and CASE.weights, by which
# y is multiplied before its mean is taken as the loss. The LSTM also has states
# at the start, h0 and c0, and at the end, h and c. PyTorch has two
# biases: where ours is one, it is their sum, and either's gradient.
import sys

import torch
from torch.nn.utils.rnn import pack_sequence, pad_packed_sequence

sys.path.insert(0, "../../../common")
from testing import write_safetensors

IN, WIDTH, LENGTHS = 5, 7, [4, 1, 6]

tensors = {}


def keep(name, t):
    tensors[name] = t.detach().to(torch.float32).contiguous().clone()


def rows(t, lengths):
    """Longest x batch x d, padded, to rows, sequence by sequence."""
    return torch.cat([t[:n, i] for i, n in enumerate(lengths)])


def case(name, kind, one_bias):
    torch.manual_seed(6)
    net = kind(IN, WIDTH).double()
    with torch.no_grad():
        for p in net.parameters():
            p.copy_((0.6 * torch.randn(p.shape)).float().double())
        if one_bias:  # so that the sum of both is a float
            net.bias_hh_l0.zero_()
    T = sum(LENGTHS)
    x = torch.randn(T, IN).double().requires_grad_()
    weights = torch.randn(T, WIDTH).float().double()
    start, first = {}, None  # zeros
    if kind is torch.nn.LSTM:
        start = {n: torch.randn(len(LENGTHS), WIDTH).float().double()
                 .requires_grad_() for n in ("h0", "c0")}
        first = (start["h0"][None], start["c0"][None])
    with torch.no_grad():
        x.copy_(x.float().double())
    packed = pack_sequence(x.split(LENGTHS), enforce_sorted=False)
    y, end = net(packed, first)
    y = rows(pad_packed_sequence(y)[0], LENGTHS)
    loss = (y * weights).mean()
    loss.backward()
    ours = {"x": x, "in.weight": net.weight_ih_l0, "in.bias": net.bias_ih_l0,
            "again.weight": net.weight_hh_l0} | start
    if not one_bias:
        ours["again.bias"] = net.bias_hh_l0
    for n, t in ours.items():
        keep(f"{name}.{n}", t)
        keep(f"{name}.grad.{n}", t.grad)
    if start:
        keep(f"{name}.h", end[0][0])
        keep(f"{name}.c", end[1][0])
    keep(f"{name}.y", y)
    keep(f"{name}.weights", weights)
    keep(f"{name}.loss", loss.reshape(1))


case("rnn", torch.nn.RNN, one_bias=True)
case("gru", torch.nn.GRU, one_bias=False)
case("lstm", torch.nn.LSTM, one_bias=True)

write_safetensors("recurrent.safetensors", tensors)
