"""All pairs at or above a threshold: every tool over every set, and tables of what it cost.

    python run.py --lookalike ../../target/debug/lookalike --peers .peers/bin/python --work FOLDER --out results.json
    python run.py --tables results.json
    python run.py --plot results.json growth.png

Each cell (a tool with a setting on a set) is written to --out as soon as it is finished; a second call goes on where
the first was stopped. A tool that is not installed is named and left out.
"""

import argparse
import json
import os
import sys
from datetime import date
from pathlib import Path

import numpy as np

import peers
import sets
import show
import truth

LIMIT, LARGE_LIMIT = 1_200, 7_200
# (set, n) -> MiB that `auto` is given there beside its default.
BUDGETS = {
    ("low-rank", 100_000): 256,
    ("full-rank", 100_000): 256,
    ("bursts", 100_000): 256,
    ("low-rank", 1_000_000): 1024,
    ("full-rank", 1_000_000): 1024,
    ("bursts", 1_000_000): 1024,
    ("wide", 100_000): 1024,
}
GROWTH = "low-rank, 1,000 new rows"


def plan(name, n):
    """[(tool, its settings, cheapest first)] for a set of n rows."""
    large, huge = n >= 1_000_000, n > 1_000_000
    own = [(f"lookalike {engine}", ({"engine": engine},)) for engine in peers.ENGINES]
    if large:
        # A graph over a million vectors does not fit what the other engines need; it is given what it asks for.
        own[-1] = ("lookalike hnsw", ({"engine": "hnsw", "MiB": 8192},))
    budget = BUDGETS.get((name, n))
    kept = [("lookalike in a budget", ({"engine": "auto", "MiB": budget},))] if budget else []
    others = list(peers.LADDERS.items())
    if huge:
        return [("lookalike auto", ({"engine": "auto", "MiB": 4096},))]
    if name == GROWTH:
        return [own[0], *(one for one in others if one[0] in ("numpy half", "faiss flat", "faiss IVF", "hnswlib"))]
    if name == "wide":
        some = [one for one in others if one[0] in ("numpy half", "faiss IVF", "hnswlib")]
        return [*own[:2], *kept, *some, ("reading the file", ({},))]
    if large and name != "low-rank":
        others = [one for one in others if one[0] not in peers.SQUARE]
    return [*own, *kept, *others]


class Record:
    """The results file: all cells, written after each."""

    def __init__(self, path, machine):
        self.path = path
        before = json.loads(path.read_text()) if path.exists() else {}
        machine["versions"] = before.get("machine", {}).get("versions", {}) | machine["versions"]
        today = date.today().isoformat()
        self.results = {"made_by": "bench/join/run.py", "date": today, "machine": machine}
        self.results["cells"] = before.get("cells", [])

    @property
    def cells(self):
        return self.results["cells"]

    def find(self, **wanted):
        return [cell for cell in self.cells if all(cell[key] == value for key, value in wanted.items())]

    def drop(self, **wanted):
        gone = self.find(**wanted)
        self.cells[:] = [cell for cell in self.cells if cell not in gone]

    def add(self, cell):
        self.drop(**{key: cell[key] for key in ("set", "n", "tool", "setting")})
        self.cells.append(cell)
        part = self.path.with_suffix(".part")
        part.write_text(json.dumps(self.results, indent=1) + "\n")
        part.replace(self.path)


def climbed(rungs, find, run):
    """Cells of the settings that were tried: up to the first that reaches the recall or gives none."""
    tried = []
    for setting in rungs:
        cell = find(setting) or run(setting)
        tried.append(cell)
        if cell["recall"] is None or cell["recall"] >= peers.ENOUGH:
            break
    return tried


def rungs_at(record, name, n, tool, rungs):
    """From a million rows on only the setting that won on the largest smaller set of the same name, if there is one."""
    smaller = [cell for cell in record.find(set=name, tool=tool) if cell["n"] < n and cell["recall"] is not None]
    if n < 1_000_000 or len(rungs) == 1 or not smaller:
        return rungs
    most = max(cell["n"] for cell in smaller)
    return (show.best([cell for cell in smaller if cell["n"] == most])["given"],)


def reading(tools, job):
    """What reading every vector once takes, in blocks, by plain reads."""
    program = "import sys\nwith open(sys.argv[1], 'rb', buffering=0) as f:\n while f.read(1 << 22): pass\n"
    command = [sys.executable, "-I", "-S", "-c", program, str(job.vectors)]
    return peers.Outcome(peers.watched(command, job.work / "log.txt", tools.limit), None, "nothing is compared")


def one_cell(tools, tool, setting, job, known):
    outcome = reading(tools, job) if tool == "reading the file" else peers.run(tools, tool, setting, job)
    took = {key: value for key, value in outcome.took.items() if key != "code"}
    cell = {"tool": tool, "setting": peers.said(setting), "given": setting, "recall": None, "pairs": None, **took}
    cell |= {"note": outcome.note, "date": date.today().isoformat(), **outcome.more}
    if outcome.pairs is not None:
        cell |= truth.judged(known, *outcome.pairs)
    return cell


