"""The tools that are Python packages: a folder of pictures -> pairs (a, b, score), higher is more alike.

    python adapters.py TOOL SETTING IMAGES WORK

Runs one tool with one setting in this process, so that its seconds and its memory are its own. Pairs are written
to WORK/pairs.csv one by one, so that this adds next to nothing. Tools are imported where they are used: each needs
only itself. What a setting is and why it was chosen stands in README.md. One process does the work wherever a tool
lets one choose; seconds of the CPU are counted, not of the clock.
"""

import csv
import sys
from itertools import combinations
from pathlib import Path

import numpy as np

# Neighbours of each picture that are kept. A copy has its original and 24 siblings; so this leaves room.
NEAREST = 100


def thumbnail(images, work, setting):
    """The plainest thing that could work: the cosine of 16 x 16 RGB thumbnails without their mean."""
    from PIL import Image

    names = sorted(path.name for path in images.iterdir())
    rows = np.empty((len(names), 16 * 16 * 3), np.float32)
    for i, name in enumerate(names):
        with Image.open(images / name) as image:
            image.draft("RGB", (64, 64))
            small = image.convert("RGB").resize((16, 16), Image.Resampling.BOX, reducing_gap=2.0)
        rows[i] = np.asarray(small, np.float32).ravel()
    rows -= rows.mean(1, keepdims=True)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    count = min(NEAREST, len(names) - 1)
    for start in range(0, len(names), 256):
        cosine = rows[start : start + 256] @ rows.T
        near = np.argpartition(-cosine, count, axis=1)[:, : count + 1]
        for i, js in enumerate(near):
            yield from ((names[start + i], names[j], float(cosine[i, j])) for j in js if j != start + i)


def fastdup(images, work, setting):
    """`default` or `accurate`: which of the two networks in the package. It writes a table of its own."""
    import fastdup

    failed = fastdup.run(
        str(images),
        str(work / "fastdup"),
        # By default two neighbours and nothing under 0.9. Flat is its exact search.
        nearest_neighbors_k=NEAREST,
        threshold=0.3,
        nnf_mode="Flat",
        high_accuracy=setting == "accurate",
        # Statistics and clusters are no part of finding pairs.
        turi_param="run_cc=0,run_pagerank=0,run_stats=0",
    )
    if failed:
        sys.exit("fastdup says that it failed; its words are above")
    return ()


def imagededup(images, work, setting):
    """`PHash`, `DHash` or `WHash`: which hash of 64 bits."""
    from imagededup import methods

    hasher = getattr(methods, setting)(verbose=False)
    # So wide that most of what is listed last is wrong. WHash gets there early; wider would be millions of pairs.
    widest = {"PHash": 18, "DHash": 18, "WHash": 10}[setting]
    found = hasher.find_duplicates(str(images), max_distance_threshold=widest, scores=True, num_enc_workers=0)
    for a, others in found.items():
        yield from ((a, b, -float(distance)) for b, distance in others)


def cleanvision(images, work, setting):
    """The side of the perceptual hash. It takes equal hashes alone, so a smaller hash is a looser setting."""
    from cleanvision import Imagelab

    lab = Imagelab(data_path=str(images))
    asked = {"exact_duplicates": {}, "near_duplicates": {"hash_type": "phash", "hash_size": int(setting)}}
    lab.find_issues(asked, n_jobs=1, verbose=False)
    for issue in asked:
        for group in lab.info[issue]["sets"]:
            yield from within(group)


def difpy(images, work, setting):
    """The mean squared difference from which two pictures count as similar."""
    import difPy

    built = difPy.build(str(images), show_progress=False, processes=1)
    # By default pictures of other sizes are not compared at all.
    found = difPy.search(built, similarity=float(setting), same_dim=False, show_progress=False, processes=1)
    for first, others in found.result.items():
        yield from within([first, *(name for name, _ in others)])


def within(group):
    """All pairs of a group. Its score comes from the strictest setting that reports it."""
    return ((Path(a).name, Path(b).name, 0.0) for a, b in combinations(group, 2))


TOOLS = {tool.__name__: tool for tool in (thumbnail, fastdup, imagededup, cleanvision, difpy)}


if __name__ == "__main__":
    name, setting, images, work = sys.argv[1:]
    with open(Path(work) / "pairs.csv", "w", newline="") as handle:
        csv.writer(handle).writerows(TOOLS[name](Path(images), Path(work), setting))
