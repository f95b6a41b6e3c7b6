#!/usr/bin/env python3
# Makes ops.safetensors: for every operation of ops.h inputs, output, a random
# gradient of the output, and the gradients of the inputs as PyTorch computes
# them; for every optimiser three steps. Run it in this folder with Debian's
# python3-torch; only needed to make the file again, never to test.
#
# Names: CASE.in0, CASE.in1, ... CASE.out, CASE.dout, CASE.din0, ...
import sys

import torch
import torch.nn.functional as F

sys.path.insert(0, "..")
from testing import write_safetensors

torch.manual_seed(1)
tensors = {}


def keep(name, t):
    tensors[name] = t.detach().to(torch.float32).contiguous().clone()


def case(name, function, *shapes, make=torch.randn):
    """Runs function in double precision on float32 inputs of these shapes."""
    ins = [make(*s).to(torch.float32).double().requires_grad_() for s in shapes]
    out = function(*ins)
    dout = torch.randn(out.shape).to(torch.float32).double()
    (out * dout).sum().backward()
    for i, x in enumerate(ins):
        keep(f"{name}.in{i}", x)
        keep(f"{name}.din{i}", x.grad)
    keep(f"{name}.out", out)
    keep(f"{name}.dout", dout)


def attend(q, k, v, heads, causal=False, window=0, spans=((None, None),),
           slope=None):
    """Attention as the formula says, one head and one sequence at a time."""
    width = q.shape[1] // heads
    groups = k.shape[1] // width
    rows = []
    for (q0, q1), (k0, k1) in [(a or (0, q.shape[0]), b or (0, k.shape[0]))
                               for a, b in spans]:
        cols = []
        for h in range(heads):
            g = h // (heads // groups)
            qh = q[q0:q1, h * width:(h + 1) * width]
            kh = k[k0:k1, g * width:(g + 1) * width]
            vh = v[k0:k1, g * width:(g + 1) * width]
            s = qh @ kh.T / width ** 0.5
            p = torch.arange(q1 - q0)[:, None] + (k1 - k0) - (q1 - q0)
            j = torch.arange(k1 - k0)[None, :]
            if slope is not None:
                s = s - slope[h] * (p - j).abs()
            dark = torch.zeros_like(s, dtype=torch.bool)
            if causal:
                dark |= j > p
            if window:
                dark |= (p - j).abs() >= window
            s = s.masked_fill(dark, float("-inf"))
            w = torch.softmax(s, 1).masked_fill(dark.all(1, True), 0)
            cols.append(w @ vh)
        rows.append(torch.cat(cols, 1))
    return torch.cat(rows)


