"""Pictures on disk -> one array of squashed pictures.

Everything that trains or evaluates reads the same thing: a uint8 array [n, 144, 144, 3]. Each picture
is decoded once, turned upright, laid on white where it is transparent, and squashed to a square with
Pillow's BILINEAR (which widens its filter when it shrinks, so it does not alias). The array is cached
as .npy, because decoding takes longer than an epoch's reading.
"""

import csv
import hashlib
import io
import json
import tarfile
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

SIDE = 144
HELD_OUT = 1200
LEFT_OUT_SOURCES = ("openalpr/benchmarks", "jbhuang0604/SelfExSR")
EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif")


def open_rgb(source):
    """Decode a path or a bytes buffer into an upright RGB Pillow image; transparency lies on white."""
    image = ImageOps.exif_transpose(Image.open(source))
    if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
        image = image.convert("RGBA")
        ground = Image.new("RGBA", image.size, (255, 255, 255, 255))
        image = Image.alpha_composite(ground, image)
    return image.convert("RGB")


def squash(image, size):
    """Squash an RGB Pillow image to size x size as the program does; uint8 [size, size, 3]."""
    return np.asarray(image.resize((size, size), Image.Resampling.BILINEAR))


def walk(place):
    """Yield (name, readable) for each picture of a tar shard or of a folder, in the order of the names."""
    place = Path(place)
    if place.is_dir():
        for path in sorted(place.rglob("*")):
            if path.suffix.lower() in EXTENSIONS:
                yield path.relative_to(place).as_posix(), path
        return
    with tarfile.open(place) as shard:
        for member in sorted(shard.getmembers(), key=lambda m: m.name):
            if member.isfile() and Path(member.name).suffix.lower() in EXTENSIONS:
                yield member.name, io.BytesIO(shard.extractfile(member).read())


def walk_names(shard):
    """Names of the pictures of a tar shard with their members, in the order of `walk`."""
    with tarfile.open(shard) as opened:
        members = sorted(opened.getmembers(), key=lambda m: m.name)
    return [(m.name, m) for m in members if m.isfile() and Path(m.name).suffix.lower() in EXTENSIONS]


def read_index(path):
    """{picture name: repository it comes from} from the CSV beside the shard; {} without one."""
    if path is None:
        return {}
    with open(path, newline="") as handle:
        return {row["file"]: row["repository"] for row in csv.DictReader(handle)}


def pack(places, index=None, cache=".cache", side=SIDE):
    """Squash all pictures of `places`; returns (pictures uint8 [n, side, side, 3], names, groups).

    `groups` says which source (by the index) or folder a picture comes from: pictures of one source
    look alike and make hard strangers for each other. Unreadable pictures are skipped.
    """
    table = read_index(index)
    stamp = [(str(Path(p).name), Path(p).stat().st_size, Path(p).stat().st_mtime_ns) for p in places]
    key = hashlib.sha256(json.dumps([stamp, bool(table), side, LEFT_OUT_SOURCES]).encode()).hexdigest()[:16]
    base = Path(cache) / f"packed-{key}"
    if not base.with_suffix(".json").exists():
        pictures, names, groups = [], [], []
        for place in places:
            for name, readable in walk(place):
                group = table.get(name, str(Path(name).parent))
                if group in LEFT_OUT_SOURCES:
                    continue
                try:
                    pictures.append(squash(open_rgb(readable), side))
                except (OSError, ValueError, Image.DecompressionBombError):
                    continue
                names.append(name)
                groups.append(group)
        base.parent.mkdir(parents=True, exist_ok=True)
        np.save(base.with_suffix(".npy"), np.stack(pictures))
        base.with_suffix(".json").write_text(json.dumps({"names": names, "groups": groups}))
    said = json.loads(base.with_suffix(".json").read_text())
    return np.load(base.with_suffix(".npy"), mmap_mode="r"), said["names"], said["groups"]


def split(count, held_out=HELD_OUT):
    """Index arrays (training, held out); a fixed shuffle, the same for every seed of a run."""
    order = np.random.default_rng(20240601).permutation(count)
    held_out = min(held_out, count // 5)
    return np.sort(order[: count - held_out]), np.sort(order[count - held_out :])


class Batches:
    """Which pictures stand in the batch of a step; a function of seed and step alone.

    An epoch is cut into small runs of pictures of the same source, and the runs are shuffled: each
    picture meets a few strangers of its own kind in the batch, which random batches hardly have.
    """

    def __init__(self, rows, groups, batch, seed, run=4):
        self.rows, self.batch, self.seed, self.run = np.asarray(rows), batch, seed, run
        self.group = np.unique(np.asarray(groups)[self.rows], return_inverse=True)[1]
        self.per_epoch = len(self.rows) // batch
        self._epoch, self._order = None, None

    def order(self, epoch):
        """All training rows in the order of one epoch."""
        rng = np.random.default_rng([self.seed, 1, epoch])
        shuffled = rng.permutation(len(self.rows))
        by_group = shuffled[np.argsort(self.group[shuffled], kind="stable")]
        cuts = np.array_split(by_group, max(1, len(by_group) // self.run))
        return self.rows[np.concatenate([cuts[i] for i in rng.permutation(len(cuts))])]

    def at(self, step):
        """Rows [batch] of the pictures of this step, sorted."""
        epoch, place = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            self._epoch, self._order = epoch, self.order(epoch)
        return np.sort(self._order[place * self.batch : (place + 1) * self.batch])
