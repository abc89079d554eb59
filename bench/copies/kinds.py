"""The 25 kinds of copies: real edits on whole pictures with Pillow, real JPEG and WebP.

Nothing here is shared with the edits of the training (training/edits.py, training/frames.py): a fault or a
habit of theirs should not flatter the figures. Each copy is a function of the picture, the kind, a number and
a seed. Captions, borders and screenshots come in TEMPLATES forms each, so that strangers wear the same.
"""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps

TEMPLATES = 6


def encoded(image, form, quality):
    held = io.BytesIO()
    image.save(held, form, quality=quality)
    return held.getvalue()


def saved(image, form, quality):
    """Through a real encoder and back."""
    return Image.open(io.BytesIO(encoded(image, form, quality))).convert("RGB")


def scaled(image, across, down=None):
    """Scaled by a factor, or by one factor across and another down."""
    size = (max(8, round(image.width * across)), max(8, round(image.height * (down or across))))
    return image.resize(size, Image.Resampling.BICUBIC)


def crop(image, rng, share):
    """A window of the same shape with `share` of the area, anywhere."""
    w, h = round(image.width * share**0.5), round(image.height * share**0.5)
    x, y = rng.integers(0, image.width - w + 1), rng.integers(0, image.height - h + 1)
    return image.crop((x, y, x + w, y + h))


def noisy(image, rng):
    grain = rng.normal(0, 18, (image.height, image.width, 3))
    return Image.fromarray((np.asarray(image) + grain).clip(0, 255).astype(np.uint8))


def hue(image, rng):
    h, s, v = image.convert("HSV").split()
    turn = int(rng.integers(40, 216))
    return Image.merge("HSV", (h.point(lambda p: (p + turn) % 256), s, v)).convert("RGB")


def photo_filter(image, rng):
    """A toned, faded look with dark corners."""
    dark, light = rng.integers(0, 70, 3), rng.integers(180, 256, 3)
    bands = zip(image.split(), dark, light)
    tone = Image.merge("RGB", [b.point(lambda p, d=d, l=l: int(d + (l - d) * (p / 255) ** 1.2)) for b, d, l in bands])
    y, x = np.mgrid[-1 : 1 : image.height * 1j, -1 : 1 : image.width * 1j]
    shade = (1 - 0.35 * (x**2 + y**2) / 2)[..., None]
    return Image.fromarray((np.asarray(tone) * shade).clip(0, 255).astype(np.uint8))


def letters(image, share):
    return ImageFont.load_default(max(8, round(min(image.size) * share)))


