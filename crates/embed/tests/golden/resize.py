"""Writes resize.json: what Pillow's antialiased bilinear filter makes of a drawn picture.

Run: python resize.py (needs pillow, numpy). The pictures are not stored: sample() below gives them,
and src/prepare_tests.rs draws the same.
"""

import json
from pathlib import Path

import numpy as np
from PIL import Image

MEAN = (0.485, 0.456, 0.406)


def picture(width, height):
    y, x, c = np.mgrid[0:height, 0:width, 0:3]
    return Image.fromarray(((x * x * 3 + y * 7 + c * 50 + x * y % 31) % 256).astype(np.uint8))


def resized(image, how, size):
    width, height = image.size
    if how == "squash":
        return image.resize((size, size), Image.BILINEAR)
    if how == "crop":
        side = min(width, height)
        left, top = (width - side) / 2, (height - side) / 2
        return image.resize((size, size), Image.BILINEAR, box=(left, top, left + side, top + side))
    longer = max(width, height)
    inner = tuple(max(1, int(side * size / longer + 0.5)) for side in (width, height))
    frame = Image.new("RGB", (size, size), tuple(int(m * 255 + 0.5) for m in MEAN))
    frame.paste(image.resize(inner, Image.BILINEAR), ((size - inner[0]) // 2, (size - inner[1]) // 2))
    return frame


cases = []
for width, height, size in [(50, 37, 16), (7, 5, 16), (201, 150, 12), (16, 16, 16), (1, 90, 8)]:
    for how in ["squash", "crop", "pad"]:
        want = resized(picture(width, height), how, size).tobytes().hex()
        cases.append({"width": width, "height": height, "size": size, "resize": how, "want": want})
Path(__file__).with_name("resize.json").write_text(
    "[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]\n"
)
