"""Batched edits: two views of each picture of a batch, made with tensor operations.

One view is the mild one. The other, the strong one, gets one family of edits in full strength and each other
family now and then: copies that people make differ in one way or two, seldom in all. Two views that are both
cut down hard often show nothing in common and teach nothing, so only the strong side is cropped deeply.

All random numbers come from `numpy` generators seeded with (seed, step, side), so a view is a function
of these three. Coordinates run from -1 to 1 over a picture, as grid_sample has them.
"""

import numpy as np
import torch
import torch.nn.functional as F

# Families of edits, how often each is the main one of a strong view, and how often it comes on top of another.
FAMILIES = ("crop", "turn", "colour", "frame", "cover", "saving")
SHARES = (0.36, 0.14, 0.10, 0.27, 0.07, 0.06)
EXTRA = 0.15
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
JPEG_TABLE = torch.tensor([
    [16, 11, 10, 16, 24, 40, 51, 61], [12, 12, 14, 19, 26, 58, 60, 55], [14, 13, 16, 24, 40, 57, 69, 56],
    [14, 17, 22, 29, 51, 87, 80, 62], [18, 22, 37, 56, 68, 109, 103, 77], [24, 35, 55, 64, 81, 104, 113, 92],
    [49, 64, 78, 87, 103, 121, 120, 101], [72, 92, 95, 98, 112, 100, 103, 99],
], dtype=torch.float32)


def chosen(rng, count, share):
    """Numbers of the views (int64 tensor) to which an edit with this share is applied."""
    return torch.from_numpy(np.flatnonzero(rng.random(count) < share))


# --- geometry -------------------------------------------------------------------------------------

def families(rng, count, hardness):
    """Which families of edits each strong view gets in full strength: {family: bool [n]}.

    `hardness` 0..1 is the share of the views that get any.
    """
    main = rng.choice(len(FAMILIES), count, p=SHARES)
    hard = rng.random(count) < hardness
    return {
        name: hard & ((main == number) | (rng.random(count) < EXTRA)) for number, name in enumerate(FAMILIES)
    }


def windows(rng, crop, whole):
    """Crop windows: centres [n, 2] and half sides [n, 2] in the coordinates of the picture.

    `crop` (bool [n]): cut to 50 to 85 % of the sides. `whole`: next to nothing is cut, because the
    other view of the same picture is the one that is cropped.
    """
    count = len(crop)
    light = np.where(rng.random(count) < 0.6, rng.uniform(0.95, 1, count), rng.uniform(0.8, 1, count))
    side = np.where(crop, rng.uniform(0.5, 0.85, count), np.where(whole, rng.uniform(0.95, 1, count), light))
    stretch = np.exp(rng.uniform(-1, 1, count) * np.where(crop, 0.25, 0.1))
    half = np.clip(np.stack([side * stretch, side / stretch], 1), 0.4, 1.0)
    centre = rng.uniform(-1, 1, (count, 2)) * (1 - half)
    out = rng.random(count) < np.where(crop, 0.08, 0.02)
    half[out] *= rng.uniform(1.05, 1.5, (out.sum(), 1))
    return centre, half


def turns(rng, turn):
    """Linear maps [n, 2, 2]: mirror, quarter turns, small rotations; in full strength where `turn` (bool [n])."""
    count = len(turn)
    mirror = np.where(rng.random(count) < np.where(turn, 0.35, 0.1), -1.0, 1.0)
    quarter = np.where(rng.random(count) < np.where(turn, 0.65, 0.02), rng.integers(1, 4, count), 0)
    tilt = np.where(rng.random(count) < np.where(turn, 0.35, 0.05), rng.normal(0, 8, count), 0)
    angle = np.deg2rad(90 * quarter)
    cos, sin = np.round(np.cos(angle)), np.round(np.sin(angle))
    linear = np.stack([np.stack([cos, -sin], 1), np.stack([sin, cos], 1)], 1)
    # The picture was squashed to a square, so a rotation of the original is a rotation of a stretched one.
    aspect = np.exp(rng.uniform(-0.4, 0.4, count))
    cos, sin = np.cos(np.deg2rad(tilt)), np.sin(np.deg2rad(tilt))
    small = np.stack([np.stack([cos, -sin * aspect], 1), np.stack([sin / aspect, cos], 1)], 1)
    linear[:, :, 0] *= mirror[:, None]
    return small @ linear