def rotate(x, width, first, base, layout, stretch=1.0):
    T = x.shape[0]
    i = torch.arange(width // 2).double()
    angle = (stretch * (first + torch.arange(T).double())[:, None]
             * base ** (-2 * i / width))
    c, s = angle.cos(), angle.sin()
    heads = []
    for at in range(0, x.shape[1], width):
        h = x[:, at:at + width]
        if layout == "adjacent":
            a, b = h[:, 0::2], h[:, 1::2]
            y = torch.stack([a * c - b * s, b * c + a * s], 2).flatten(1)
        else:
            a, b = h[:, :width // 2], h[:, width // 2:]
            y = torch.cat([a * c - b * s, b * c + a * s], 1)
        heads.append(y)
    return torch.cat(heads, 1)


ids = torch.tensor([3, 0, 6, 3, 3])
case("embed", lambda t: F.embedding(ids, t), (7, 5))
case("matmul", lambda a, b: a @ b, (13, 7), (7, 11))
case("matmul_t", lambda a, b: a @ b.T, (13, 7), (11, 7))
case("linear", F.linear, (13, 7), (11, 7), (11,))
case("add", lambda a, b: a + b, (5, 7), (5, 7))
case("add_row", lambda a, b: a + b, (5, 7), (1, 7))
case("mul", lambda a, b: a * b, (5, 7), (5, 7))
case("mul_row", lambda a, b: a * b, (5, 7), (1, 7))
case("scale", lambda x: -1.75 * x, (5, 7))
wide = lambda *s: 4 * torch.randn(*s)
case("relu", F.relu, (5, 37), make=wide)
case("gelu", F.gelu, (5, 137), make=wide)
case("silu", F.silu, (5, 37), make=wide)
case("tanh_of", torch.tanh, (5, 37), make=wide)
case("sigmoid", torch.sigmoid, (5, 37), make=wide)
case("softmax", lambda x: F.softmax(x, 1), (5, 37), make=wide)
case("layer_norm", lambda x, g, b: F.layer_norm(x, (37,), g, b), (5, 37),
     (37,), (37,))
case("rms_norm", lambda x, g: x * (x * x).mean(1, True).add(1e-6).rsqrt() * g,
     (5, 37), (37,))
case("rope_adjacent", lambda x: rotate(x, 6, 3, 10000.0, "adjacent"), (5, 12))
case("rope_halves", lambda x: rotate(x, 6, 3, 10000.0, "halves", 0.25),
     (5, 12))
case("full", lambda q, k, v: F.scaled_dot_product_attention(q, k, v)
     if hasattr(F, "scaled_dot_product_attention") else attend(q, k, v, 1),
     (7, 5), (11, 5), (11, 5))
case("causal", lambda q, k, v: attend(q, k, v, 3, causal=True), (71, 15),
     (71, 15), (71, 15))
case("cached", lambda q, k, v: attend(q, k, v, 3, causal=True), (3, 15),
     (131, 15), (131, 15))
case("window", lambda q, k, v: attend(q, k, v, 2, causal=True, window=5),
     (139, 10), (139, 10), (139, 10))
case("both_sides", lambda q, k, v: attend(q, k, v, 2, window=70), (139, 10),
     (139, 10), (139, 10))
case("grouped", lambda q, k, v: attend(q, k, v, 6, causal=True), (13, 30),
     (13, 10), (13, 10))
case("alibi", lambda q, k, v: attend(q, k, v, 2, causal=True,
                                     slope=[0.25, 0.0625]),
     (13, 10), (13, 10), (13, 10))
case("packed", lambda q, k, v: attend(
    q, k, v, 2, spans=(((0, 3), (0, 5)), ((3, 3), (5, 6)), ((3, 10), (6, 6)),
                       ((10, 11), (6, 17)))), (11, 10), (17, 10), (17, 10))
target = torch.tensor([2, 0, -100, 16, 5])
case("cross_entropy", lambda x: F.cross_entropy(x, target), (5, 17), make=wide)
case("smoothed", lambda x: F.cross_entropy(x, target, label_smoothing=0.1),
     (5, 17), make=wide)
goal = torch.randn(5, 7)
keep("goal", goal)
case("mean_squared_error", lambda x: F.mse_loss(x, goal.double()), (5, 7))
case("mean", lambda x: x.mean(), (5, 7))
case("concat_cols", lambda a, b: torch.cat([a, b], 1), (5, 7), (5, 3))
case("concat_rows", lambda a, b: torch.cat([a, b]), (5, 7), (2, 7))
case("slice_cols", lambda x: x[:, 2:5], (5, 7))
case("slice_rows", lambda x: x[1:4], (5, 7))
case("pick_rows", lambda x: x[[4, 1, 4]], (5, 7))


def steps(name, make, clip=None):
    """Three steps on two parameters: where they stand after each."""
    a, b = torch.randn(3, 5), torch.randn(1, 4)
    keep(f"{name}.a0", a)
    keep(f"{name}.b0", b)
    a.requires_grad_()
    b.requires_grad_()
    optimiser = make(a, b)
    for i in range(1, 4):
        for letter, p in (("a", a), ("b", b)):
            p.grad = torch.randn(p.shape)
            keep(f"{name}.{letter}g{i}", p.grad)
        if clip:
            torch.nn.utils.clip_grad_norm_([a, b], clip)
        optimiser.step()
        keep(f"{name}.a{i}", a.clone())
        keep(f"{name}.b{i}", b.clone())


steps("sgd", lambda a, b: torch.optim.SGD([a, b], 0.1))
steps("momentum", lambda a, b: torch.optim.SGD([a, b], 0.1, momentum=0.9))
steps("adam", lambda a, b: torch.optim.Adam([a, b], 0.1, (0.9, 0.98), 1e-9))
steps("adamw", lambda a, b: torch.optim.AdamW(
    [{"params": [a], "weight_decay": 0.1}, {"params": [b], "weight_decay": 0}],
    0.1, (0.8, 0.95), 1e-8))
steps("rmsprop", lambda a, b: torch.optim.RMSprop([a, b], 0.01, 0.9, 1e-8))
steps("clipped", lambda a, b: torch.optim.SGD([a, b], 0.1), clip=0.5)
case("gelu_tanh", lambda x: F.gelu(x, approximate="tanh"), (5, 137), make=wide)

write_safetensors("ops.safetensors", tensors)