def watermark(image, rng):
    over = Image.new("RGBA", image.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(over)
    for i in range(4):
        place = (rng.uniform(0, 0.5) * image.width, (0.1 + 0.22 * i) * image.height)
        draw.text(place, "(c) sample", (255, 255, 255, 110), letters(image, 0.1))
    return Image.alpha_composite(image.convert("RGBA"), over).convert("RGB")


def caption(image, template):
    """A bar with words, above or below."""
    said = ("when it is Monday", "BREAKING NEWS", "nobody:", "Me at 3 a.m.", "best day ever", "TOP TEXT")[template]
    bar = round(image.height * (0.14 + 0.03 * (template % 3)))
    ground, ink = (("white", "black"), ("black", "white"))[template % 2]
    out = Image.new("RGB", (image.width, image.height + bar), ground)
    out.paste(image, (0, bar if template < 3 else 0))
    place = (image.width * 0.05, bar * 0.2 if template < 3 else image.height + bar * 0.2)
    ImageDraw.Draw(out).text(place, said, ink, letters(image, 0.09))
    return out


def border(image, template):
    share, colour = (
        (0.05, "black"),
        (0.08, "white"),
        (0.10, "#2b4c7e"),
        (0.12, "black"),
        (0.15, "white"),
        (0.07, "#b03a2e"),
    )[template]
    return ImageOps.expand(image, round(min(image.size) * share), colour)


def sticker(image, rng):
    """Two opaque shapes over about a tenth of the picture."""
    out = image.copy()
    draw = ImageDraw.Draw(out)
    for shape in (draw.ellipse, draw.rectangle):
        r = min(image.size) * rng.uniform(0.12, 0.18)
        x, y = rng.uniform(0.2, 0.8) * image.width, rng.uniform(0.2, 0.8) * image.height
        shape((x - r, y - r, x + r, y + r), tuple(int(c) for c in rng.integers(0, 256, 3)), (255, 255, 255), 3)
    return out


def screenshot(image, template):
    """A window or a telephone with the picture inside."""
    tall = template % 2 == 1
    width, height = (360, 640) if tall else (640, 400)
    ground = ("#ffffff", "#15202b", "#f0f2f5", "#121212", "#dfe6ee", "#fafafa")[template]
    ink = "#e8e8e8" if template in (1, 3) else "#222222"
    out = Image.new("RGB", (width, height), ground)
    draw = ImageDraw.Draw(out)
    bar = ("#4267b2", "#000000", "#ffffff", "#1d1d1d", "#3c4043", "#e91e63")[template]
    title = ("Gallery", "Home", "Posts", "Photos", "viewer - 3 of 12", "feed")[template]
    draw.rectangle((0, 0, width, 34), bar)
    draw.text((14, 8), title, "#999999", ImageFont.load_default(16))
    box = (0, 110, 360, 430) if tall else (130, 60, 610, 370)
    fitted = ImageOps.contain(image, (box[2] - box[0], box[3] - box[1]), Image.Resampling.BICUBIC)
    x, y = box[0] + (box[2] - box[0] - fitted.width) // 2, box[1] + (box[3] - box[1] - fitted.height) // 2
    said, first, gap = ("user and others said something", 450, 22) if tall else ("user and others", 46, 20)
    for line in range(8):
        draw.text((14, first + gap * line), said, ink, ImageFont.load_default(12))
    out.paste(fitted, (x, y))
    return out


def rotated(image, angle):
    return image.rotate(angle, Image.Resampling.BICUBIC, expand=True, fillcolor=(0, 0, 0))


KINDS = {
    "jpeg_q30": lambda im, rng, t: saved(im, "JPEG", 30),
    "jpeg_q10": lambda im, rng, t: saved(im, "JPEG", 10),
    "webp_q30": lambda im, rng, t: saved(im, "WEBP", 30),
    "scale_50": lambda im, rng, t: scaled(im, 0.5),
    "scale_25": lambda im, rng, t: scaled(im, 0.25),
    "scale_200": lambda im, rng, t: scaled(im, 2.0),
    "stretch": lambda im, rng, t: scaled(im, 1.3, 1.0),
    "blur": lambda im, rng, t: im.filter(ImageFilter.GaussianBlur(min(im.size) / 100)),
    "noise": lambda im, rng, t: noisy(im, rng),
    "brightness": lambda im, rng, t: ImageEnhance.Brightness(im).enhance(float(rng.choice([0.6, 1.5]))),
    "contrast": lambda im, rng, t: ImageEnhance.Contrast(im).enhance(float(rng.choice([0.5, 1.8]))),
    "hue": lambda im, rng, t: hue(im, rng),
    "grey": lambda im, rng, t: im.convert("L").convert("RGB"),
    "filter": lambda im, rng, t: photo_filter(im, rng),
    "watermark": lambda im, rng, t: watermark(im, rng),
    "caption": lambda im, rng, t: caption(im, t),
    "border": lambda im, rng, t: border(im, t),
    "sticker": lambda im, rng, t: sticker(im, rng),
    "crop_80": lambda im, rng, t: crop(im, rng, 0.8),
    "crop_60": lambda im, rng, t: crop(im, rng, 0.6),
    "crop_40": lambda im, rng, t: crop(im, rng, 0.4),
    "mirror": lambda im, rng, t: ImageOps.mirror(im),
    "rotate_5": lambda im, rng, t: rotated(im, float(rng.choice([-5, 5]))),
    "rotate_90": lambda im, rng, t: im.transpose(Image.Transpose.ROTATE_90),
    "screenshot": lambda im, rng, t: screenshot(im, t),
}
# The kinds that strangers wear too.
FRAMES = ("caption", "border", "screenshot")


def copy_bytes(image, kind, number, seed=0):
    """The copy of `kind` of an RGB Pillow image, as a JPEG of quality 80 like most of what circulates."""
    rng = np.random.default_rng([seed, list(KINDS).index(kind), number])
    return encoded(KINDS[kind](image, rng, int(rng.integers(TEMPLATES))), "JPEG", 80)
