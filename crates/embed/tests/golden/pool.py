"""Writes pool.json: what PyTorch's adaptive pooling makes of small activations.

Run: python pool.py (needs torch). The activations are not stored: value(i) below gives them, and
src/pool_tests.rs computes the same numbers, which are exact in float32.
"""

import json
from pathlib import Path

import torch
from torch.nn import functional as F


def value(i):
    return ((i * 37 + 11) % 101) / 16 - 2


def pooled(kind, x, p):
    if kind == "avg":
        return F.adaptive_avg_pool2d(x, p)
    if kind == "max":
        return F.adaptive_max_pool2d(x, p)
    if kind == "concat":
        return torch.cat([F.adaptive_max_pool2d(x, p), F.adaptive_avg_pool2d(x, p)], dim=1)
    if kind == "gem":
        return F.adaptive_avg_pool2d(x.clamp(min=1e-6).pow(3), p).pow(1 / 3)
    return x


cases = []
for shape in [(2, 7, 7), (1, 8, 8), (2, 5, 9), (2, 2, 3), (3, 1, 1)]:
    c, h, w = shape
    x = torch.tensor([value(i) for i in range(c * h * w)]).reshape(1, c, h, w)
    for kind in ["concat", "avg", "max", "gem", "none"]:
        for p in [1, 2, 3, 4] if kind != "none" else [1]:
            if kind not in ("concat", "none") and p == 2:
                continue
            flat = pooled(kind, x, p).flatten().tolist()
            cases.append({"shape": shape, "kind": kind, "p": p, "want": [round(v, 6) for v in flat]})
Path(__file__).with_name("pool.json").write_text(
    "[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]\n"
)
