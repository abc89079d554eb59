"""Draws join.png from the table "How it grows with n" of join.md.

    pip install matplotlib
    python docs/join.py
"""

import re
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt

HERE = Path(__file__).parent
SIZES = (20_000, 100_000, 1_000_000, 10_000_000)


def lines():
    """(set, tool, [(n, CPU seconds)])"""
    text = (HERE / "join.md").read_text()
    table = text.split("## How it grows with n")[1].split("![")[0]
    for row in re.findall(r"^\| (low-rank|full-rank|bursts), ([^|]+) \|(.+)\|$", table, re.MULTILINE):
        cells = [re.match(r"\s*([\d.]+)", cell) for cell in row[2].split("|")]
        yield row[0], row[1], [(n, float(cell[1])) for n, cell in zip(SIZES, cells) if cell]


def main():
    figure, panels = plt.subplots(1, 2, figsize=(10, 4.6), sharey=True)
    for panel, name in zip(panels, ("low-rank", "full-rank")):
        for of, tool, points in lines():
            if of == name:
                own = tool in ("auto", "ivf")
                style = {"color": "#0a6e5c" if tool == "auto" else "#4fae94", "linewidth": 2.5} if own else {"linewidth": 1.2}
                label = f"lookalike {tool}" if own else tool
                panel.plot(*zip(*points), marker="o", markersize=4, label=label, zorder=3 if own else 2, **style)
        panel.set(xscale="log", yscale="log", title=name, xlabel="vectors")
        panel.grid(alpha=0.3)
        panel.legend(fontsize=8, frameon=False)
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("CPU seconds")
    figure.tight_layout()
    figure.savefig(HERE / "join.png", dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    main()
