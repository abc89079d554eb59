"""Eight small drawn pictures and the descriptors that PyTorch computes for them.

    python golden.py --checkpoint runs/first/last.pt --out ../crates/embed/builtin/golden

Other implementations compare theirs with these (a cosine above 0.999 is expected). The ONNX file takes
no part, so a fault in the export shows. The pictures are drawn from numbers, not taken from anywhere.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

import data
from export import SIZE, load_trunk
from model import describe

# Sizes (width, height) below, at and above the input size, square and not: the resize is tested too.
SIZES = [(128, 128), (96, 64), (64, 96), (120, 90), (48, 48), (128, 80), (100, 100), (80, 128)]


def scene(number):
    """Drawn scene `number` as an RGB Pillow image: a shaded ground, shapes, stripes."""
    rng = np.random.default_rng([77, number])
    width, height = SIZES[number]
    y, x = np.mgrid[:height, :width]
    shade = (x * rng.uniform(0.3, 1.5) + y * rng.uniform(0.3, 1.5))[..., None] * rng.uniform(0.2, 1.0, 3)
    image = Image.fromarray(((shade + rng.integers(0, 120, 3)) % 256).astype(np.uint8))
    draw = ImageDraw.Draw(image)
    for _ in range(6):
        left, top = rng.integers(0, width), rng.integers(0, height)
        box = (left, top, left + rng.integers(8, width // 2), top + rng.integers(8, height // 2))
        fill = tuple(int(c) for c in rng.integers(0, 256, 3))
        (draw.ellipse if rng.random() < 0.5 else draw.rectangle)([int(v) for v in box], fill)
    for i in range(0, width, int(rng.integers(9, 25))):
        draw.line((i, 0, width - i, height), tuple(int(c) for c in rng.integers(0, 256, 3)))
    return image


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--checkpoint", required=True)
    p.add_argument("--out", required=True)
    p.add_argument("--size", type=int, default=SIZE)
    args = p.parse_args()
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    trunk, step, _ = load_trunk(args.checkpoint)
    names = [f"scene_{i}.png" for i in range(len(SIZES))]
    for i, name in enumerate(names):
        scene(i).save(out / name, optimize=True)
    pictures = np.stack([data.squash(data.open_rgb(out / name), args.size) for name in names])
    vectors = describe(trunk, pictures)
    rows = [{"file": n, "descriptor": [round(float(v), 7) for v in row]} for n, row in zip(names, vectors)]
    said = {"step": step, "size": args.size, "dimension": vectors.shape[1], "pictures": rows}
    (out / "golden.json").write_text(json.dumps(said, indent=0) + "\n")
    print(f"{len(names)} pictures, dimension {vectors.shape[1]}")


if __name__ == "__main__":
    main()