def placements(rng, crop, whole, turn, boxes):
    """Maps [n, 2, 3] from the coordinates of the view to those of the picture.

    `boxes` [n, 4] (0..1): where in the view the picture stands; the whole view where no frame is worn.
    """
    centre, half = windows(rng, crop, whole)
    linear = half[:, :, None] * turns(rng, turn)
    middle = boxes[:, :2] + boxes[:, 2:] - 1
    reach = np.maximum(boxes[:, 2:] - boxes[:, :2], 0.05)
    linear = linear / reach[:, None, :]
    shift = centre - (linear @ middle[:, :, None])[:, :, 0]
    return np.concatenate([linear, shift[:, :, None]], 2).astype(np.float32)


def grids(maps, size):
    """Maps [n, 2, 3] -> where each pixel of a view looks in the picture, [n, size, size, 2]."""
    x = (2 * torch.arange(size, device=maps.device, dtype=torch.float32) + 1) / size - 1
    a = maps[:, None, None]
    # Sums of a row and a column: F.affine_grid multiplies small matrices and takes ten times as long.
    return a[..., 0] * x[None, None, :, None] + (a[..., 1] * x[None, :, None, None] + a[..., 2])


def sample(pictures, halves, maps, size, ground):
    """Draw views [n, 3, size, size] of pictures [n, 3, s, s]; outside the picture lies `ground` [n, 1, 1, 1].

    `halves` are the same pictures at half the size: where a view shrinks by more than 1.5 it samples
    from them, because grid_sample looks at 4 pixels only and would alias.
    """
    shrink = np.sqrt(np.abs(np.linalg.det(maps[:, :, :2]))) * pictures.shape[-1] / size
    maps = torch.from_numpy(maps).to(pictures.device)
    views = torch.empty(len(maps), 3, size, size, device=pictures.device)
    for source, which in ((pictures, shrink <= 1.5), (halves, shrink > 1.5)):
        rows = torch.from_numpy(np.flatnonzero(which)).to(pictures.device)
        if len(rows):
            grid = grids(maps[rows], size)
            part = F.grid_sample(source[rows], grid, padding_mode="border", align_corners=False)
            outside = (grid.abs() > 1).any(-1)[:, None]
            views[rows] = torch.where(outside, ground[rows], part)
    return views


# --- colour ---------------------------------------------------------------------------------------

def colour_maps(rng, strong):
    """Affine colour maps: matrices [n, 3, 3] and offsets [n, 3]; in full strength where `strong` (bool [n])."""
    count = len(strong)
    matrix = np.tile(np.eye(3, dtype=np.float32), (count, 1, 1))
    offset = np.zeros((count, 3), np.float32)
    grey = np.tile(LUMA, (3, 1))
    weight = np.where(strong, 1.0, 0.25)

    def mix(share, make):
        for i in np.flatnonzero(rng.random(count) < share * weight):
            m, o = make(strong[i])
            matrix[i], offset[i] = m @ matrix[i], m @ offset[i] + o

    def saturate(_):
        s = rng.uniform(0.2, 2.0)
        return s * np.eye(3) + (1 - s) * grey, 0

    def hue(strong):
        t = np.deg2rad(rng.uniform(-180, 180) if strong else rng.uniform(-25, 25))
        u = 1 / np.sqrt(3)
        skew = u * np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
        return np.cos(t) * np.eye(3) + (1 - np.cos(t)) / 3 + np.sin(t) * skew, 0

    def gains(_):
        return np.diag(np.exp(rng.normal(0, 0.18, 3))), 0

    def fade(_):
        # Black becomes a dark colour, white a light one: what filters with a look do.
        dark, light = rng.uniform(0, 0.3, 3), rng.uniform(0.65, 1, 3)
        return np.diag(light - dark), dark

    def duotone(_):
        dark, light = rng.uniform(0, 0.5, 3), rng.uniform(0.5, 1, 3)
        return np.outer(light - dark, LUMA), dark

    def brightness(_):
        return np.eye(3) * np.exp(rng.normal(0, 0.35)), rng.normal(0, 0.08)

    def contrast(_):
        c = np.exp(rng.normal(0, 0.4))
        return np.eye(3) * c, 0.5 * (1 - c)

    for share, make in (
        (0.25, saturate), (0.28, hue), (0.2, gains), (0.2, lambda _: (grey, 0)), (0.07, duotone),
        (0.2, fade), (0.3, brightness), (0.3, contrast),
    ):
        mix(share, make)
    return torch.from_numpy(matrix), torch.from_numpy(offset)


