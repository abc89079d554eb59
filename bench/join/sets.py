"""The sets of vectors: unit float32 rows in an .npy file, made from a seed or taken from a lookalike folder.

    python sets.py WORK low-rank 100000          # writes WORK/low-rank-100000.npy

Rows are made in chunks and written where they belong, so a file may be larger than the memory. Each kind of
draw has a generator of its own, so the size of a chunk changes no draw.
"""

import json
import sys
from pathlib import Path
from typing import Callable, NamedTuple

import numpy as np

SEED = 12345
# Values that a chunk holds: 16 MiB of float32.
CHUNK = 2**22
LATENT = 64
COSINES, TIGHT = (0.80, 0.99), (0.96, 0.98)
PLANTED, BURST = 5, 500


class Set(NamedTuple):
    threshold: float
    # n -> values of a row.
    dimension: Callable
    # (array to fill, rows of a chunk) -> None.
    fill: Callable
    # The sizes of a full run. Any size under the smallest of all sets may be asked for, to try things.
    sizes: tuple


def unit(rows):
    """Rows of length 1."""
    return rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-12)


def normal(rng, *shape):
    return rng.standard_normal(shape, np.float32)


def chunks(places, size):
    """(slice of places, first, end)"""
    for first in range(0, len(places), size):
        end = min(first + size, len(places))
        yield places[first:end], first, end


def beside(rows, cosines, directions):
    """Unit rows whose cosine with `rows` is `cosines`, away from them along `directions`."""
    across = unit(directions - (directions * rows).sum(1, keepdims=True) * rows)
    cosines = cosines[:, None].astype(np.float32)
    return unit(cosines * rows + np.sqrt(1 - cosines**2) * across)


