"""The pairs at or above the threshold, by plain products, and how much of them a tool found.

Small sets are known whole. Of large ones 2,000 seeded rows are compared with all, and recall is that of the pairs
that have one of these rows.
"""

from typing import NamedTuple

import numpy as np

# A pair so near to the threshold may be above it in one order of summation and below in another.
BORDER = 2e-6
# What the float32 product may be off by; who is so near is computed again in float64.
ROUGH = 1e-5
SAMPLE, SEED = 2_000, 2018
# Multiplications up to which a set is known whole: some minutes on two cores.
MOST = 2e13
ROWS, COLUMNS = 2_048, 8_192


class Truth(NamedTuple):
    threshold: float
    # Pairs down to a little below the threshold: row numbers, a < b in a self-join, and float64 cosines.
    a: np.ndarray
    b: np.ndarray
    similarity: np.ndarray
    # The rows that were compared with all; empty where all were.
    sample: np.ndarray
    # Rows of the second set: a pair is one number a * rows + b.
    rows: int


def near(left, right, threshold, half=False):
    """(a, b, cosine) of all pairs of a row of `left` and one of `right`; with `half` only b > a of one set."""
    found = [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0))]
    for i in range(0, len(left), ROWS):
        rows = np.asarray(left[i : i + ROWS])
        for j in range(i if half else 0, len(right), COLUMNS):
            columns = np.asarray(right[j : j + COLUMNS])
            a, b = np.nonzero(rows @ columns.T >= np.float32(threshold - ROUGH))
            keep = (a + i < b + j) if half else slice(None)
            found.append((a[keep] + i, b[keep] + j, cosines(rows, columns, a[keep], b[keep])))
    a, b, similarity = (np.concatenate(column) for column in zip(*found))
    keep = similarity >= threshold - BORDER
    return a[keep], b[keep], similarity[keep]


def cosines(left, right, a, b):
    """Row by row, in float64, a few at a time."""
    result = np.empty(len(a))
    for i in range(0, len(a), ROWS):
        part = slice(i, i + ROWS)
        result[part] = np.einsum("ij,ij->i", left[a[part]].astype(float), right[b[part]].astype(float))
    return result


def of_one(rows, threshold, most=MOST, sample=SAMPLE):
    """Truth of a set joined with itself."""
    n, d = rows.shape
    if n * n * d <= most:
        return Truth(threshold, *near(rows, rows, threshold, half=True), np.empty(0, np.int64), n)
    chosen = np.sort(np.random.default_rng(SEED).choice(n, min(n, sample), replace=False))
    a, b, similarity = near(np.asarray(rows[chosen]), rows, threshold)
    a = chosen[a]
    low, high = np.minimum(a, b), np.maximum(a, b)
    keys, first = np.unique(low * n + high, return_index=True)
    keep = first[low[first] < high[first]]
    return Truth(threshold, low[keep], high[keep], similarity[keep], chosen, n)


def of_two(new, old, threshold):
    """Truth of new rows against old ones; a counts new rows, b old ones."""
    return Truth(threshold, *near(new, old, threshold), np.empty(0, np.int64), len(old))


def kept(path, compute):
    """The truth in a file, computed once."""
    if path.exists():
        with np.load(path) as held:
            return Truth(float(held["threshold"]), *(held[name] for name in Truth._fields[1:5]), int(held["rows"]))
    truth, part = compute(), path.with_suffix(".part.npz")
    np.savez(part, **truth._asdict())
    part.rename(path)
    return truth


def judged(truth, a, b):
    """{recall, pairs, wrong, true_pairs} of the pairs that a tool gave; each counts once.

    `pairs` is all that it gave. The rest is of the sampled rows, where there is a sample. What lies within BORDER of
    the threshold is neither missed nor wrong.
    """
    a, b = np.asarray(a, np.int64), np.asarray(b, np.int64)
    keys = np.unique(a * truth.rows + b)
    pairs = len(keys)
    if len(truth.sample):
        chosen = np.zeros(truth.rows, bool)
        chosen[truth.sample] = True
        keys = keys[chosen[keys // truth.rows] | chosen[keys % truth.rows]]
    known = truth.a * truth.rows + truth.b
    counted = known[truth.similarity >= truth.threshold + BORDER]
    recall = float(np.isin(counted, keys).mean()) if len(counted) else 1.0
    wrong = int((~np.isin(keys, known)).sum())
    return {"recall": recall, "pairs": pairs, "wrong": wrong, "true_pairs": len(counted)}
