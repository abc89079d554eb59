"""Draws the pictures of docs/cifar10.md: the ten most alike pairs of CIFAR-10, one of each group.

    python docs/cifar10.py DIR cifar10.tar.gz docs/cifar10.png
    python docs/cifar10.py DIR cifar10.tar.gz docs/cifar10-conflicts.png label_conflicts

DIR is the output folder of the scan in docs/cifar10.md. Of the near pairs (`pairs`), of those across
splits (`leaks`) or of those with different labels (`label_conflicts`). Needs duckdb and pillow.
"""

import io
import sys
import tarfile

import duckdb
from PIL import Image, ImageDraw, ImageFont

PAIRS, ZOOM, SIDE, GAP, TEXT = 10, 5, 32, 12, 44


def most_alike(folder, table):
    """Path, path and similarity of the most alike near pair of each of ten groups."""
    return duckdb.sql(f"""
        select path_a, path_b, similarity from '{folder}/report/{table}.parquet'
        where kind = 'near' and "group" is not null
          and path_a like '%.jpg' and path_b like '%.jpg'
        qualify row_number() over (partition by "group" order by similarity desc, path_a, path_b) = 1
        order by similarity desc, path_a limit {PAIRS}
    """).fetchall()


def pictures(shard, wanted):
    """The wanted members of the shard, enlarged so that a person can see them."""
    found = {}
    with tarfile.open(shard) as tar:
        for member in tar:
            if member.name in wanted:
                picture = Image.open(io.BytesIO(tar.extractfile(member).read())).convert("RGB")
                found[member.name] = picture.resize((SIDE * ZOOM, SIDE * ZOOM), Image.NEAREST)
    return found


def main(folder, shard, out, table="pairs"):
    pairs = [(a.split("!/")[1], b.split("!/")[1], s) for a, b, s in most_alike(folder, table)]
    drawn = pictures(shard, {name for a, b, _ in pairs for name in (a, b)})
    side, columns = SIDE * ZOOM, 2
    width = columns * (2 * side + 3 * GAP)
    height = (len(pairs) + 1) // columns * (side + TEXT + GAP) + GAP
    sheet = Image.new("RGB", (width, height), "#fbfaf7")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(14)
    for place, (a, b, similarity) in enumerate(pairs):
        x = place % columns * (2 * side + 3 * GAP) + GAP
        y = place // columns * (side + TEXT + GAP) + GAP
        sheet.paste(drawn[a], (x, y))
        sheet.paste(drawn[b], (x + side + GAP, y))
        draw.text((x, y + side + 4), f"{place + 1}.  {similarity:.4f}", "#1b1b1b", font=font)
        draw.text((x, y + side + 22), f"{a}   {b}", "#5a5a5a", font=font)
    sheet.save(out, optimize=True)
    for place, (a, b, similarity) in enumerate(pairs):
        print(place + 1, a, b, round(similarity, 4))


if __name__ == "__main__":
    main(*sys.argv[1:])
