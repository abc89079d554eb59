"""A folder of photographs and a heap of strangers -> a collection with known copies.

    python make.py --photos DIR --strangers DIR_OR_TAR ... --out COLLECTION --seed 1 --part look --copied 300

COLLECTION/images holds the pictures under running numbers in a shuffled order, so that no tool profits from
names or order. COLLECTION/truth.csv says what each is: `file`, `role` (original, copy, stranger, framed),
`original` (the file it is a copy of), `kind` (the edit), `source` (where the picture came from).
The same sources, seed and Pillow give the same bytes. One picture is in memory at a time.
"""

import argparse
import csv
import hashlib
import io
import sys
import tarfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps

import kinds

LARGEST = 800
EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif")
COLUMNS = ("file", "role", "original", "kind", "source")


class Source(NamedTuple):
    """A picture: which of the places holds it, and its name there. No path, so that the order hangs on none."""

    place: int
    name: str


def part_of(name):
    """`look` or `final`: the last bit of the SHA-256 of the file name without folders.

    So a photograph stays in its part whatever else is added, and in whatever folder it lies.
    """
    return ("look", "final")[hashlib.sha256(Path(name).name.encode()).digest()[-1] & 1]


def contents(place):
    """Yield (name, bytes) of each picture of a folder or tar shard, in the order of the names."""
    if Path(place).is_dir():
        for path in sorted(Path(place).rglob("*")):
            if path.suffix.lower() in EXTENSIONS and path.is_file():
                yield path.relative_to(place).as_posix(), path.read_bytes()
        return
    with tarfile.open(place) as shard:
        for member in sorted(shard.getmembers(), key=lambda m: m.name):
            if member.isfile() and Path(member.name).suffix.lower() in EXTENSIONS:
                yield member.name, shard.extractfile(member).read()


def opened(held):
    """Bytes -> upright RGB picture of at most LARGEST px; transparency lies on white. None where unreadable."""
    try:
        image = ImageOps.exif_transpose(Image.open(io.BytesIO(held)))
        if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
            image = image.convert("RGBA")
            image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
        image = image.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    image.thumbnail((LARGEST, LARGEST), Image.Resampling.LANCZOS)
    return image if min(image.size) >= 32 else None


def listing(places, part):
    """Readable sources of `part`, each content once: the same bytes again would be a copy that nobody planted."""
    found, seen = [], set()
    for number, place in enumerate(places):
        for name, held in contents(place):
            digest = hashlib.sha256(held).digest()
            if part in ("all", part_of(name)) and digest not in seen and opened(held) is not None:
                found.append(Source(number, name))
            seen.add(digest)
    return found


def evenly(items, count):
    """`count` of the items, evenly spaced, so that all sources are among them."""
    if count >= len(items):
        return list(items)
    return [items[i] for i in np.linspace(0, len(items) - 1, count).round().astype(int)]


def plan(photos, strangers, args):
    """{source: [(role, kind, number)]}: what is made of each picture. Photographs that get no copies are strangers."""
    made = {}
    for number, source in enumerate(evenly(photos, args.copied)):
        made[source] = [("original", "", number)] + [("copy", kind, number) for kind in kinds.KINDS]
    further = [source for source in photos if source not in made] + strangers
    framed = evenly(strangers, args.framed)
    for number, source in enumerate(framed):
        made[source] = [("framed", kinds.FRAMES[number % len(kinds.FRAMES)], number)]
    plain = [source for source in further if source not in made]
    for source in plain if args.plain is None else evenly(plain, args.plain):
        made[source] = [("stranger", "", 0)]
    return made


def names(made, seed):
    """{(source, position): file name}: running numbers, handed out in a shuffled order."""
    keys = [(source, i) for source in sorted(made) for i in range(len(made[source]))]
    order = np.random.default_rng(seed).permutation(len(keys))
    return {key: f"{number:06d}.jpg" for key, number in zip(keys, order)}


def picture_bytes(image, role, kind, number, seed):
    if role in ("original", "stranger"):
        return kinds.encoded(image, "JPEG", 92)
    # Strangers count from a million, so that none shares its dice with the copy of an original.
    return kinds.copy_bytes(image, kind, number + (1_000_000 if role == "framed" else 0), seed)


def write(made, places, out, seed):
    """Write the pictures, source by source, and the truth, sorted by file."""
    called, rows = names(made, seed), []
    (out / "images").mkdir(parents=True)
    for number, place in enumerate(places):
        for name, held in contents(place):
            source = Source(number, name)
            for i, (role, kind, dice) in enumerate(made.get(source, ())):
                image = opened(held) if i == 0 else image
                file = called[source, i]
                (out / "images" / file).write_bytes(picture_bytes(image, role, kind, dice, seed))
                original = called[source, 0] if role == "copy" else ""
                rows.append((file, role, original, kind, f"{Path(place).name}/{name}"))
    with open(out / "truth.csv", "w", newline="") as handle:
        table = csv.writer(handle, lineterminator="\n")
        table.writerow(COLUMNS)
        table.writerows(sorted(rows))
    return rows


def main(argv=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--photos", required=True, help="folder or tar shard of photographs that get copies")
    p.add_argument("--strangers", nargs="*", default=[], help="folders or tar shards of other pictures")
    p.add_argument("--out", required=True, type=Path, help="a folder that does not exist yet")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--part", choices=("look", "final", "all"), default="look")
    p.add_argument("--copied", type=int, default=300, help="photographs that get a copy of each kind")
    p.add_argument("--framed", type=int, default=480, help="strangers in captions, borders and screenshots")
    p.add_argument("--plain", type=int, help="strangers as they are; default: all that there are")
    args = p.parse_args(argv)
    if args.out.exists():
        sys.exit(f"{args.out} exists; give a folder that does not, so that nothing old is among the pictures")
    places = [args.photos, *args.strangers]
    found = listing(places, args.part)
    photos, strangers = [s for s in found if s.place == 0], [s for s in found if s.place > 0]
    rows = write(plan(photos, strangers, args), places, args.out, args.seed)
    counts = {role: sum(row[1] == role for row in rows) for role in ("original", "copy", "stranger", "framed")}
    print(f"{len(rows)} pictures in {args.out}: " + ", ".join(f"{n} {role}" for role, n in counts.items()))


if __name__ == "__main__":
    main()
