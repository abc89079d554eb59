"""Results as Markdown tables and as a plot."""

from peers import ENOUGH, TOOLS

PANELS = ("low-rank", "full-rank")
AUTO = "lookalike auto"


def best(cells):
    """Of the settings that were tried: the cheapest with enough recall, else the one with the most, else the last."""
    enough = [cell for cell in cells if cell["recall"] is not None and cell["recall"] >= ENOUGH]
    if enough:
        return min(enough, key=lambda cell: cell["cpu_s"])
    known = [cell for cell in cells if cell["recall"] is not None]
    return max(known, key=lambda cell: cell["recall"]) if known else cells[-1]


def grouped(cells, *keys):
    """{values of the keys: cells}, in the order in which they were first met."""
    groups = {}
    for cell in cells:
        groups.setdefault(tuple(cell[key] for key in keys), []).append(cell)
    return groups


def by_tool(cells):
    """{tool: its cells}, in the order of the tables."""
    groups = {tool: mine for (tool,), mine in grouped(cells, "tool").items()}
    return {tool: groups[tool] for tool in sorted(groups, key=TOOLS.index)}


def finished(cell):
    return not cell["note"].startswith(("too slow", "failed"))


def seconds(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def times(ratio):
    return f"{ratio:.1f}" if ratio >= 0.95 else f"{ratio:.2g}"


def share(value):
    """Recall without pretending to a 1 that it is not."""
    if value is None:
        return ""
    digits = 4 if value < 0.9999 else 5
    # Rounded down: 0.99897 is not 0.999.
    return "1" if value == 1 else f"{int(value * 10**digits + 1e-6) / 10**digits:.{digits}f}"


def in_short(cell):
    if not finished(cell):
        return cell["note"]
    recall = f", recall {share(cell['recall'])}" if cell["recall"] is not None else ""
    return f"{seconds(cell['cpu_s'])} CPU s, {cell['peak_anon_mib']:,.0f} MiB{recall}"


def escaped(text):
    return text.replace("|", "\\|").replace("\n", " ")


def remarks(cell, cells):
    """What else is to say of a cell: which engine, which recall it claimed, whether a budget changed the pairs."""
    notes = [cell["note"]] if cell["note"] else []
    if len(cells) > 1:
        notes.append(f"setting {cells.index(cell) + 1} of {len(cells)} tried")
    if cell["recall"] is not None and cell["recall"] < ENOUGH:
        notes.append("**under 0.999**")
    if cell.get("wrong"):
        notes.append(f"**{cell['wrong']:,} wrong pairs**")
    told = cell.get("said") or {}
    if "engine" in told and cell["given"].get("engine") == "auto":
        notes.append(f"took {told['engine']}")
    if "recall" in told and told["recall"].get("sample"):
        claim = told["recall"]
        notes.append(f"says recall {share(claim['estimate'])} ({share(claim['low'])} to {share(claim['high'])})")
    return notes


def same_pairs(cell, auto):
    """Whether a run in a budget wrote what the run without wrote."""
    if "budget" not in cell["tool"] or not auto or "sha256" not in cell or "sha256" not in auto:
        return []
    return ["the same bytes as without"] if cell["sha256"] == auto["sha256"] else ["**other bytes than without**"]


def set_table(cells):
    """A line per tool: its chosen setting, and what it cost in parts of lookalike's own choice."""
    tools = {tool: (best(tried), tried) for tool, tried in by_tool(cells).items()}
    auto = tools.get(AUTO, (None,))[0]
    auto = auto if auto and finished(auto) else None
    lines = [
        "| tool | setting | recall | CPU s | of auto | wall s | peak anon. MiB | |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for tool, (cell, tried) in tools.items():
        notes = escaped("; ".join(remarks(cell, tried) + same_pairs(cell, auto)))
        shown = f"| {tool} | {escaped(cell['setting'])} | {share(cell['recall'])} "
        if finished(cell):
            ratio = times(cell["cpu_s"] / auto["cpu_s"]) if auto else ""
            shown += f"| {seconds(cell['cpu_s'])} | {ratio} | {seconds(cell['wall_s'])} | {cell['peak_anon_mib']:,.0f} "
        else:
            shown += "| | | | "
        lines.append(f"{shown}| {notes} |")
    return "\n".join(lines)


def heading(key, cells):
    name, n, d, t = key
    counts = {cell["true_pairs"] for cell in cells if "true_pairs" in cell}
    pairs = max((cell["pairs"] for cell in cells if cell["pairs"] is not None), default=0)
    counted = f"; recall is of {max(counts):,} pairs" if counts else ""
    return f"### {name}, {n:,} x {d:,}, t = {t}\n\nUp to {pairs:,} pairs found{counted}."


def growth_table(cells):
    """CPU seconds per tool over n, for one set; none where only one size was run."""
    sizes = sorted({(cell["n"], cell["d"]) for cell in cells})
    if len(sizes) < 2:
        return ""
    lines = ["| tool | " + " | ".join(f"{n:,} x {d}" for n, d in sizes) + " |", "|---" * (len(sizes) + 1) + "|"]
    for tool, mine in by_tool(cells).items():
        chosen = {n: best(tried) for (n,), tried in grouped(mine, "n").items()}
        shown = [growth_cell(chosen.get(n)) for n, _ in sizes]
        lines.append(f"| {tool} | " + " | ".join(shown) + " |")
    return "\n".join(lines)


def growth_cell(cell):
    if cell is None:
        return ""
    if not finished(cell):
        return escaped(cell["note"])
    low = cell["recall"] is not None and cell["recall"] < ENOUGH
    return seconds(cell["cpu_s"]) + (f" (recall {share(cell['recall'])})" if low else "")


def said_of_machine(results):
    about = results["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    kernels = ", ".join(about["kernels"])
    return f"{about['cpu']}, {about['cores']} cores ({kernels}), {about['threads']} threads for every tool. {versions}."


def tables(results):
    parts = [said_of_machine(results)]
    for (name,), cells in grouped(results["cells"], "set").items():
        groups = sorted(grouped(cells, "set", "n", "d", "t").items(), key=lambda one: one[0][1])
        parts += [f"{heading(key, group)}\n\n{set_table(group)}" for key, group in groups]
        if grown := growth_table(cells):
            parts.append(f"### {name}: CPU seconds as n grows\n\n{grown}")
    return "\n\n".join(parts)


COLOURS = {
    "lookalike auto": "#b3261e",
    "lookalike ivf": "#d98880",
    "lookalike hnsw": "#7b241c",
    "numpy half": "#6b6b6b",
    "faiss flat": "#9a9a9a",
    "faiss IVF": "#1f6f8b",
    "faiss HNSW": "#3b8f5a",
    "hnswlib": "#8a6d1d",
    "usearch": "#6c4f96",
    "bare hnsw_rs": "#4a4a8c",
}


def lines_of(results, name):
    """{tool: [(n, CPU seconds, recall is enough)]} of what ended."""
    lines = {}
    for (tool, n), tried in grouped(results["cells"], "tool", "n").items():
        mine = [cell for cell in tried if cell["set"] == name]
        if mine and tool in COLOURS and finished(cell := best(mine)):
            enough = cell["recall"] is None or cell["recall"] >= ENOUGH
            lines.setdefault(tool, []).append((n, cell["cpu_s"], enough))
    return {tool: sorted(points) for tool, points in lines.items()}


def spread(places, gap):
    """The places moved apart so that none is nearer than `gap` to the next; order and middle stay."""
    order = sorted(range(len(places)), key=lambda i: places[i])
    moved, last = list(places), None
    for i in order:
        moved[i] = places[i] if last is None else max(places[i], last + gap)
        last = moved[i]
    shift = (sum(moved) - sum(places)) / max(1, len(places))
    return [place - shift for place in moved]


def plot(results, path):
    """CPU seconds against n, both logarithmic: a panel per set, each line named where it ends."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False})
    figure, axes = plt.subplots(1, len(PANELS), figsize=(11, 5), sharey=True, facecolor="#fbfaf7")
    for axis, name in zip(axes, PANELS):
        panel(axis, name, lines_of(results, name))
    axes[0].set_ylabel("CPU seconds, all threads")
    below = "512 values a row up to 100,000 rows, 256 from 1,000,000 on. Hollow: pair recall under 0.999."
    figure.text(0.01, 0.01, below)
    figure.tight_layout(rect=(0, 0.04, 1, 1))
    figure.savefig(path, dpi=130)


def panel(axis, name, lines):
    from math import log10

    axis.set(xscale="log", yscale="log", title=name, xlabel="vectors")
    for side in (axis.xaxis, axis.yaxis):
        side.set_major_formatter(lambda value, _: f"{value:,g}" if value < 1e6 else f"{value / 1e6:g}M")
    axis.set_facecolor("#fbfaf7")
    axis.grid(True, which="major", color="#e4e1d8", linewidth=0.8)
    axis.set_axisbelow(True)
    for tool, points in lines.items():
        xs, ys, enough = zip(*points)
        own = tool == AUTO
        axis.plot(xs, ys, color=COLOURS[tool], linewidth=2.4 if own else 1.2, zorder=3 if own else 2)
        for x, y, filled in points:
            face = COLOURS[tool] if filled else "#fbfaf7"
            axis.plot(x, y, "o", markersize=5, color=COLOURS[tool], markerfacecolor=face, zorder=4)
    if not lines:
        return
    low, high = axis.get_ylim()
    ends = [log10(points[-1][1]) for points in lines.values()]
    heights = spread(ends, (log10(high) - log10(low)) * 0.045)
    right = max(points[-1][0] for points in lines.values())
    for (tool, points), height in zip(lines.items(), heights):
        weight = "bold" if tool == AUTO else "normal"
        axis.annotate(
            tool,
            xy=points[-1][:2],
            xytext=(right * 1.35, 10**height),
            color=COLOURS[tool],
            fontweight=weight,
            va="center",
            arrowprops={"arrowstyle": "-", "color": COLOURS[tool], "linewidth": 0.5, "alpha": 0.6},
            annotation_clip=False,
        )
    axis.set_xlim(right=right * 8)
