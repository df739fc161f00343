"""A training step of T5 with LoRA in plain torch, as transformers 4.31 and PEFT 0.4 compute it, beside `bench -- tune`: random weights, fp32.

    /usr/bin/python3 bench/python/tune_step.py shipped|large [ROUNDS]    # needs torch only (Debian: python3-torch)
"""
import math
import statistics
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

SHAPES = {"shipped": dict(d=192, kv=32, heads=6, ff=512, layers=3, vocab=4128), "large": dict(d=1024, kv=64, heads=16, ff=2816, layers=24, vocab=32128)}
ROWS, INPUTS, TARGETS, RANK, ALPHA = 8, 130, 6, 16, 32


class Lora(nn.Module):
    def __init__(self, d_in, d_out):
        super().__init__()
        self.base = nn.Linear(d_in, d_out, bias=False).requires_grad_(False)
        self.a, self.b = nn.Linear(d_in, RANK, bias=False), nn.Linear(RANK, d_out, bias=False)
        nn.init.zeros_(self.b.weight)

    def forward(self, x):
        return self.base(x) + self.b(self.a(x)) * (ALPHA / RANK)


class Norm(nn.Module):
    def __init__(self, d):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d), requires_grad=False)

    def forward(self, x):
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6))


class Attention(nn.Module):
    def __init__(self, d, kv, heads):
        super().__init__()
        self.heads, inner = heads, kv * heads
        self.q, self.v = Lora(d, inner), Lora(d, inner)
        self.k, self.o = (nn.Linear(a, b, bias=False).requires_grad_(False) for a, b in ((d, inner), (inner, d)))

    def forward(self, x, memory, bias):
        q, k, v = (self.split(y) for y in (self.q(x), self.k(memory), self.v(memory)))
        weights = F.softmax((q @ k.transpose(2, 3) + bias).float(), -1)
        return self.o((weights @ v).transpose(1, 2).flatten(2))

    def split(self, y):
        return y.unflatten(2, (self.heads, -1)).transpose(1, 2)


class Dense(nn.Module):
    def __init__(self, d, ff):
        super().__init__()
        self.wi_0, self.wi_1, self.wo = (nn.Linear(a, b, bias=False).requires_grad_(False) for a, b in ((d, ff), (d, ff), (ff, d)))

    def forward(self, x):
        gate = self.wi_0(x)
        gelu = 0.5 * gate * (1 + torch.tanh(math.sqrt(2 / math.pi) * (gate + 0.044715 * gate.pow(3))))  # NewGELUActivation
        return self.wo(gelu * self.wi_1(x))


class T5(nn.Module):
    def __init__(self, d, kv, heads, ff, layers, vocab):
        super().__init__()
        self.shared = nn.Embedding(vocab, d).requires_grad_(False)
        self.head = nn.Linear(d, vocab, bias=False).requires_grad_(False)

        def stack(attentions):
            return nn.ModuleList(nn.ModuleList([*[nn.ModuleList([Norm(d), Attention(d, kv, heads)]) for _ in range(attentions)],
                                                nn.ModuleList([Norm(d), Dense(d, ff)])]) for _ in range(layers))

        self.encoder, self.decoder, self.norms = stack(1), stack(2), nn.ModuleList([Norm(d), Norm(d)])
        self.bias = [torch.randn(1, heads, n, n) for n in (INPUTS, TARGETS)]
        self.bias[1] = self.bias[1] + torch.full((TARGETS, TARGETS), torch.finfo().min).triu(1)

    def forward(self, inputs, labels):
        states = self.shared(inputs)
        for (norm, attention), (norm2, dense) in self.encoder:
            x = norm(states)
            states = states + attention(x, x, self.bias[0])
            states = states + dense(norm2(states))
        states = self.norms[0](states)
        h = self.shared(labels)
        for (norm, attention), (norm2, cross), (norm3, dense) in self.decoder:
            x = norm(h)
            h = h + attention(x, x, self.bias[1])
            h = h + cross(norm2(h), states, 0)
            h = h + dense(norm3(h))
        return F.cross_entropy(self.head(self.norms[1](h)).flatten(0, 1), labels.flatten())


def main(shape, rounds):
    torch.set_num_threads(2)
    torch.manual_seed(1)
    model = T5(**SHAPES[shape])
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], 1e-3, weight_decay=0.01)
    inputs, labels = torch.randint(2, 4000, (ROWS, INPUTS)), torch.randint(2, 4000, (ROWS, TARGETS))

    def evaluate():
        with torch.no_grad():
            model(inputs, labels).item()

    def step():
        optimizer.zero_grad()
        model(inputs, labels).backward()
        nn.utils.clip_grad_norm_([p for p in model.parameters() if p.requires_grad], 1)
        optimizer.step()

    times = {evaluate: [], step: []}
    for _ in range(rounds + 1):
        for work, seconds in times.items():
            start = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - start)
    evaluation, step_time = (1000 * statistics.median(seconds[1:]) for seconds in times.values())
    print(f"torch {torch.__version__}, {torch.get_num_threads()} threads: {shape}, fp32: evaluation {evaluation:.1f} ms, step {step_time:.1f} ms, "
          f"{step_time / evaluation:.2f}")


main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3)