def recolour(views, rng, strong):
    """Colour maps for all; a gamma curve for some, dark corners for some."""
    matrix, offset = (t.to(views.device) for t in colour_maps(rng, strong))
    n, _, h, w = views.shape
    views = torch.baddbmm(offset[:, :, None], matrix, views.view(n, 3, h * w)).view(n, 3, h, w).clamp_(0, 1)
    rows = chosen(rng, n, np.where(strong, 0.2, 0.04)).to(views.device)
    power = torch.from_numpy(np.exp(rng.normal(0, 0.4, len(rows))).astype(np.float32)).to(views.device)
    views[rows] = views[rows].clamp_min(1e-3) ** power[:, None, None, None]
    rows = chosen(rng, n, np.where(strong, 0.15, 0.01)).to(views.device)
    x = torch.linspace(-1, 1, w, device=views.device)
    far = (x[None] ** 2 + x[:, None] ** 2) / 2
    depth = torch.from_numpy(rng.uniform(0.1, 0.7, len(rows)).astype(np.float32)).to(views.device)
    views[rows] *= 1 - depth[:, None, None, None] * far
    return views


# --- what lies over -------------------------------------------------------------------------------

def paste_patches(views, rng, covered):
    """Lay a rectangle cut from another picture of the batch over the views that are `covered` (bool [n])."""
    n, _, h, w = views.shape
    for i in np.flatnonzero(covered):
        ph, pw = (rng.uniform(0.12, 0.45, 2) * (h, w)).astype(int)
        y, x = rng.integers(0, h - ph), rng.integers(0, w - pw)
        other = views[(i + rng.integers(1, n)) % n]
        sy, sx = rng.integers(0, h - ph), rng.integers(0, w - pw)
        views[i, :, y : y + ph, x : x + pw] = other[:, sy : sy + ph, sx : sx + pw].clone()
    return views


def wear(views, frames, worn):
    """Lay premultiplied RGBA frames [k, 4, size, size] over views; worn[i] is a number in 0..k-1 or -1."""
    rows = torch.from_numpy(np.flatnonzero(worn >= 0)).to(views.device)
    if len(rows):
        frame = frames[torch.from_numpy(worn[worn >= 0]).to(views.device)]
        views[rows] = views[rows] * (1 - frame[:, 3:]) + frame[:, :3]
    return views


# --- what saving does -----------------------------------------------------------------------------

def blur(views, rng, share):
    """Gaussian blur of some; one width for all of them, 0.5 to 2 px."""
    rows = chosen(rng, len(views), share).to(views.device)
    sigma = rng.uniform(0.5, 2.0) * views.shape[-1] / 128
    if len(rows) == 0:
        return views
    x = torch.arange(-4, 5, device=views.device, dtype=torch.float32)
    kernel = torch.softmax(-(x**2) / (2 * sigma**2), 0)
    part = F.pad(views[rows].flatten(0, 1)[:, None], (4, 4, 4, 4), mode="replicate")
    part = F.conv2d(F.conv2d(part, kernel.view(1, 1, 1, 9)), kernel.view(1, 1, 9, 1))
    views[rows] = part.view(len(rows), 3, *views.shape[2:])
    return views


def shrink_and_grow(views, rng, share):
    """Scale some down to 25 to 80 % and up again; one factor for all of them."""
    rows = chosen(rng, len(views), share).to(views.device)
    size = views.shape[-1]
    small = int(size * rng.uniform(0.25, 0.7))
    if len(rows):
        part = F.interpolate(views[rows], (small, small), mode="area")
        views[rows] = F.interpolate(part, (size, size), mode="bilinear", align_corners=False)
    return views


def noise(views, rng, share):
    """Gaussian noise of up to 0.1 on some."""
    rows = chosen(rng, len(views), share).to(views.device)
    amount = torch.from_numpy((rng.uniform(0.01, 0.1, len(rows))).astype(np.float32)).to(views.device)
    grain = torch.Generator().manual_seed(int(rng.integers(2**62)))
    shape = (len(rows), *views.shape[1:])
    views[rows] += torch.randn(shape, generator=grain).to(views.device) * amount[:, None, None, None]
    return views


