"""Frames drawn with Pillow: what people put around and over pictures.

A frame is a square RGBA picture with a box: the picture goes into the box, the frame lies over it.
Frames are drawn once at DRAWN px and scaled to the size of the step. Each is a function of its number.
Several pictures of a batch wear the same frame: they look alike and are strangers all the same.
"""

import colorsys
import string

import numpy as np
from PIL import Image, ImageDraw, ImageFont

DRAWN = 128
KINDS = ("border", "caption", "screen", "phone", "text", "mark", "stickers", "page")
SHARES = (0.10, 0.12, 0.30, 0.20, 0.06, 0.06, 0.08, 0.08)
FONTS = {}


def font(size):
    """Pillow's own font, so that the drawing does not hang on what is installed."""
    if size not in FONTS:
        FONTS[size] = ImageFont.load_default(size)
    return FONTS[size]


def colour(rng, lively=None):
    """A colour (r, g, b): grey or nearly so in half of the cases, else a lively one."""
    if lively is None:
        lively = rng.random() < 0.5
    if not lively:
        level = int(rng.choice([0, 255, rng.integers(256)]))
        return (level, level, level)
    hsv = (rng.random(), rng.uniform(0.2, 1), rng.uniform(0.3, 1))
    return tuple(int(255 * c) for c in colorsys.hsv_to_rgb(*hsv))


def contrary(ground):
    """Black or white, whichever can be read on the ground."""
    return (0, 0, 0) if sum(ground[:3]) > 380 else (255, 255, 255)


def words(rng, length):
    """Made-up words of `length` letters in all, in one of three manners of writing."""
    letters = rng.choice(list(string.ascii_lowercase + "     eeaaoi"), length)
    text = "".join(letters)
    return (text, text.upper(), text.title())[rng.integers(3)]


def write(draw, rng, box, ink, size=None):
    """Fill a box (left, top, right, bottom) with lines of made-up words."""
    left, top, right, bottom = box
    size = size or int(rng.integers(5, 14))
    y = top
    while y + size <= bottom:
        draw.text((left, y), words(rng, max(2, int((right - left) / size * 1.7))), ink, font(size))
        y += int(size * rng.uniform(1.15, 1.5))


def clutter(draw, rng, box):
    """What else stands on a screen or page: blocks, rules, text, round icons."""
    left, top, right, bottom = box
    if right - left < 6 or bottom - top < 6:
        return
    for _ in range(rng.integers(1, 5)):
        x, y = rng.integers(left, right - 4), rng.integers(top, bottom - 4)
        w, h = rng.integers(4, max(5, right - x + 1)), rng.integers(3, max(4, bottom - y + 1))
        what = rng.integers(4)
        if what == 0:
            draw.rectangle((x, y, x + w, y + h), colour(rng))
        elif what == 1:
            draw.line((x, y, x + w, y), colour(rng), 1)
        elif what == 2:
            write(draw, rng, (x, y, x + w, y + h), colour(rng), int(rng.integers(4, 8)))
        else:
            draw.ellipse((x, y, x + min(w, h), y + min(w, h)), colour(rng))


