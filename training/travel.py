"""Write the training pictures as one small tar, so that they travel to another machine.

    python travel.py --data train.tar more.tar --index train_index.csv more.csv --out travel

writes travel.tar and travel.csv, which `train.py` takes as its `--data` and `--index`, with `--hold-out 0`: what
is held out here stays here. Each picture is squashed as
in training and saved as WebP, at the highest quality at which all fit into `--limit`.
"""

import argparse
import csv
import io
import tarfile

import numpy as np
from PIL import Image

import data

QUALITIES = (90, 80, 70, 60, 50, 40, 30, 20, 10, 5)
SAMPLE = 200


def encoded(picture, quality):
    held = io.BytesIO()
    Image.fromarray(picture).save(held, "WEBP", quality=quality, method=4)
    return held.getvalue()


def tar_size(payload):
    """Bytes that a member takes in a tar: a header, and the payload in blocks of 512."""
    return 512 + -(-payload // 512) * 512


def quality_for(pictures, limit):
    """The highest quality at which the pictures fit into `limit` bytes, by an even sample of them."""
    sample = pictures[np.linspace(0, len(pictures) - 1, min(SAMPLE, len(pictures))).round().astype(int)]
    for quality in QUALITIES:
        mean = np.mean([tar_size(len(encoded(picture, quality))) for picture in sample])
        # A sample of 200 is off by a few per cent.
        if 1.05 * mean * len(pictures) <= limit:
            return quality
    raise SystemExit(f"{len(pictures)} pictures do not fit into {limit} bytes; give fewer or a higher --limit")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", nargs="+", required=True)
    p.add_argument("--index", nargs="*", default=[])
    p.add_argument("--cache", default=".cache")
    p.add_argument("--limit", type=float, default=45, help="MB")
    p.add_argument("--out", required=True, help="name without extension")
    args = p.parse_args()
    pictures, groups, rows = data.load(args.data, args.index, args.cache)
    pictures, groups = pictures[rows], np.asarray(groups)[rows]
    quality = quality_for(pictures, args.limit * 1e6)
    with tarfile.open(f"{args.out}.tar", "w") as shard, open(f"{args.out}.csv", "w", newline="") as table:
        index = csv.writer(table)
        index.writerow(["file", "repository"])
        for number, (picture, group) in enumerate(zip(pictures, groups)):
            payload = encoded(picture, quality)
            member = tarfile.TarInfo(f"{number:06d}.webp")
            member.size = len(payload)
            shard.addfile(member, io.BytesIO(payload))
            index.writerow([member.name, group])
    print(f"{len(pictures)} pictures at WebP quality {quality}")


if __name__ == "__main__":
    main()
