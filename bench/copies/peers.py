"""Every tool that is compared: the command that runs it, and how its pairs are read.

A tool is run once per setting, each time as a process of its own, and the kernel says what that took.
Tools that give a similarity need one setting. Tools that give groups without one are run with several, from
strict to loose: a pair then ranks by the strictest setting that reports it.
"""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Callable, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from adapters import within

ADAPTERS, WATCH = (Path(__file__).with_name(name) for name in ("adapters.py", "watch.py"))


class Peer(NamedTuple):
    settings: tuple
    # (Tools, setting, images, work) -> the command, or None where the tool is not here.
    command: Callable
    # work -> pairs (a, b, score), read after the run and not counted.
    read: Callable
    # The most pictures that it is given; the figures are then those of a smaller collection.
    limit: int | None = None


class Tools(NamedTuple):
    """Where the programs are."""

    python: str
    lookalike: str | None = None
    czkawka: str | None = None


def written_pairs(work):
    with open(work / "pairs.csv", newline="") as handle:
        yield from ((a, b, float(score)) for a, b, score in csv.reader(handle))


def fastdup_pairs(work):
    """Its `distance` is the cosine: higher is more alike."""
    with open(work / "fastdup" / "similarity.csv", newline="") as handle:
        for row in csv.DictReader(handle):
            yield Path(row["from"]).name, Path(row["to"]).name, float(row["distance"])


def package(tool, *settings, module=None, read=written_pairs, limit=None):
    """A Python package, through adapters.py."""

    def command(tools, setting, images, work):
        have = [tools.python, "-c", f"import importlib.util, sys; sys.exit(not importlib.util.find_spec('{module}'))"]
        if module and subprocess.run(have).returncode:
            return None
        return [tools.python, str(ADAPTERS), tool, str(setting), str(images), str(work)]

    return Peer(settings, command, read, limit)


def lookalike_command(tools, setting, images, work):
    """A plain scan; `--top` lists pairs below the threshold too, so that the ranking has a tail."""
    if not tools.lookalike:
        return None
    top = str(setting * len(os.listdir(images)))
    return [tools.lookalike, "scan", str(images), "--out", str(work / "out"), "--top", top, "--no-progress", "--quiet"]


def lookalike_pairs(work):
    """Near pairs name the first file of a picture; its other files (same bytes, same pixels) are given the same."""
    table = pq.read_table(work / "out" / "report" / "pairs.parquet").to_pydict()
    rows = [
        (Path(a).name, Path(b).name, score, kind)
        for a, b, score, kind in zip(table["path_a"], table["path_b"], table["similarity"], table["kind"])
    ]
    files = {}
    for kind in ("pixels", "identical"):
        for a, b, _, said in rows:
            if said == kind:
                files.setdefault(a, [a]).append(b)
                files[b] = files[a]
    for a, b, score, _ in rows:
        yield from ((x, y, score) for x in files.get(a, [a]) for y in files.get(b, [b]) if x != y)


def czkawka(size, turned, *differences):
    """Hashes of `size` x `size` bits; `turned` compares mirrored and turned pictures too."""

    def command(tools, setting, images, work):
        if not tools.czkawka:
            return None
        form = ["--hash-size", str(size), "--hash-alg", "Gradient", "--image-filter", "Lanczos3"]
        form += ["--geometric-invariance", "mirror-flip-rotate90" if turned else "off"]
        # By default files under 16 KiB are left out. -W: finding something is no error. -H: nothing kept from before.
        quiet = ["--minimal-file-size", "1", "-N", "-M", "-W", "-H"]
        place = ["--directories", str(images.resolve()), "--compact-file-to-save", str(work / "groups.json")]
        return [tools.czkawka, "image", *place, "--max-difference", str(setting), *form, *quiet]

    return Peer(differences, command, czkawka_pairs)


def czkawka_pairs(work):
    """A list of groups, each a list of pictures with a `path`; their `difference` is to the first of the group."""
    for group in json.loads((work / "groups.json").read_text()):
        yield from within([entry["path"] for entry in group])


PEERS = {
    "lookalike": Peer((50,), lookalike_command, lookalike_pairs),
    "fastdup": package("fastdup", "default", module="fastdup", read=fastdup_pairs),
    "fastdup accurate": package("fastdup", "accurate", module="fastdup", read=fastdup_pairs),
    "imagededup PHash": package("imagededup", "PHash", module="imagededup"),
    "imagededup DHash": package("imagededup", "DHash", module="imagededup"),
    "imagededup WHash": package("imagededup", "WHash", module="imagededup"),
    "cleanvision": package("cleanvision", 16, 8, 7, 6, 5, 4, 3, module="cleanvision"),
    "czkawka 8": czkawka(8, False, 1, 2, 3, 5, 7, 10, 14),
    "czkawka 16": czkawka(16, False, 2, 5, 10, 15, 20, 30, 40),
    "czkawka 16 turned": czkawka(16, True, 2, 5, 10, 15, 20, 30, 40),
    "difPy": package("difpy", 5, 20, 35, 50, 60, module="difPy", limit=1500),
    "thumbnail": package("thumbnail", "cosine"),
}


def write_pairs(best, place):
    """{(a, b): score} as Parquet."""
    a, b = zip(*best) if best else ((), ())
    schema = pa.schema([("a", pa.string()), ("b", pa.string()), ("score", pa.float64())])
    pq.write_table(pa.table([list(a), list(b), list(best.values())], schema=schema), place)


def measured(command, work):
    """Run to the end: {cpu_seconds, wall_seconds, peak_mib}, by watch.py. What it says goes to WORK/log.txt."""
    # fastdup reports its runs over the network unless it is told not to.
    told = {**os.environ, "SENTRY_OPT_OUT": "1"}
    log, cost = work / "log.txt", work / "cost.json"
    with open(log, "wb") as said:
        watched = [sys.executable, "-I", "-S", str(WATCH), str(cost), *command]
        code = subprocess.run(watched, stdout=said, stderr=said, stdin=subprocess.DEVNULL, env=told).returncode
    if code:
        tail = log.read_text(errors="replace")[-1500:]
        raise RuntimeError(f"{' '.join(command)} ended with {code}:\n{tail}")
    return json.loads(cost.read_text())


def run(peer, tools, images, work):
    """(file of pairs, what a run took); None where the tool is not here. With several settings: the mean run."""
    best, costs = {}, []
    for strictness, setting in enumerate(peer.settings):
        place = work / str(setting)
        place.mkdir(parents=True)
        command = peer.command(tools, setting, images, place)
        if command is None:
            return None
        costs.append(measured(command, place))
        for a, b, score in peer.read(place):
            # With several settings, the first one that reports a pair is its strictest.
            score = score if len(peer.settings) == 1 else -float(strictness)
            key = (min(a, b), max(a, b))
            best[key] = max(score, best.get(key, score))
    write_pairs(best, work / "pairs.parquet")
    mean = {key: sum(cost[key] for cost in costs) / len(costs) for key in ("cpu_seconds", "wall_seconds")}
    return work / "pairs.parquet", {**mean, "peak_mib": max(cost["peak_mib"] for cost in costs), "runs": len(costs)}
