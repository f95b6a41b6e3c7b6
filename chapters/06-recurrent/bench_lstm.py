# The peer of bench_lstm.c: the same LSTM and the same numbers in PyTorch.
# bench_lstm.py THREADS NOTE: writes the loss into the file NOTE and prints a
# line; then once more there and back and a line for each line it reads.
import sys

import torch

TEXTS, LENGTH, IN, WIDTH = 64, 32, 128, 128
torch.set_num_threads(int(sys.argv[1]))


def scattered(first, *shape):
    n = torch.Size(shape).numel()
    i = torch.arange(first, first + n, dtype=torch.int64)
    x = ((i * 2654435761) % 4294967296).float() / 4294967296.0 - 0.5
    return x.view(shape)


net = torch.nn.LSTM(IN, WIDTH, batch_first=True)
with torch.no_grad():
    net.weight_ih_l0.copy_(scattered(1, 4 * WIDTH, IN) * 0.3)
    net.weight_hh_l0.copy_(scattered(5, 4 * WIDTH, WIDTH) * 0.3)
    net.bias_ih_l0.copy_(scattered(9, 4 * WIDTH))
    net.bias_hh_l0.zero_()
x = scattered(7, TEXTS, LENGTH, IN).requires_grad_()


def turn():
    net.zero_grad(set_to_none=True)
    x.grad = None
    loss = net(x)[0].square().mean()
    loss.backward()
    return loss.item()


with open(sys.argv[2], "w") as note:
    note.write(f"{turn():.9g}\n")
print(flush=True)
for _ in sys.stdin:
    turn()
    print(flush=True)
