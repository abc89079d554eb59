"""Makes the JPEG XL and HEIC files beside it, which the tests with those features read.

    pip install pillow pillow-jxl-plugin pillow-heif
    python make.py

The picture is 48 x 32: red grows to the right, green downwards, blue is 64. The tests compute it again.
"""

import pathlib

import numpy
import pillow_heif
import pillow_jxl  # registers the format
from PIL import Image

HERE = pathlib.Path(__file__).parent
WIDTH, HEIGHT = 48, 32
TURNED = 6  # EXIF: to be turned by 90 degrees clockwise

pillow_heif.register_heif_opener()

across, down = numpy.meshgrid(numpy.arange(WIDTH), numpy.arange(HEIGHT))
samples = numpy.stack([across * 5, down * 8, numpy.full_like(down, 64)], axis=-1)
picture = Image.fromarray(samples.astype(numpy.uint8))
# Opaque on the left, half transparent on the right.
alpha = numpy.where(across < WIDTH // 2, 255, 128)[..., None]
see_through = Image.fromarray(numpy.concatenate([samples, alpha], axis=-1).astype(numpy.uint8), "RGBA")
sixteen = (samples * 257).astype(numpy.uint16)
exif = Image.Exif()
exif[0x0112] = TURNED


def jxl():
    picture.save(HERE / "plain.jxl", lossless=True)
    picture.save(HERE / "lossy.jxl", quality=90)
    see_through.save(HERE / "alpha.jxl", lossless=True)
    (HERE / "turned.jxl").write_bytes(turned((HERE / "plain.jxl").read_bytes()))
    # The sixteen bits of a grey picture.
    Image.fromarray(sixteen[..., 0]).save(HERE / "grey16.jxl", lossless=True)


def turned(codestream):
    """The bare codestream with an orientation in its header (18181-1, tables of the image header):
    9 bits of size (one factor of 8, one ratio), then all_default and extra_fields."""
    size, header = 9, 9 + 2 + 8 + 2 + 1
    bits = "".join(format(byte, "08b")[::-1] for byte in codestream[2:5])
    assert bits[size : size + 2] == "00" and set(bits[header:]) <= {"0"}, bits
    orientation = format(TURNED - 1, "03b")[::-1]
    extra = orientation + "000"  # no intrinsic size, no preview, no animation
    rest = bits[size + 2 : header]
    # With extra fields comes the tone mapping (all default) before the extensions.
    bits = bits[:size] + "01" + extra + rest[:8] + "1" + rest[8:]
    bits += "0" * (-len(bits) % 8)
    packed = bytes(int(bits[i : i + 8][::-1], 2) for i in range(0, len(bits), 8))
    return codestream[:2] + packed + codestream[5:]


def heic():
    quality = dict(quality=95, chroma=444)
    picture.save(HERE / "plain.heic", **quality)
    see_through.save(HERE / "alpha.heic", **quality)
    picture.save(HERE / "turned.heic", exif=exif.tobytes(), **quality)
    # The picture and its mirror image beside it, in two tiles, of which the second is half empty.
    wide = Image.fromarray(numpy.concatenate([samples, samples[:, ::-1]], axis=1).astype(numpy.uint8))
    wide.save(HERE / "tiles.heic", tile_size=64, **quality)
    deep = pillow_heif.from_bytes("RGB;16", (WIDTH, HEIGHT), sixteen.tobytes())
    deep.save(HERE / "ten_bits.heic", **quality)


jxl()
heic()
