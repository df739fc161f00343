#!/usr/bin/python3
"""Derives the expected values of this folder (see README.md). Needs Debian's python3-torch and python3-numpy, nothing else.

Written from the definitions, for clarity and not for speed: every step sorts all candidates, and the models have no cache.
Run in this folder: /usr/bin/python3 derive.py
"""
import itertools
import json
import math
import pathlib
import random

import numpy
import torch

GOLDEN = pathlib.Path(__file__).resolve().parent.parent
ORDER = itertools.count()
torch.set_num_threads(1)


# ---- beam search -------------------------------------------------------------------------------------------------------------------------

def beam_search(logits_of, start, ends, beams, max_new, dtype):
    """logits_of: list of id lists -> tensor (rows, vocabulary). Returns the ids after the start token, and what shows how close it was."""
    live = [([start], 0.0)] + [([start], -1e9)] * (beams - 1)
    complete = []  # (score, order, ids): order breaks ties, the later wins
    margin = math.inf
    steps = 0
    while True:
        log_p = torch.log_softmax(logits_of([ids for ids, _ in live]).to(dtype), -1)
        total = (log_p + torch.tensor([s for _, s in live], dtype=dtype)[:, None]).tolist()
        ranked = sorted(((-s, row, token) for row, scores in enumerate(total) for token, s in enumerate(scores)))
        wanted = max(2, 1 + len(ends)) * beams
        gaps = [b[0] - a[0] for a, b in zip(ranked[:wanted], ranked[1:wanted + 1]) if a[0] < 1e8]
        margin = min([margin] + gaps)
        ranked = ranked[:wanted]

        next_live = []
        for rank, (negative, row, token) in enumerate(ranked):
            if len(next_live) == beams:
                break
            if token in ends:
                if rank < beams:
                    keep(complete, live[row][0], -negative, beams)
            else:
                next_live.append((live[row][0] + [token], -negative))
        live = next_live
        steps += 1

        length = len(live[0][0])
        is_done = len(complete) == beams and min(c[0] for c in complete) >= -ranked[0][0] / length
        if is_done or steps == max_new:
            break

    if not is_done:
        for ids, score in live:
            keep(complete, ids, score, beams)
    score, _, ids = max(complete, key=lambda c: (c[0], c[1]))
    if len(ids) < max_new + 1:
        ids = ids + [ends[0]]
    return {"ids": ids[1:], "score": score, "steps": steps, "is_done": is_done, "smallest_margin": margin}


def keep(complete, ids, log_probability, beams):
    """ids has the start token and not the end token; their number is what divides the log-probability."""
    score = log_probability / len(ids)
    if len(complete) < beams or score > min(c[0] for c in complete):
        complete.append((score, next(ORDER), ids))
        if len(complete) > beams:
            complete.remove(min(complete, key=lambda c: (c[0], c[1])))


