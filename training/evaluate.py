"""Measure a checkpoint on pictures that were never trained on, and calibrate its threshold.

    python evaluate.py --checkpoint runs/first/last.pt --held-out train.tar --index train_index.csv --photos photos

The collection: the held-out pictures of the shards and all photographs of the folder as originals, and
of some of them one copy of each kind. Every picture is compared with every other. A pair is right when
it is an original and its copy; two copies of one original count as neither right nor wrong (two
different crops need not show the same); all else is wrong. Strangers wear the same captions and screens.
"""

import argparse
import hashlib
import io
import json
import sys
import tarfile
from pathlib import Path

import numpy as np
import torch

import data
from export import SIZE, load_trunk
from model import describe

# The kinds of copies are those of the benchmark: one definition for what is calibrated and what is compared.
sys.path.append(str(Path(__file__).resolve().parent.parent / "bench" / "copies"))
import kinds as copies  # noqa: E402

LARGEST = 800


def originals(args):
    """[(name, RGB Pillow image)]: held-out pictures first, then photographs, at most LARGEST px wide or high."""
    table = data.read_index([args.index] if args.index else [])
    found = []
    if args.held_out:
        names = [n for n, _ in data.walk_names(args.held_out) if table.get(n, "") not in data.LEFT_OUT_SOURCES]
        chosen = {names[i] for i in data.split(len(names))[1]}
        with tarfile.open(args.held_out) as shard:
            for name in sorted(chosen):
                found.append((name, data.open_rgb(io.BytesIO(shard.extractfile(name).read()))))
    if args.photos:
        for name, path in data.walk(args.photos):
            image = data.open_rgb(path)
            image.thumbnail((LARGEST, LARGEST), reducing_gap=2.0)
            found.append((name, image))
    return found


def collection(args):
    """(pictures uint8 [n, size, size, 3], number of the original [n], kind [n]); cached.

    Kind -1 is an original, k the k-th of copies.KINDS.
    """
    hangs_on = [args.size, args.copied, args.held_out, args.photos, Path(copies.__file__).read_text()]
    key = hashlib.sha256(json.dumps(hangs_on).encode()).hexdigest()[:12]
    cache = Path(args.cache) / f"evaluation-{key}.npz"
    if not cache.exists():
        found = originals(args)
        # Copies of evenly spaced originals, so that both sources are among them.
        copied = np.linspace(0, len(found) - 1, min(args.copied, len(found))).round().astype(int)
        pictures = [data.squash(image, args.size) for _, image in found]
        source, kind = list(range(len(found))), [-1] * len(found)
        for i in copied:
            for k, name in enumerate(copies.KINDS):
                pictures.append(data.squash(copies.make(found[i][1], name, int(i)), args.size))
                source.append(int(i))
                kind.append(k)
        cache.parent.mkdir(parents=True, exist_ok=True)
        np.savez(cache, pictures=np.stack(pictures), source=source, kind=kind)
    held = np.load(cache)
    return held["pictures"], held["source"], held["kind"]


def score(vectors, source, kind, floor=0.0):
    """(cosines of the right pairs [m], their kinds [m], sorted cosines of the wrong pairs >= floor)."""
    base = np.flatnonzero(kind < 0)
    copy = np.flatnonzero(kind >= 0)
    right = (vectors[copy] * vectors[base[source[copy]]]).sum(1)
    wrong = []
    for start in range(0, len(vectors), 512):
        rows = np.arange(start, min(start + 512, len(vectors)))
        cosine = vectors[rows] @ vectors[start:].T
        later = np.arange(start, len(vectors))[None] > rows[:, None]
        wrong.append(cosine[later & (source[rows][:, None] != source[start:][None]) & (cosine >= floor)])
    return right, kind[copy], np.sort(np.concatenate(wrong))


def curve(right, wrong):
    """Right cosines, best first, with recall and precision when all pairs down to each are reported."""
    ordered = np.sort(right)[::-1]
    taken = np.arange(1, len(ordered) + 1)
    false = len(wrong) - np.searchsorted(wrong, ordered, side="left")
    return ordered, taken / len(ordered), taken / (taken + false)


def threshold_at(right, wrong, precision):
    """The lowest right cosine at which the precision still holds; (cosine, recall)."""
    ordered, recall, exact = curve(right, wrong)
    good = np.flatnonzero(exact >= precision)
    return (float(ordered[good[-1]]), float(recall[good[-1]])) if len(good) else (1.0, 0.0)


def table(right, wrong, marks):
    """Rows (threshold, pairs right, pairs wrong, precision, recall)."""
    rows = []
    for mark in marks:
        hit, false = int((right >= mark).sum()), len(wrong) - int(np.searchsorted(wrong, mark))
        rows.append((mark, hit, false, hit / max(1, hit + false), hit / len(right)))
    return rows


def report(right, kinds, wrong, at99, at90):
    """Print the table of thresholds and the table of kinds."""
    print("\n| threshold | right | wrong | precision | recall |\n|---|---|---|---|---|")
    low = int(np.floor(min(at90[0], 0.95) * 50)) - 2
    marks = sorted({*(m / 50 for m in range(low, 50)), 0.99, round(at99[0], 4), round(at90[0], 4)})
    for mark, hit, false, exact, recall in table(right, wrong, marks):
        print(f"| {mark:.4g} | {hit} | {false} | {exact:.4f} | {recall:.4f} |")
    print("\n| kind | recall at 99 % | at 90 % | lowest 5 % of cosines under |\n|---|---|---|---|")
    for k, name in enumerate(copies.KINDS):
        own = right[kinds == k]
        shares = f"{(own >= at99[0]).mean():.2f} | {(own >= at90[0]).mean():.2f} | {np.quantile(own, 0.05):.3f}"
        print(f"| {name}{' (mild)' if name in copies.MILD else ''} | {shares} |")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--checkpoint", required=True)
    p.add_argument("--held-out", help="the tar shard that was trained on; its held-out part is used")
    p.add_argument("--index", help="the CSV beside the shard")
    p.add_argument("--photos", help="folder of photographs that were never trained on")
    p.add_argument("--copied", type=int, default=250, help="originals that get a copy of each kind")
    p.add_argument("--size", type=int, default=SIZE, help="input size in px")
    p.add_argument("--cache", default=".cache")
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--brief", action="store_true", help="one line only")
    args = p.parse_args()
    torch.set_num_threads(args.threads)
    trunk, step, _ = load_trunk(args.checkpoint)
    pictures, source, kind = collection(args)
    right, kinds, wrong = score(describe(trunk, pictures), source, kind)
    at99, at90 = threshold_at(right, wrong, 0.99), threshold_at(right, wrong, 0.90)
    mean = curve(right, wrong)[2].mean()
    print(
        f"step {step} at {args.size} px: micro-AP {mean:.4f}, recall {at99[1]:.4f} at 99 % (cosine {at99[0]:.4f}),"
        f" {at90[1]:.4f} at 90 % (cosine {at90[0]:.4f})"
    )
    if args.brief:
        return
    print(
        f"{int((kind < 0).sum())} originals, {len(right)} right pairs; wrong pairs: median {np.median(wrong):.3f},"
        f" 1 in 1000 {wrong[-len(wrong) // 1000]:.3f}, highest {wrong[-1]:.4f}"
    )
    report(right, kinds, wrong, at99, at90)


if __name__ == "__main__":
    main()