def border(draw, rng, n):
    """A plain border, at times double, at times only at two sides (letterbox)."""
    x, y = rng.integers(3, n // 5, 2)
    manner = rng.integers(4)
    if manner == 0:
        x = y
    elif manner == 1:
        x, y = (0, y) if rng.random() < 0.5 else (x, 0)
    draw.rectangle((0, 0, n, n), colour(rng))
    if rng.random() < 0.3 and min(x, y) > 3:
        draw.rectangle((x // 2, y // 2, n - x // 2, n - y // 2), colour(rng))
    return (x, y, n - x, n - y)


def caption(draw, rng, n):
    """A bar with words above or below the picture, or both."""
    above, below = (0, int(rng.integers(10, 44)))
    if rng.random() < 0.45:
        above, below = below, above
    if rng.random() < 0.25:
        above, below = int(rng.integers(10, 30)), int(rng.integers(10, 30))
    ground = colour(rng, rng.random() < 0.25)
    draw.rectangle((0, 0, n, n), ground)
    for top, bottom in ((0, above), (n - below, n)):
        if bottom - top > 6:
            size = int(min(bottom - top - 2, rng.integers(7, 20)))
            write(draw, rng, (int(rng.integers(1, 20)), top + 1, n - 4, bottom), contrary(ground), size)
    side = int(rng.integers(0, 8)) if rng.random() < 0.3 else 0
    return (side, above, n - side, n - below)


def screen(draw, rng, n):
    """A window on a desktop: bars, tabs, side column, and the picture somewhere inside."""
    ground = colour(rng, rng.random() < 0.3)
    draw.rectangle((0, 0, n, n), ground)
    w, h = rng.uniform(0.3, 0.92, 2) * n
    x, y = rng.uniform(0, 1, 2) * (n - np.array([w, h]))
    y = max(y, 8)
    box = (int(x), int(y), int(x + w), int(min(y + h, n)))
    for _ in range(rng.integers(1, 4)):
        clutter(draw, rng, (0, 8, n, n))
    bar = colour(rng)
    draw.rectangle((0, 0, n, rng.integers(4, 14)), bar)
    for i in range(rng.integers(0, 4)):
        draw.ellipse((2 + 5 * i, 2, 5 + 5 * i, 5), colour(rng, True))
    write(draw, rng, (20, 1, n - 20, 10), contrary(bar), 6)
    if rng.random() < 0.4:
        column = int(rng.integers(8, 34))
        draw.rectangle((0, 10, column, n), colour(rng))
        write(draw, rng, (2, 14, column - 2, n - 4), colour(rng), 5)
    if rng.random() < 0.5:
        draw.rectangle((0, n - rng.integers(4, 12), n, n), colour(rng))
    return box


def phone(draw, rng, n):
    """A telephone's screen, squashed to a square: full width, bars above and below, buttons."""
    ground = colour(rng, rng.random() < 0.15)
    draw.rectangle((0, 0, n, n), ground)
    height = rng.uniform(0.25, 0.75) * n
    top = rng.uniform(0.08, 0.6) * n
    side = int(rng.integers(0, 10)) if rng.random() < 0.5 else 0
    box = (side, int(top), n - side, int(min(top + height, n - 4)))
    ink = contrary(ground)
    write(draw, rng, (3, 1, n - 3, 6), ink, 5)
    draw.ellipse((3, box[1] - 12, 11, box[1] - 3), colour(rng, True))
    write(draw, rng, (14, box[1] - 11, n // 2, box[1] - 2), ink, 6)
    write(draw, rng, (3, box[3] + 8, n - 6, min(n - 8, box[3] + rng.integers(12, 50))), ink, 6)
    for i in range(rng.integers(2, 6)):
        draw.ellipse((4 + 12 * i, box[3] + 2, 9 + 12 * i, box[3] + 7), outline=ink)
    return box


def page(draw, rng, n):
    """A printed page or article with the picture set in."""
    draw.rectangle((0, 0, n, n), tuple(int(c) for c in rng.integers(225, 256, 3)))
    w, h = rng.uniform(0.35, 0.85, 2) * n
    x, y = (rng.uniform(0.05, 0.95, 2)) * (n - np.array([w, h]))
    write(draw, rng, (5, 4, n - 5, n - 4), (20, 20, 20), int(rng.integers(4, 9)))
    return (int(x), int(y), int(x + w), int(y + h))


def text(draw, rng, n):
    """Words over the picture."""
    size = int(rng.integers(8, 30))
    for _ in range(rng.integers(1, 3)):
        place = (int(rng.integers(-5, n // 2)), int(rng.integers(0, n - size)))
        ink = colour(rng) + (int(rng.integers(150, 256)),)
        said, edge = words(rng, int(rng.integers(4, 16))), int(rng.integers(0, 2))
        draw.text(place, said, ink, font(size), stroke_width=edge, stroke_fill=contrary(ink))
    return (0, 0, n, n)


def mark(draw, rng, n):
    """A watermark: faint words repeated over the picture, or one in a corner."""
    ink = contrary(colour(rng)) + (int(rng.integers(50, 150)),)
    size, said = int(rng.integers(7, 22)), words(rng, int(rng.integers(4, 12)))
    if rng.random() < 0.5:
        step = int(size * rng.uniform(1.5, 3.5))
        for y in range(0, n, step):
            draw.text((int(rng.integers(-20, 40)), y), said + "  " + said, ink, font(size))
    else:
        draw.text((int(rng.integers(0, n // 2)), int(rng.choice([2, n - size - 3]))), said, ink, font(size))
    return (0, 0, n, n)


def stickers(draw, rng, n):
    """Opaque shapes over the picture: round, square, star, smiling face."""
    for _ in range(rng.integers(1, 5)):
        r = rng.uniform(0.06, 0.22) * n
        x, y = rng.uniform(0, n, 2)
        what, fill = rng.integers(4), colour(rng, rng.random() < 0.8)
        if what == 0:
            draw.ellipse((x - r, y - r, x + r, y + r), fill, contrary(fill), int(rng.integers(0, 3)))
        elif what == 1:
            draw.rectangle((x - r, y - r * 0.6, x + r, y + r * 0.6), fill)
            write(draw, rng, (x - r + 2, y - r * 0.5, x + r, y + r * 0.6), contrary(fill), max(5, int(r * 0.6)))
        elif what == 2:
            turn, points = rng.uniform(0, 6), int(rng.integers(4, 8))
            angles = turn + np.arange(2 * points) * np.pi / points
            reach = r * np.where(np.arange(2 * points) % 2 == 0, 1, rng.uniform(0.4, 0.7))
            draw.polygon([(x + a * np.cos(t), y + a * np.sin(t)) for a, t in zip(reach, angles)], fill)
        else:
            draw.ellipse((x - r, y - r, x + r, y + r), (250, int(rng.integers(180, 230)), 60))
            for side in (-0.35, 0.35):
                draw.ellipse((x + side * r - r * 0.12, y - r * 0.4, x + side * r + r * 0.12, y - r * 0.1), (40, 30, 20))
            draw.arc((x - r * 0.6, y - r * 0.5, x + r * 0.6, y + r * 0.6), 20, 160, (40, 30, 20), max(1, int(r * 0.12)))
    return (0, 0, n, n)


def draw_frame(number, seed=0):
    """Frame `number`: (premultiplied RGBA uint8 [DRAWN, DRAWN, 4], box float [4] in 0..1)."""
    rng = np.random.default_rng([seed, 2, number])
    kind = rng.choice(KINDS, p=SHARES)
    image = Image.new("RGBA", (DRAWN, DRAWN), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    box = [int(v) for v in globals()[kind](draw, rng, DRAWN)]
    if kind in ("border", "caption", "screen", "phone", "page"):
        # Clear the box: the picture shows through there.
        image.paste((0, 0, 0, 0), tuple(box))
    rgba = np.asarray(image).astype(np.float32)
    rgba[..., :3] *= rgba[..., 3:] / 255
    return rgba.round().astype(np.uint8), np.asarray(box, np.float32) / DRAWN


def draw_frames(count, seed=0):
    """(uint8 [count, 4, DRAWN, DRAWN] premultiplied, float32 [count, 4] boxes left, top, right, bottom)."""
    drawn = [draw_frame(i, seed) for i in range(count)]
    return np.stack([d[0] for d in drawn]).transpose(0, 3, 1, 2).copy(), np.stack([d[1] for d in drawn])
