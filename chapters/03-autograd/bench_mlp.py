# The peer of bench_mlp.c: the same perceptron, weights and batch in PyTorch.
# bench_mlp.py THREADS NOTE: writes the loss of its fiftieth step into the file
# NOTE and prints a line; then fifty steps more and a line for each line it reads.
import sys

import torch
from torch import nn

BATCH, CLASSES, STEPS = 64, 10, 50
torch.set_num_threads(int(sys.argv[1]))


def scattered(first, n):
    i = torch.arange(first, first + n, dtype=torch.int64)
    return ((i * 2654435761) % 4294967296).float() / 4294967296.0 - 0.5


def layer(n_in, n_out):
    l = nn.Linear(n_in, n_out)
    with torch.no_grad():
        w = scattered(1, n_in * n_out) * 3 / n_in**0.5
        l.weight.copy_(w.view(n_out, n_in))
        l.bias.zero_()
    return l


model = nn.Sequential(layer(784, 256), nn.ReLU(), layer(256, 128), nn.ReLU(),
                      layer(128, CLASSES))
x = (scattered(7, BATCH * 784) + 0.5).view(BATCH, 784)
label = [(7 * torch.arange(BATCH) + 3 * step) % CLASSES
         for step in range(CLASSES)]
adam = torch.optim.Adam(model.parameters(), lr=1e-3)
loss_of = nn.CrossEntropyLoss()


def steps():
    for i in range(STEPS):
        loss = loss_of(model(x), label[i % CLASSES])
        adam.zero_grad(set_to_none=True)
        loss.backward()
        adam.step()
    return loss.item()


with open(sys.argv[2], "w") as note:
    note.write(f"{steps():.9g}\n")
print(flush=True)
for _ in sys.stdin:
    steps()
    print(flush=True)
