"""Measure a checkpoint on a collection with known copies, without exporting it.

    python ../bench/copies/make.py --photos PHOTOS --strangers STRANGERS.tar --out COLLECTION
    python evaluate.py COLLECTION --checkpoint runs/first/last.pt

Figures are defined in bench/copies/measures.py. They equal those of the program on the same collection but for
pairs that are the same by bytes or pixels and pictures that are flat, which the program treats apart.
"""

import argparse
import sys
from pathlib import Path

import numpy as np
import torch

import data
from export import SIZE, load_trunk
from model import describe

sys.path.append(str(Path(__file__).resolve().parent.parent / "bench" / "copies"))
from measures import measure, read_ignored, read_truth  # noqa: E402


def pairs(vectors, names, floor):
    """(names, names, cosines) of all pairs at or above `floor`."""
    ones, others, cosines = [], [], []
    for start in range(0, len(vectors), 512):
        cosine = vectors[start : start + 512] @ vectors[start:].T
        i, j = np.nonzero(np.triu(cosine >= floor, 1))
        ones.append(start + i)
        others.append(start + j)
        cosines.append(cosine[i, j])
    names = np.asarray(names)
    return names[np.concatenate(ones)], names[np.concatenate(others)], np.concatenate(cosines)


def recall(found, precision):
    at = found[f"threshold_{precision}"]
    cosine = "nowhere" if at is None else f"cosine {at:.4f}"
    return f"recall {found[f'recall_{precision}']:.4f} at {precision} % ({cosine})"


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("collection", type=Path, help="what bench/copies/make.py wrote")
    p.add_argument("--checkpoint", required=True)
    p.add_argument("--size", type=int, default=SIZE, help="input size in px")
    p.add_argument("--floor", type=float, default=0.45, help="pairs below it rank nowhere")
    p.add_argument("--ignore", type=Path, help="as in bench/copies/run.py")
    p.add_argument("--cache", default=".cache")
    p.add_argument("--threads", type=int, default=1)
    args = p.parse_args()
    torch.set_num_threads(args.threads)
    pictures, names, _ = data.pack(args.collection / "images", {}, args.cache, args.size)
    trunk, step, _ = load_trunk(args.checkpoint)
    truth = read_truth(args.collection / "truth.csv")
    ignored = read_ignored(args.ignore, truth) if args.ignore else ()
    found = measure(pairs(describe(trunk, pictures), names, args.floor), truth, ignored)
    print(f"step {step} at {args.size} px: micro-AP {found['micro_ap']:.4f}, {recall(found, 99)}, {recall(found, 90)}")
    print("\n| kind | recall at 99 % | at 90 % |\n|---|---|---|")
    for kind, share in found["kinds_99"].items():
        print(f"| {kind} | {share:.2f} | {found['kinds_90'][kind]:.2f} |")


if __name__ == "__main__":
    main()