class Bench:
    def __init__(self, args, tools, found, record):
        self.args, self.tools, self.found, self.record = args, tools, found, record

    def join(self, name, job, known, n, d):
        """All tools over one set."""
        tools = self.tools._replace(limit=LARGE_LIMIT if n > 1_000_000 else self.tools.limit)
        key = {"set": name, "n": n, "d": d, "t": job.threshold}

        def find(tool, setting):
            cells = self.record.find(set=name, n=n, tool=tool, setting=peers.said(setting))
            return cells[0] if cells and not cells[0]["note"].startswith("failed") else None

        def run(tool, setting):
            print(f"{name} {n:,} x {d}: {tool} ({peers.said(setting)}) ...", end=" ", file=sys.stderr, flush=True)
            cell = key | one_cell(tools, tool, setting, job, known)
            print(show.in_short(cell), file=sys.stderr)
            self.record.add(cell)
            return cell

        for tool, rungs in plan(name, n):
            if self.args.only and tool not in self.args.only:
                continue
            if tool != "reading the file" and not peers.here(tools, tool, self.found):
                print(f"{tool}: not here, left out", file=sys.stderr)
                continue
            if self.args.again:
                self.record.drop(set=name, n=n, tool=tool)
            rungs = rungs_at(self.record, name, n, tool, rungs)
            climbed(rungs, lambda setting: find(tool, setting), lambda setting: run(tool, setting))

    def self_join(self, name, vectors, threshold):
        rows = np.load(vectors, mmap_mode="r")
        known = truth.kept(vectors.with_suffix(".truth.npz"), lambda: truth.of_one(rows, threshold))
        self.join(name, peers.Job(vectors, threshold, self.args.work), known, *rows.shape)

    def growth(self, old):
        threshold, new = sets.SETS["low-rank"].threshold, sets.newcomers(self.args.work, old)
        rows, stored = (np.load(path, mmap_mode="r") for path in (new, old))
        known = truth.kept(new.with_suffix(".truth.npz"), lambda: truth.of_two(rows, stored, threshold))
        self.join(GROWTH, peers.Job(new, threshold, self.args.work, old), known, *stored.shape)


def sizes_of(name, asked):
    """The sizes of a set: its own, or those that were asked for and that it has or that are small."""
    own = sets.SETS[name].sizes
    return own if not asked else tuple(n for n in asked if n in own or n < sets.SMALLEST)


def real_set(text):
    """NAME=FOLDER or NAME@THRESHOLD=FOLDER"""
    name, _, folder = text.partition("=")
    name, _, threshold = name.partition("@")
    if not folder or not (threshold or name in sets.REAL):
        known = ", ".join(sets.REAL)
        raise argparse.ArgumentTypeError(f"give NAME@THRESHOLD=FOLDER; without a threshold NAME is one of {known}")
    return name, float(threshold or sets.REAL[name]), Path(folder)


def machine(tools, found):
    with open("/proc/cpuinfo") as handle:
        lines = dict(line.split(":", 1) for line in handle if ":" in line)
    model = next((value.strip() for key, value in lines.items() if key.strip() == "model name"), "unknown")
    flags = next((value.split() for key, value in lines.items() if key.strip() in ("flags", "Features")), ())
    vectors = [flag for flag in ("avx2", "avx512f", "avx512_vnni", "asimd", "asimddp") if flag in flags]
    return {"cpu": model, "cores": os.cpu_count(), "threads": tools.threads, "kernels": vectors, "versions": found}


def run_all(args):
    args.work.mkdir(parents=True, exist_ok=True)
    tools = peers.Tools(args.peers, args.lookalike, args.threads, args.limit)
    os.environ.update(peers.environment(args.threads))
    found = peers.versions(tools)
    record = Record(args.out, machine(tools, found))
    bench = Bench(args, tools, found, record)
    for name in sets.SETS:
        for n in sizes_of(name, args.sizes) if wanted(args, name) else ():
            bench.self_join(name, sets.made(args.work, name, n), sets.SETS[name].threshold)
    for name, threshold, folder in args.dir if not args.sizes else ():
        if wanted(args, name):
            bench.self_join(name, sets.taken(args.work, name, folder), threshold)
    for n in sizes_of("low-rank", args.sizes) if wanted(args, "growth") else ():
        if n in (100_000, 1_000_000) or n < sets.SMALLEST:
            bench.growth(sets.made(args.work, "low-rank", n))
    print(show.tables(record.results))


def wanted(args, name):
    return not args.sets or name in args.sets


def main(argv=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--lookalike", help="the lookalike program")
    p.add_argument("--peers", default=sys.executable, help="the Python that has requirements-peers.txt")
    p.add_argument("--work", type=Path, help="where vectors, truths and pairs are kept: 30 GB for all sets")
    p.add_argument("--out", type=Path, default=Path("results.json"), help="finished cells in it are not run again")
    p.add_argument("--dir", nargs="+", type=real_set, default=[], help="real sets: NAME[@THRESHOLD]=FOLDER of a scan")
    p.add_argument("--sets", nargs="+", help="these sets alone; growth is one of them", metavar="SET")
    p.add_argument("--sizes", nargs="+", type=int, help="these sizes alone, and no real sets", metavar="N")
    p.add_argument("--only", nargs="+", choices=peers.TOOLS, help="these tools alone", metavar="TOOL")
    p.add_argument("--again", action="store_true", help="run what is chosen again, finished or not")
    p.add_argument("--limit", type=float, default=LIMIT, help="seconds until a run is ended (default %(default)s)")
    p.add_argument("--threads", type=int, default=2, help="of every tool (default %(default)s)")
    p.add_argument("--tables", type=Path, help="print the tables of a results.json; run nothing")
    p.add_argument("--plot", nargs=2, type=Path, metavar=("RESULTS", "PNG"), help="draw the plot; run nothing")
    args = p.parse_args(argv)
    if args.tables:
        return print(show.tables(json.loads(args.tables.read_text())))
    if args.plot:
        return show.plot(json.loads(args.plot[0].read_text()), args.plot[1])
    if not args.work:
        p.error("give --work, a folder with room for the vectors")
    run_all(args)


if __name__ == "__main__":
    main()