def table_cases():
    """Models whose logits are a table of [step][previous token], in parts of 128, which JSON and fp32 hold exactly."""
    cases = []
    for seed in range(120):
        rng = random.Random(seed)
        vocabulary = rng.choice([4, 5, 8])
        max_new = rng.choice([1, 2, 4, 6, 9])
        beams = rng.choice([2, 3, 4, 6])
        ends = [1] if seed % 3 else sorted(rng.sample(range(1, vocabulary), 2), reverse=True)
        spread = rng.choice([200, 400, 1000])
        bonus = rng.choice([0, 200, 400])  # of the end tokens
        parts = 128 if seed % 5 else 1  # whole numbers make equal candidates: the order of ties counts
        table = [[[(rng.randint(-spread, spread) + bonus * (token in ends)) // (128 // parts) / parts for token in range(vocabulary)]
                  for _ in range(vocabulary)] for _ in range(max_new)]

        def logits_of(rows):
            return torch.tensor([table[len(ids) - 1][ids[-1]] for ids in rows])

        single = beam_search(logits_of, 0, ends, beams, max_new, torch.float32)
        double = beam_search(logits_of, 0, ends, beams, max_new, torch.float64)
        # Near ties that rounding decides prove nothing about another implementation.
        if single["ids"] == double["ids"] and (double["smallest_margin"] > 1e-5 or parts == 1):
            cases.append({"seed": seed, "vocabulary": vocabulary, "ends": ends, "beams": beams, "max_new_tokens": max_new, "table": table, **single})
    return cases


# ---- the tiny T5 models -------------------------------------------------------------------------------------------------------------------

class T5:
    """T5 in double precision, from its papers (arXiv 1910.10683 and 2002.05202) and the tensors' names."""

    def __init__(self, name):
        folder = GOLDEN / "t5" / name
        self.config = json.loads((folder / "config.json").read_text())
        data = (folder / "model.safetensors").read_bytes()
        size = int.from_bytes(data[:8], "little")
        self.w = {
            key: torch.from_numpy(numpy.frombuffer(data[8 + size:], numpy.float32, (entry["data_offsets"][1] - entry["data_offsets"][0]) // 4,
                                                   entry["data_offsets"][0]).reshape(entry["shape"]).copy()).double()
            for key, entry in json.loads(data[8:8 + size]).items() if key != "__metadata__"}
        rows = json.loads((GOLDEN / "t5" / "position_buckets.json").read_text())
        self.buckets = rows

    def norm(self, x, name):
        return self.w[name] * x / torch.sqrt(x.pow(2).mean(-1, keepdim=True) + self.config["layer_norm_epsilon"])

    def attend(self, x, memory, prefix, bias):
        heads, size = self.config["num_heads"], self.config["d_kv"]

        def split(y, part):
            return (y @ self.w[f"{prefix}.{part}.weight"].T).view(-1, heads, size).transpose(0, 1)

        scores = split(x, "q") @ split(memory, "k").transpose(1, 2) + bias
        return (scores.softmax(-1) @ split(memory, "v")).transpose(0, 1).reshape(len(x), -1) @ self.w[f"{prefix}.o.weight"].T

    def feed_forward(self, x, prefix):
        if f"{prefix}.wi.weight" in self.w:
            inner = torch.relu(x @ self.w[f"{prefix}.wi.weight"].T)
        else:
            gate = x @ self.w[f"{prefix}.wi_0.weight"].T
            gate = 0.5 * gate * (1 + torch.tanh(math.sqrt(2 / math.pi) * (gate + 0.044715 * gate.pow(3))))
            inner = gate * (x @ self.w[f"{prefix}.wi_1.weight"].T)
        return inner @ self.w[f"{prefix}.wo.weight"].T

    def bias(self, stack, length, column):
        table = self.w[f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight"]
        places = torch.tensor([[self.bucket(key - query, column) for key in range(length)] for query in range(length)])
        return table[places].permute(2, 0, 1)

    def bucket(self, distance, column):
        return self.buckets[column][self.buckets["distance"].index(distance)]

    def encode(self, ids):
        x = self.w["shared.weight"][torch.tensor(ids)]
        bias = self.bias("encoder", len(ids), "bidirectional")
        for layer in range(self.config["num_layers"]):
            prefix = f"encoder.block.{layer}.layer"
            y = self.norm(x, f"{prefix}.0.layer_norm.weight")
            x = x + self.attend(y, y, f"{prefix}.0.SelfAttention", bias)
            x = x + self.feed_forward(self.norm(x, f"{prefix}.1.layer_norm.weight"), f"{prefix}.1.DenseReluDense")
        return self.norm(x, "encoder.final_layer_norm.weight")

    def last_logits(self, memory, ids):
        x = self.w["shared.weight"][torch.tensor(ids)]
        future = torch.full((len(ids), len(ids)), -math.inf, dtype=torch.float64).triu(1)
        bias = self.bias("decoder", len(ids), "causal") + future
        for layer in range(self.config["num_decoder_layers"]):
            prefix = f"decoder.block.{layer}.layer"
            y = self.norm(x, f"{prefix}.0.layer_norm.weight")
            x = x + self.attend(y, y, f"{prefix}.0.SelfAttention", bias)
            x = x + self.attend(self.norm(x, f"{prefix}.1.layer_norm.weight"), memory, f"{prefix}.1.EncDecAttention", 0)
            x = x + self.feed_forward(self.norm(x, f"{prefix}.2.layer_norm.weight"), f"{prefix}.2.DenseReluDense")
        x = self.norm(x, "decoder.final_layer_norm.weight")[-1]
        if self.config.get("tie_word_embeddings", True):
            return self.w["shared.weight"] @ x * self.config["d_model"] ** -0.5
        return self.w["lm_head.weight"] @ x


def t5_cases():
    cases = []
    for name in ("tiny-v1_0", "tiny-v1_1"):
        model = T5(name)
        for golden in json.loads((GOLDEN / "t5" / f"{name}.generate.json").read_text()):
            for row, padded in enumerate(golden["input_ids"]):
                ids = [i for i, m in zip(padded, golden["attention_mask"][row]) if m]
                memory = model.encode(ids)
                seen = {}

                def logits_of(rows):
                    for r in rows:
                        if tuple(r) not in seen:
                            seen[tuple(r)] = model.last_logits(memory, r)
                    return torch.stack([seen[tuple(r)] for r in rows])

                # The model is right: its greedy ids are those that transformers gave.
                expected = golden["ids"][row]
                greedy = [0]
                while len(greedy) < len(expected) and greedy[-1] != 1:
                    greedy.append(int(logits_of([greedy])[0].argmax()))
                assert greedy == expected[:len(greedy)] and not any(expected[len(greedy):]), (name, golden["case"], row)

                third, fourth = greedy[min(3, len(greedy) - 1)], greedy[min(4, len(greedy) - 1)]
                # Random weights seldom end: other tokens of the greedy answer end it, too.
                for beams, max_new, ends in ((2, 6, [1]), (4, 12, [1]), (3, 20, [third]), (4, 20, [fourth, 1]), (5, 8, [fourth, third])):
                    found = beam_search(logits_of, 0, ends, beams, max_new, torch.float64)
                    if found["smallest_margin"] > 1e-5:
                        cases.append({"model": name, "input_ids": ids, "ends": ends, "beams": beams, "max_new_tokens": max_new, **found})
    return cases


# ---- sampling ----------------------------------------------------------------------------------------------------------------------------

def shaped(logits, temperature, top_k, top_p):
    """The definition, token by token: how many are more probable, and what their probabilities add up to. In double precision."""
    scores = [x / temperature for x in logits]
    if 0 < top_k < len(scores):
        least = sorted(scores)[-top_k]
        scores = [x if x >= least else -math.inf for x in scores]
    if top_p < 1:
        weights = [math.exp(x - max(scores)) for x in scores]
        p = [x / sum(weights) for x in weights]
        order = sorted(range(len(p)), key=lambda i: (scores[i], i))  # the least probable first; of equals, the lower id
        below, margin = 0.0, math.inf
        for place, i in enumerate(order[:-1]):
            below += p[i]
            margin = min(margin, abs(below - (1 - top_p)))
            if below <= 1 - top_p:
                scores[i] = -math.inf
        if margin < 1e-5:
            return None  # rounding decides
    weights = [math.exp(x - max(scores)) for x in scores]
    return [x / sum(weights) for x in weights]


def sampling_cases():
    cases = []
    for seed in range(200):
        rng = random.Random(1000 + seed)
        logits = [rng.randint(-32, 32) / 8 for _ in range(rng.choice([2, 5, 17, 64]))]
        temperature = rng.choice([0.25, 0.5, 0.7, 1.0, 1.0, 1.5, 5.0])
        top_k = rng.choice([0, 0, 1, 2, 3, 10, 50, 1000])
        top_p = rng.choice([1.0, 1.0, 0.0, 0.1, 0.5, 0.8, 0.9, 0.95, 0.999])
        p = shaped(logits, temperature, top_k, top_p)
        if p is not None:
            cases.append({"logits": logits, "temperature": temperature, "top_k": top_k, "top_p": top_p, "probabilities": p})
    return cases


def write(name, cases):
    (pathlib.Path(__file__).parent / name).write_text("[\n" + ",\n".join(json.dumps(c) for c in cases) + "\n]\n")
    print(name, len(cases))


if __name__ == "__main__":
    write("beams.json", table_cases())
    write("beams.t5.json", t5_cases())
    write("sampling.json", sampling_cases())
