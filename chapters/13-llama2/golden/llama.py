#!/usr/bin/env python3
# Makes llama.safetensors: small random Llamas as PyTorch computes them, with 4
# heads of the queries and 1, 2 or 4 of the keys, the output tied and untied.
# Run it in this folder with Debian's python3-torch; only needed to make the
# file again, never to test.
#
# Names: CASE.NAME for each parameter, as Hugging Face's files call it and with
# q and k in their order (HALVES); CASE.logits for the tokens that stand in
# test.c too; CASE.loss and, for the case "two", CASE.grad.NAME for training on
# them.
#
# The case "two" is also written in all the forms of files that the chapter
# reads: two.bin (legacy), two-v1.bin, two-v2.bin (int8), two.gguf (F32, version
# 3), two-bf16.gguf (version 2), two-f16.gguf, two-q8.gguf, two-q4.gguf, and the
# folder two/ (F16 and BF16 in two safetensors). Where numbers were rounded the
# logits of the rounded model are kept as two-KIND.logits.
#
# The model below is written from the papers and from nobody's code; the order
# of rows is that of LlamaForCausalLM: coordinate i of a head pairs with i + half.
import json
import os
import struct
import sys

import torch
import torch.nn.functional as F

sys.path.insert(0, "../../../common")
from testing import write_safetensors

V, WIDTH, HEADS, HIDDEN, LAYERS, EPS, BASE = 31, 32, 4, 64, 2, 1e-5, 10000.0
CONTEXT = 53
TOKENS = [1, 7, 30, 7, 0, 19, 5, 5, 29, 2, 11, 23, 4]
HEAD = WIDTH // HEADS

tensors = {}


def keep(name, t):
    tensors[name] = t.detach().to(torch.float32).contiguous().clone()


def rms_norm(x, gain):
    return x / (x.pow(2).mean(-1, keepdim=True) + EPS).sqrt() * gain


def rotated(x):
    """x: T x heads x HEAD."""
    half = HEAD // 2
    speed = BASE ** (-torch.arange(half).double() * 2 / HEAD)
    angle = torch.arange(len(x)).double()[:, None] * speed  # T x half
    c, s = angle.cos()[:, None], angle.sin()[:, None]
    a, b = x[..., :half], x[..., half:]
    return torch.cat([a * c - b * s, b * c + a * s], -1)


