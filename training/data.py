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


def read_index(paths):
    """{picture name: repository it comes from} from the CSVs beside the shards; {} without one."""
    table = {}
    for path in paths:
        with open(path, newline="") as handle:
            table.update({row["file"]: row["repository"] for row in csv.DictReader(handle)})
    return table


def pack(place, table, cache, side=SIDE):
    """Squash all pictures of a shard or folder; returns (pictures uint8 [n, side, side, 3], names, groups).

    `groups` says which source (by the index) or folder a picture comes from: pictures of one source
    look alike and make hard strangers for each other. Unreadable pictures are skipped.
    """
    state = Path(place).stat()
    stamp = [(str(Path(place).name), state.st_size, state.st_mtime_ns)]
    key = hashlib.sha256(json.dumps([stamp, bool(table), side, LEFT_OUT_SOURCES]).encode()).hexdigest()[:16]
    base = Path(cache) / f"packed-{key}"
    if not base.with_suffix(".json").exists():
        pictures, names, groups = [], [], []
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


def load(places, indices=(), cache=".cache", held_out=HELD_OUT):
    """All pictures of several places: (pictures [n, side, side, 3], groups [n], rows to train on).

    Pictures are held out of the first place only, so the evaluation stays the same when more are added.
    """
    table = read_index(indices)
    parts = [pack(place, table, cache) for place in places]
    pictures = parts[0][0] if len(parts) == 1 else np.concatenate([part[0] for part in parts])
    ours, held = split(len(parts[0][0]), held_out)
    more = np.arange(len(ours) + len(held), len(pictures))
    return pictures, [group for part in parts for group in part[2]], np.concatenate([ours, more])


def split(count, held_out=HELD_OUT):
    """Index arrays (training, held out); a fixed shuffle, the same for every seed of a run."""
    order = np.random.default_rng(20240601).permutation(count)
    held_out = min(held_out, count // 5)
    return np.sort(order[: count - held_out]), np.sort(order[count - held_out :])


class Batches:
    """Which pictures stand in the batch of a step; a function of seed and step alone.

    An epoch is cut into small runs of pictures that look alike, and the runs are shuffled: each picture
    meets a few hard strangers in its batch, which random batches hardly have. Alike are pictures of
    the same source, or, with `alike` (int [n, k], rows of the nearest strangers of each picture by an
    earlier network, -1 where there are fewer; see alike.py), those that this network found so.
    """

    def __init__(self, rows, groups, batch, seed, run=4, alike=None):
        if alike is not None and len(alike) != len(groups):
            raise ValueError(f"`alike` is of {len(alike)} pictures, there are {len(groups)}: make it from the same --data")
        self.rows, self.batch, self.seed, self.run, self.alike = np.asarray(rows), batch, seed, run, alike
        self.group = np.unique(np.asarray(groups)[self.rows], return_inverse=True)[1]
        self.per_epoch = len(self.rows) // batch
        self._epoch, self._order = None, None

    def runs(self, rng):
        """All training rows once, in runs of at most `run` that look alike."""
        shuffled = rng.permutation(len(self.rows))
        if self.alike is None:
            by_group = self.rows[shuffled[np.argsort(self.group[shuffled], kind="stable")]]
            return np.array_split(by_group, max(1, len(by_group) // self.run))
        free = np.zeros(len(self.alike) + 1, bool)
        free[self.rows] = True
        runs = []
        for row in self.rows[shuffled]:
            if free[row]:
                free[row] = False
                near = self.alike[row]
                taken = rng.permutation(near[free[near]])[: self.run - 1]
                free[taken] = False
                runs.append(np.concatenate([[row], taken]))
        return runs

    def order(self, epoch):
        """All training rows in the order of one epoch."""
        rng = np.random.default_rng([self.seed, 1, epoch])
        runs = self.runs(rng)
        return np.concatenate([runs[i] for i in rng.permutation(len(runs))])

    def at(self, step):
        """Rows [batch] of the pictures of this step, sorted."""
        epoch, place = divmod(step, self.per_epoch)
        if epoch != self._epoch:
            self._epoch, self._order = epoch, self.order(epoch)
        return np.sort(self._order[place * self.batch : (place + 1) * self.batch])