def divided(n, rng):
    """(places of base rows, places of planted rows), both ascending: a fifth is planted."""
    planted = np.sort(rng.permutation(n)[: n // PLANTED])
    base = np.ones(n, bool)
    base[planted] = False
    return np.flatnonzero(base), planted


def plant(out, base, planted, rng, direction, chunk):
    """Each planted row lies beside a random base row; `direction` gives (count, rows) -> directions."""
    sources = base[rng.integers(len(base), size=len(planted))]
    cosines = rng.uniform(*COSINES, len(planted))
    for places, first, end in chunks(planted, chunk):
        rows = out[sources[first:end]]
        out[places] = beside(rows, cosines[first:end], direction(rows))


class Latent:
    """Points around n/100 centres in a few dimensions, whose widths fall as j^-1/2, and a map to d values."""

    def __init__(self, n, d, rng, draws, orthonormal=True):
        self.draws, self.picks = draws, rng.spawn(1)[0]
        self.widths = (np.arange(1, min(LATENT, d) + 1) ** -0.5).astype(np.float32)
        self.centres = normal(rng, max(1, n // 100), len(self.widths)) * self.widths
        basis = rng.standard_normal((d, len(self.widths)))
        self.basis = np.ascontiguousarray((np.linalg.qr(basis)[0] if orthonormal else basis).T, np.float32)

    def noise(self, count):
        return normal(self.draws, count, len(self.widths)) * self.widths

    def points(self, count):
        return self.centres[self.picks.integers(len(self.centres), size=count)] + np.float32(0.7) * self.noise(count)


def low_rank(out, chunk, between=None):
    """Base rows near a 64-dimensional subspace, planted rows that leave it by half."""
    n, d = out.shape
    shape, places, points, noise, near, bursts = np.random.default_rng(SEED).spawn(6)
    latent = Latent(n, d, shape, points)
    base, planted = divided(n, places)
    for here, _, _ in chunks(base, chunk):
        inside = unit(latent.points(len(here)) @ latent.basis)
        out[here] = unit(inside + np.float32(0.3) * unit(normal(noise, len(here), d)))
    if between:
        between(out, base, bursts)

    def direction(rows):
        inside = unit(latent.noise(len(rows)) @ latent.basis)
        return inside + unit(normal(noise, *rows.shape))

    plant(out, base, planted, near, direction, chunk)


def full_rank(out, chunk):
    """Directions without any structure, and planted rows: the hardest case for a projection."""
    n, d = out.shape
    places, noise, near = np.random.default_rng(SEED + 1).spawn(3)
    base, planted = divided(n, places)
    for here, _, _ in chunks(base, chunk):
        out[here] = unit(normal(noise, len(here), d))
    plant(out, base, planted, near, lambda rows: normal(noise, *rows.shape), chunk)


def burst_sizes(n, rng):
    """(rows, identical?) of each burst: per 100,000 rows two of 500 and 200 of 2 to 20, half of them identical."""
    large, small = max(1, n // 100_000), max(2, n // 500)
    size = min(BURST, n // 20)
    sizes = [size] * (2 * large) + rng.integers(2, 21, small).tolist()
    return [(size, i % 2 == 0) for i, size in enumerate(sizes)]


def add_bursts(out, base, rng):
    """Overwrites base rows. Near-identical rows have a cosine of 0.96 to 0.98 with the first of their burst."""
    left = rng.permutation(base)
    for size, identical in burst_sizes(len(out), rng):
        here, left = left[:size], left[size:]
        head = out[here[:1]]
        cosines = rng.uniform(*TIGHT, size - 1)
        rows = np.repeat(head, size - 1, axis=0)
        out[here[1:]] = rows if identical else beside(rows, cosines, normal(rng, *rows.shape))


def bursts(out, chunk):
    low_rank(out, chunk, add_bursts)


def wide(out, chunk):
    """Like the activations of a network: no value below 0, a third of them 0, mean cosine about 0.4.

    A planted row differs from its source where that is 0, so that it has no value below 0 either.
    """
    n, d = out.shape
    shape, places, points, noise, kept, near = np.random.default_rng(SEED + 2).spawn(6)
    latent = Latent(n, d, shape, points, orthonormal=False)
    base, planted = divided(n, places)
    for here, _, _ in chunks(base, chunk):
        active = np.maximum(unit(latent.points(len(here))) @ latent.basis + np.float32(0.3), 0)
        single = noise.standard_exponential(active.shape, np.float32)
        single[kept.random(active.shape, np.float32) > 0.02] = 0
        out[here] = unit(unit(active) + np.float32(0.3) * unit(single))
    plant(out, base, planted, near, lambda rows: np.maximum(normal(noise, *rows.shape), 0) * (rows == 0), chunk)


def square(n):
    return 512 if n <= 100_000 else 256


SETS = {
    "low-rank": Set(0.9, square, low_rank, (20_000, 100_000, 1_000_000, 10_000_000)),
    "full-rank": Set(0.9, square, full_rank, (20_000, 100_000, 1_000_000)),
    "bursts": Set(0.9, square, bursts, (20_000, 100_000, 1_000_000)),
    "wide": Set(0.9, lambda n: 16_384, wide, (100_000,)),
}
SMALLEST = min(size for one in SETS.values() for size in one.sizes)

# The thresholds of real sets belong to their space; see README.md.
REAL = {"resnet56-gap": 0.99, "resnet56-concat": 0.90, "builtin-photographs": 0.82, "builtin-cifar10": 0.82}


def written(path, shape, fill):
    """Fill a new .npy of this shape, unless it is there. A file that is there is whole."""
    if not path.exists():
        part = path.with_suffix(".part")
        rows = np.lib.format.open_memmap(part, "w+", np.float32, shape)
        fill(rows)
        rows.flush()
        part.rename(path)
    return path


def made(work, name, n):
    """WORK/NAME-N.npy of one of SETS."""
    d = SETS[name].dimension(n)
    return written(work / f"{name}-{n}.npy", (n, d), lambda out: SETS[name].fill(out, max(1, CHUNK // d)))


def newcomers(work, old, count=1000):
    """`count` rows to add to the rows of `old`: cosines of 0.5 to 0.99 with random ones of them."""
    rows = np.load(old, mmap_mode="r")
    rng = np.random.default_rng(SEED + 3)

    def fill(out):
        sources = np.asarray(rows[np.sort(rng.choice(len(rows), count, replace=False))])
        out[:] = beside(sources, rng.uniform(0.5, 0.99, count), normal(rng, *sources.shape))

    return written(work / f"{old.stem}-new.npy", (count, rows.shape[1]), fill)


def from_dir(folder):
    """The vectors that a lookalike scan keeps in its output folder, in the order of its segments."""
    import pyarrow.parquet as pq

    record = json.loads((folder / "commit.json").read_text())
    prefix = f"features/{record['space']}/"
    parts = []
    for file in sorted(name for name in record["files"] if name.startswith(prefix)):
        for batch in pq.ParquetFile(folder / file).iter_batches(columns=["vector"]):
            vectors = batch.column(0).drop_null()
            parts.append(vectors.flatten().to_numpy().reshape(len(vectors), vectors.type.list_size))
    rows = np.concatenate(parts)
    return rows[np.linalg.norm(rows, axis=1) > 0.5]


def taken(work, name, folder):
    """WORK/NAME.npy from a lookalike folder."""
    path = work / f"{name}.npy"
    if not path.exists():
        rows = unit(from_dir(folder)).astype(np.float32)
        written(path, rows.shape, lambda out: np.copyto(out, rows))
    return path


if __name__ == "__main__":
    Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)
    for asked in sys.argv[3:]:
        print(made(Path(sys.argv[1]), sys.argv[2], int(asked)))
