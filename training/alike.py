"""Find hard strangers: the nearest training pictures of each training picture, by an earlier checkpoint.

    python alike.py --checkpoint runs/first/last.pt --data train.tar --index train_index.csv --out alike.npy

Pictures that are nearer than `--same` are taken for the same picture or one of its series and are left
out: as strangers in one batch they would teach what is wrong. `train.py --alike` takes the file.
"""

import argparse

import numpy as np
import torch

import data
from export import load_trunk
from model import describe


def nearest(vectors, rows, count=12, same=0.9):
    """int32 [len(vectors), count]: for each of `rows` its nearest others among `rows` below `same`; else -1."""
    found = np.full((len(vectors), count), -1, np.int32)
    ours = vectors[rows]
    for start in range(0, len(rows), 512):
        cosine = ours[start : start + 512] @ ours.T
        cosine[cosine >= same] = -1
        best = np.argpartition(-cosine, count, axis=1)[:, :count]
        good = np.take_along_axis(cosine, best, 1) > -1
        found[rows[start : start + 512]] = np.where(good, rows[best], -1)
    return found


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--checkpoint", required=True)
    p.add_argument("--data", nargs="+", required=True)
    p.add_argument("--index", nargs="*", default=[])
    p.add_argument("--hold-out", type=int, default=data.HELD_OUT, help="as in train.py")
    p.add_argument("--cache", default=".cache")
    p.add_argument("--same", type=float, default=0.9)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--out", required=True)
    args = p.parse_args()
    torch.set_num_threads(args.threads)
    pictures, _, rows = data.load(args.data, args.index, args.cache, args.hold_out)
    trunk, _, _ = load_trunk(args.checkpoint)
    np.save(args.out, nearest(describe(trunk, pictures), rows, same=args.same))


if __name__ == "__main__":
    main()