def forward(w, groups, tied):
    x = w["model.embed_tokens.weight"][TOKENS]
    T = len(TOKENS)
    future = torch.ones(T, T).triu(1).bool()
    for l in range(LAYERS):
        def weight(name):
            return w[f"model.layers.{l}.{name}.weight"]
        n = rms_norm(x, weight("input_layernorm"))
        q = rotated((n @ weight("self_attn.q_proj").T).view(T, HEADS, HEAD))
        k = rotated((n @ weight("self_attn.k_proj").T).view(T, groups, HEAD))
        v = (n @ weight("self_attn.v_proj").T).view(T, groups, HEAD)
        k, v = (t.repeat_interleave(HEADS // groups, 1) for t in (k, v))
        score = torch.einsum("ihd,jhd->hij", q, k) / HEAD ** 0.5
        p = score.masked_fill(future, -torch.inf).softmax(-1)
        heads = torch.einsum("hij,jhd->ihd", p, v).reshape(T, WIDTH)
        x = x + heads @ weight("self_attn.o_proj").T
        n = rms_norm(x, weight("post_attention_layernorm"))
        gate = n @ weight("mlp.gate_proj").T
        up = n @ weight("mlp.up_proj").T
        x = x + (gate * gate.sigmoid() * up) @ weight("mlp.down_proj").T
    x = rms_norm(x, w["model.norm.weight"])
    output = "model.embed_tokens.weight" if tied else "lm_head.weight"
    return x @ w[output].T


def case(name, groups, tied, seed):
    torch.manual_seed(seed)
    keys = groups * HEAD
    shapes = {"model.embed_tokens.weight": (V, WIDTH)}
    for l in range(LAYERS):
        shapes |= {f"model.layers.{l}.{n}.weight": s for n, s in {
            "input_layernorm": (WIDTH,),
            "self_attn.q_proj": (WIDTH, WIDTH),
            "self_attn.k_proj": (keys, WIDTH),
            "self_attn.v_proj": (keys, WIDTH),
            "self_attn.o_proj": (WIDTH, WIDTH),
            "post_attention_layernorm": (WIDTH,),
            "mlp.gate_proj": (HIDDEN, WIDTH),
            "mlp.up_proj": (HIDDEN, WIDTH),
            "mlp.down_proj": (WIDTH, HIDDEN)}.items()}
    shapes["model.norm.weight"] = (WIDTH,)
    if not tied:
        shapes["lm_head.weight"] = (V, WIDTH)
    w = {}
    for n, s in shapes.items():
        x = torch.randn(s) * (0.1 if len(s) == 1 else 0.35)
        x = (x + 1 if len(s) == 1 else x).float()
        w[n] = x.double().requires_grad_()
    logits = forward(w, groups, tied)
    loss = F.cross_entropy(logits[:-1], torch.tensor(TOKENS[1:]))
    loss.backward()
    for n, x in w.items():
        keep(f"{name}.{n}", x)
        if name == "two":
            keep(f"{name}.grad.{n}", x.grad)
    keep(f"{name}.logits", logits)
    keep(f"{name}.loss", loss.reshape(1))
    return {n: x.detach() for n, x in w.items()}


# --- the forms of files ------------------------------------------------------

PARTS = ["input_layernorm", "self_attn.q_proj", "self_attn.k_proj",
         "self_attn.v_proj", "self_attn.o_proj", "post_attention_layernorm",
         "mlp.gate_proj", "mlp.down_proj", "mlp.up_proj"]
GGUF_PARTS = ["attn_norm", "attn_q", "attn_k", "attn_v", "attn_output",
              "ffn_norm", "ffn_gate", "ffn_down", "ffn_up"]


def is_norm(name):
    return "norm" in name


def adjacent(name, x):
    """The rows of q and k in the order of the paper."""
    if "q_proj" not in name and "k_proj" not in name:
        return x
    heads = x.view(-1, 2, HEAD // 2, x.shape[1])  # head, half, i
    return heads.transpose(1, 2).reshape(x.shape)


def paper(w):
    return {n: adjacent(n, x) for n, x in w.items()}


def f32(x):
    return x.float().numpy().astype("<f4").tobytes()


def part(l, n):
    return f"model.layers.{l}.{n}.weight"


def all_of(w, n):
    return [w[part(l, n)] for l in range(LAYERS)]


def head(groups):
    return struct.pack("<7i", WIDTH, HIDDEN, LAYERS, HEADS, groups, V, CONTEXT)


def write_legacy(w, groups, path):
    h = struct.pack("<7i", WIDTH, HIDDEN, LAYERS, HEADS, groups, -V, CONTEXT)
    with open(path, "wb") as f:
        f.write(h + f32(w["model.embed_tokens.weight"]))
        for n in PARTS:
            for x in all_of(w, n):
                f.write(f32(x))
        f.write(f32(w["model.norm.weight"]))
        f.write(bytes(CONTEXT * HEAD * 4))  # cosines and sines: unused
        f.write(f32(w["lm_head.weight"]))


MATRICES = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj",
            "self_attn.o_proj", "mlp.gate_proj", "mlp.down_proj",
            "mlp.up_proj"]


def write_version(w, groups, path, version, group):
    """Version 1 is F32, version 2 int8; returns the model as it was rounded."""
    h = struct.pack("<Ii", 0x616B3432, version) + head(groups) + b"\0"
    if version == 2:
        h += struct.pack("<i", group)
    rounded = dict(w)
    with open(path, "wb") as f:
        f.write(h.ljust(256, b"\0"))
        for n in ("input_layernorm", "post_attention_layernorm"):
            for x in all_of(w, n):
                f.write(f32(x))
        f.write(f32(w["model.norm.weight"]))
        names = ["model.embed_tokens.weight"]
        names += [part(l, n) for n in MATRICES for l in range(LAYERS)]
        names += ["lm_head.weight"]
        for n in names:
            if version == 1:
                f.write(f32(w[n]))
                continue
            blocks = w[n].reshape(-1, group)
            scale = (blocks.abs().amax(1, keepdim=True) / 127).float()
            q = (blocks / scale).round()
            rounded[n] = (q * scale).view(w[n].shape).double()
            f.write(q.to(torch.int8).numpy().tobytes() + f32(scale))
    return rounded


def in_blocks(x, kind):
    """The bytes of a matrix in GGUF's form, and the numbers they stand for."""
    if kind == "F32":
        return 0, f32(x), x
    if kind == "F16":
        y = x.half()
        return 1, y.numpy().astype("<f2").tobytes(), y.double()
    if kind == "BF16":
        y = x.bfloat16()
        bits = y.view(torch.int16).numpy().astype("<i2")
        return 30, bits.tobytes(), y.double()
    blocks = x.reshape(-1, 32)
    if kind == "Q8_0":
        scale = (blocks.abs().amax(1) / 127).half()
        q = (blocks / scale[:, None].double()).round().clamp(-128, 127)
        data = [s.numpy().tobytes() + r.to(torch.int8).numpy().tobytes()
                for s, r in zip(scale, q)]
        return 8, b"".join(data), (q * scale[:, None]).view(x.shape).double()
    top = blocks.gather(1, blocks.abs().argmax(1, keepdim=True))
    scale = (top[:, 0] / -8).half()
    q = (blocks / scale[:, None].double() + 8).round().clamp(0, 15)
    low, high = q[:, :16].to(torch.uint8), q[:, 16:].to(torch.uint8)
    data = [s.numpy().tobytes() + (a | b << 4).numpy().tobytes()
            for s, a, b in zip(scale, low, high)]
    return 2, b"".join(data), ((q - 8) * scale[:, None]).view(x.shape).double()


def gguf_text(s):
    return struct.pack("<Q", len(s)) + s.encode()


def write_gguf(w, groups, path, version, kind):
    names = {"token_embd.weight": "model.embed_tokens.weight",
             "output_norm.weight": "model.norm.weight",
             "output.weight": "lm_head.weight"}
    names |= {f"blk.{l}.{g}.weight": part(l, n) for l in range(LAYERS)
              for g, n in zip(GGUF_PARTS, PARTS)}
    values = gguf_text("general.architecture") + struct.pack("<I", 8)
    values += gguf_text("llama")
    for n, x in {"context_length": CONTEXT, "embedding_length": WIDTH,
                 "feed_forward_length": HIDDEN, "block_count": LAYERS,
                 "attention.head_count": HEADS,
                 "attention.head_count_kv": groups}.items():
        values += gguf_text("llama." + n) + struct.pack("<II", 4, x)
    values += gguf_text("llama.attention.layer_norm_rms_epsilon")
    values += struct.pack("<If", 6, EPS)
    infos, data, rounded = b"", b"", dict(w)
    for g, n in names.items():
        number, block, rounded[n] = in_blocks(
            w[n], "F32" if is_norm(n) else kind)
        infos += gguf_text(g) + struct.pack("<I", w[n].dim())
        infos += b"".join(struct.pack("<Q", k) for k in reversed(w[n].shape))
        infos += struct.pack("<IQ", number, len(data))
        data += block + bytes(-len(block) % 32)
    top = b"GGUF" + struct.pack("<IQQ", version, len(names), 8)
    top += values + infos
    with open(path, "wb") as f:
        f.write(top + bytes(-len(top) % 32) + data)
    return rounded


def write_folder(w, groups, path):
    os.makedirs(path, exist_ok=True)
    config = {"model_type": "llama", "hidden_size": WIDTH,
              "intermediate_size": HIDDEN, "num_hidden_layers": LAYERS,
              "num_attention_heads": HEADS, "num_key_value_heads": groups,
              "vocab_size": V, "max_position_embeddings": CONTEXT,
              "rms_norm_eps": EPS, "rope_theta": BASE, "rope_scaling": None,
              "hidden_act": "silu", "tie_word_embeddings": False}
    with open(f"{path}/config.json", "w") as f:
        json.dump(config, f, indent=1)
    shards, where, rounded = [{}, {}], {}, {}
    for i, (n, x) in enumerate(w.items()):
        kind = ["F16", "BF16"][i % 2]
        shard = i * 2 // len(w)
        _, block, rounded[n] = in_blocks(x, kind)
        shards[shard][n] = kind, x.shape, block
        where[n] = f"model-0000{shard + 1}-of-00002.safetensors"
    for i, s in enumerate(shards):
        write_safetensors(f"{path}/model-0000{i + 1}-of-00002.safetensors", s)
    with open(f"{path}/model.safetensors.index.json", "w") as f:
        json.dump({"metadata": {}, "weight_map": where}, f, indent=1)
    return rounded


def keep_logits(name, w, from_paper):
    if from_paper:  # back to the order that forward() wants
        w = {n: halves(n, x) for n, x in w.items()}
    keep(f"two-{name}.logits", forward(w, 2, False))


def halves(name, x):
    if "q_proj" not in name and "k_proj" not in name:
        return x
    pairs = x.view(-1, HEAD // 2, 2, x.shape[1])
    return pairs.transpose(1, 2).reshape(x.shape)


case("one", 1, True, 1)
two = case("two", 2, False, 2)
case("all", 4, True, 3)
case("all-untied", 4, False, 4)

write_legacy(paper(two), 2, "two.bin")
write_version(paper(two), 2, "two-v1.bin", 1, 0)
keep_logits("v2", write_version(paper(two), 2, "two-v2.bin", 2, 16), True)
for kind, version, name in (("F32", 3, ""), ("BF16", 2, "-bf16"),
                            ("F16", 3, "-f16"), ("Q8_0", 3, "-q8"),
                            ("Q4_0", 3, "-q4")):
    w = write_gguf(paper(two), 2, f"two{name}.gguf", version, kind)
    if name:
        keep_logits(name[1:], w, True)
keep_logits("folder", write_folder(two, 2, "two"), False)
write_safetensors("llama.safetensors", tensors)
