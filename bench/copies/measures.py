"""A ranking of pairs and the truth -> micro-AP, recall at a precision, recall per kind.

    python measures.py COLLECTION/truth.csv pairs.parquet

Right is an original with its copy. Two copies of one original are neutral and left out: two crops need not
show the same. All other pairs are wrong. A pair that a tool does not list ranks nowhere: a right one counts as
not found. Pairs of equal score form one block, and each of them gets the precision after the whole block. So the
figures do not hang on the order of ties, and a coarse score is taken at its worst.
"""

import argparse
import csv
import json
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq

PRECISIONS = (0.99, 0.90)
# Cosines for which right and wrong pairs are counted; they mean something for tools that give cosines.
MARKS = tuple(round(0.60 + 0.02 * i, 2) for i in range(20))


class Truth(NamedTuple):
    """Per picture: its number by file name, the number of its original (itself where it has none), its kind."""

    number: dict
    family: np.ndarray
    is_copy: np.ndarray
    kind: np.ndarray
    source: dict

    def kinds(self):
        """The kinds in the order of the first letters, with how many copies each has."""
        names, counts = np.unique(self.kind[self.is_copy], return_counts=True)
        return dict(zip(names.tolist(), counts.tolist()))


def read_truth(path, files=None):
    """The truth of all pictures, or of `files` alone."""
    with open(path, newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if files is None or row["file"] in files]
    number = {row["file"]: i for i, row in enumerate(rows)}
    family = np.array([number[row["original"] or row["file"]] for row in rows])
    is_copy = np.array([row["role"] == "copy" for row in rows])
    kind = np.array([row["kind"] for row in rows])
    source = {row["source"]: number[row["original"] or row["file"]] for row in rows}
    return Truth(number, family, is_copy, kind, source)


def read_ignored(path, truth):
    """Pairs of families that a person found to be copies of each other; CSV of two columns with sources."""
    with open(path, newline="") as handle:
        rows = [row[:2] for row in csv.reader(handle) if row]
    return [[truth.source[a], truth.source[b]] for a, b in rows if a in truth.source and b in truth.source]


def pair_keys(a, b, count):
    """One number per unordered pair."""
    return np.minimum(a, b) * np.int64(count) + np.maximum(a, b)


def numbered(a, b, score, truth):
    """Names -> numbers; each unordered pair once, at its best score; a picture with itself left out."""
    a = np.array([truth.number[name] for name in a], np.int64)
    b = np.array([truth.number[name] for name in b], np.int64)
    score = np.asarray(score, np.float64)
    order = np.argsort(-score, kind="stable")
    order = order[a[order] != b[order]]
    _, first = np.unique(pair_keys(a, b, len(truth.family))[order], return_index=True)
    kept = order[first]
    return a[kept], b[kept], score[kept]


def judged(a, b, score, truth, ignored=()):
    """(score, copy) of the pairs that count: `copy` is the number of the copy of a right pair, -1 for a wrong one."""
    count = len(truth.family)
    same = truth.family[a] == truth.family[b]
    right = same & (truth.is_copy[a] != truth.is_copy[b])
    neutral = same & ~right
    if len(ignored):
        known = pair_keys(*np.array(ignored, np.int64).T, count)
        neutral |= np.isin(pair_keys(truth.family[a], truth.family[b], count), known) & ~same
    copy = np.where(right, np.where(truth.is_copy[a], a, b), -1)
    return score[~neutral], copy[~neutral]


def blocks(score, copy):
    """Per block of equal scores, best first: (score, right pairs in it, precision of all down to its end)."""
    levels, place = np.unique(-score, return_inverse=True)
    right = np.bincount(place, copy >= 0, len(levels))
    every = np.bincount(place, minlength=len(levels))
    return -levels, right, np.cumsum(right) / np.maximum(1, np.cumsum(every))


def threshold_at(levels, exact, precision):
    """The lowest score at which the precision still holds; None where it never does."""
    good = np.flatnonzero(exact >= precision)
    return float(levels[good[-1]]) if len(good) else None


def recall_per_kind(score, copy, truth, threshold):
    found = copy[(copy >= 0) & (score >= threshold)] if threshold is not None else copy[:0]
    return {kind: int((truth.kind[found] == kind).sum()) / count for kind, count in truth.kinds().items()}


def thresholds(score, copy, total):
    """Per mark: what a person gets who reports all pairs at or above it."""
    rows = []
    for mark in MARKS:
        right, wrong = int((copy[score >= mark] >= 0).sum()), int((copy[score >= mark] < 0).sum())
        exact = right / max(1, right + wrong)
        rows.append({"threshold": mark, "right": right, "wrong": wrong, "precision": exact, "recall": right / total})
    return rows


def measure(pairs, truth, ignored=()):
    """All figures of one tool; `pairs` is (names, names, scores)."""
    score, copy = judged(*numbered(*pairs, truth), truth, ignored)
    levels, right, exact = blocks(score, copy)
    total = int(truth.is_copy.sum())
    figures = {"right_pairs": total, "listed_right": int(right.sum()), "listed_wrong": int((copy < 0).sum())}
    figures["micro_ap"] = float((right * exact).sum() / total)
    for precision in PRECISIONS:
        at, name = threshold_at(levels, exact, precision), f"{precision * 100:.0f}"
        figures[f"threshold_{name}"] = at
        figures[f"recall_{name}"] = float(right[levels >= at].sum() / total) if at is not None else 0.0
        figures[f"kinds_{name}"] = recall_per_kind(score, copy, truth, at)
    figures["thresholds"] = thresholds(score, copy, total)
    return figures


def read_pairs(path):
    table = pq.read_table(path, columns=["a", "b", "score"])
    return table["a"].to_pylist(), table["b"].to_pylist(), table["score"].to_numpy()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("truth")
    p.add_argument("pairs", help="Parquet with the columns a, b, score; a higher score is more alike")
    p.add_argument("--ignore", help="CSV of pairs of sources that are copies of each other without our doing")
    args = p.parse_args()
    truth = read_truth(args.truth)
    ignored = read_ignored(args.ignore, truth) if args.ignore else ()
    print(json.dumps(measure(read_pairs(args.pairs), truth, ignored), indent=1))


if __name__ == "__main__":
    main()