def dct_matrix():
    """The two-dimensional 8x8 DCT-II of a flattened block as an orthonormal matrix [64, 64]."""
    k, i = np.mgrid[:8, :8]
    matrix = np.sqrt(2 / 8) * np.cos(np.pi * (2 * i + 1) * k / 16)
    matrix[0] /= np.sqrt(2)
    return torch.from_numpy(np.kron(matrix, matrix).astype(np.float32))


def quantise(views, rng, share):
    """The loss of a JPEG on some: 8x8 DCT of each colour plane, rounded by a table of quality 5 to 70."""
    rows = chosen(rng, len(views), share).to(views.device)
    if len(rows) == 0:
        return views
    quality = rng.uniform(5, 70, len(rows))
    scale = np.where(quality < 50, 50 / quality, 2 - quality / 50).astype(np.float32)
    table = torch.from_numpy(scale)[:, None] * JPEG_TABLE.flatten() / 255
    table = table.to(views.device).repeat_interleave(3, 0)[:, :, None, None]
    dct = dct_matrix().to(views.device)[:, :, None, None]
    blocks = F.pixel_unshuffle(views[rows].flatten(0, 1)[:, None], 8)
    waves = (F.conv2d(blocks, dct) / table).round_() * table
    blocks = F.conv2d(waves, dct.transpose(0, 1).contiguous())
    views[rows] = F.pixel_shuffle(blocks, 8).view(len(rows), *views.shape[1:])
    return views


# --- a side, and a pair of sides ------------------------------------------------------------------

class Frames:
    """All drawn frames, and the choice of a few for a step (several pictures share each)."""

    def __init__(self, drawn, boxes, device="cpu"):
        self.drawn, self.boxes = torch.from_numpy(drawn).to(device), boxes

    def draw(self, rng, size, few):
        rows = rng.choice(len(self.drawn), few, replace=False)
        some = self.drawn[torch.from_numpy(rows)].float() / 255
        return F.interpolate(some, (size, size), mode="area"), self.boxes[rows]


def make_side(pictures, halves, rng, size, strong, whole, frames, few=12):
    """One view [n, 3, size, size] in 0..1 of each picture.

    `strong` {family: bool [n]} says which edits come in full strength, `whole` (bool [n]) which views
    are not to be cropped. `few` frames serve all: strangers that wear the same must be told apart.
    """
    n = len(pictures)
    boxes, worn = np.tile(np.float32([0, 0, 1, 1]), (n, 1)), np.full(n, -1)
    if strong["frame"].any():
        some, places = frames.draw(rng, size, few)
        worn = np.where(strong["frame"], rng.integers(0, few, n), -1)
        boxes[worn >= 0] = places[worn[worn >= 0]]
    maps = placements(rng, strong["crop"], whole, strong["turn"], boxes)
    ground = torch.from_numpy(rng.choice([0, 1, 0.5], (n, 1, 1, 1)).astype(np.float32)).to(pictures.device)
    views = sample(pictures, halves, maps, size, ground)
    views = paste_patches(recolour(views, rng, strong["colour"]), rng, strong["cover"])
    if strong["frame"].any():
        views = wear(views, some, worn)
    share = np.where(strong["saving"], 0.4, 0.05)
    views = shrink_and_grow(blur(views, rng, share), rng, share)
    views = quantise(noise(views, rng, share), rng, np.where(strong["saving"], 0.5, 0.15))
    return views.clamp_(0, 1)


def two_views(pictures, seed, step, size, frames, hardness=1.0):
    """uint8 [n, s, s, 3] -> views [2n, 3, size, size] in 0..1; rows i and i + n show picture i.

    The first n are mild, the second n strong; `hardness` as in `families`.
    """
    device = frames.drawn.device
    whole = torch.from_numpy(pictures).to(device).permute(0, 3, 1, 2).contiguous().float().div_(255)
    halves = F.avg_pool2d(whole, 2)
    strong = families(np.random.default_rng([seed, 3, step]), len(pictures), hardness)
    none = {name: np.zeros(len(pictures), bool) for name in FAMILIES}
    cut = strong["crop"] | strong["frame"]
    sides = [
        make_side(whole, halves, np.random.default_rng([seed, 4, step]), size, none, cut, frames),
        make_side(whole, halves, np.random.default_rng([seed, 5, step]), size, strong, none["crop"], frames),
    ]
    return torch.cat(sides)
