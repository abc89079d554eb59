"""Every tool that is compared: its settings from cheap to dear, the command that runs it, how its pairs are read."""

import hashlib
import json
import os
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

import numpy as np

from watch import watched

ADAPTERS = Path(__file__).with_name("adapters.py")
# Pair recall that is enough: a tool stops at its first setting that reaches it.
ENOUGH = 0.999
# A run shorter than this is repeated, and the middle one of three is kept.
SHORT, REPEATS = 10, 3


def graphs(*settings):
    return tuple(dict(zip(("M", "efc", "ef", "k"), one)) for one in settings)


# Cheapest first, by what was measured on low-rank vectors; k doubles by itself where it is too small.
GRAPHS = graphs(
    (8, 40, 50, 10),
    (12, 60, 20, 10),
    (12, 60, 50, 10),
    (16, 100, 20, 10),
    (16, 100, 50, 10),
    (24, 200, 50, 10),
    (32, 200, 100, 10),
    (48, 400, 200, 10),
)
LADDERS = {
    "numpy half": ({},),
    "faiss flat": ({},),
    "faiss IVF": tuple({"nprobe": count} for count in (2, 4, 8, 12, 16, 24, 32, 64, 128)),
    "faiss HNSW": GRAPHS,
    "hnswlib": GRAPHS,
    "usearch": GRAPHS,
    # The settings of lookalike's own hnsw engine, so that one can be held against the other.
    "bare hnsw_rs": graphs((16, 200, 64)),
}
ENGINES = ("auto", "exact", "ivf", "hnsw")
# All tools, in the order of the tables.
TOOLS = (*(f"lookalike {engine}" for engine in ENGINES), "lookalike in a budget", *LADDERS, "reading the file")
# Whose work grows with the square of n, whatever the vectors hold.
SQUARE = ("numpy half", "faiss flat")


class Tools(NamedTuple):
    """Where the programs are, and what all of them get."""

    python: str
    lookalike: str | None
    threads: int
    limit: float

    @property
    def bare(self):
        """The bare hnsw_rs is an example program of lookalike's own build."""
        program = Path(self.lookalike or "").parent / "examples" / "bare_hnsw"
        return str(program) if self.lookalike and program.exists() else None


class Job(NamedTuple):
    """One set of vectors to join."""

    vectors: Path
    threshold: float
    work: Path
    # Join with these rows instead of with itself.
    against: Path | None = None


def said(setting):
    """A setting as people read it."""
    return ", ".join(f"{name} {value}" for name, value in setting.items()) or "-"


def environment(threads):
    """BLAS and OpenMP of every library take as many threads as the others, and waiting costs no CPU."""
    names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
    return {name: str(threads) for name in names} | {"OMP_WAIT_POLICY": "passive"}


def tail(log):
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else "it said nothing"


def last_json(log):
    """The last line of a log that is a JSON object, or the whole log where it is one; {} where there is none."""
    text = log.read_text(errors="replace").strip()
    for piece in (*reversed(text.splitlines()), text):
        if piece.startswith("{") and piece.endswith("}"):
            try:
                return json.loads(piece)
            except ValueError:
                continue
    return {}


def ended(took, limit, log):
    """A note for a run that gave no pairs, or None."""
    if took["code"] is None:
        return f"too slow (> {limit:,.0f} s)"
    return f"failed: {tail(log)}" if took["code"] else None


class Outcome(NamedTuple):
    took: dict
    # (a, b) or None where there are none to read.
    pairs: tuple | None
    note: str = ""
    more: dict = {}


def run_peer(tools, tool, setting, job):
    """A library, through adapters.py; seconds are its own account, memory is seen from outside."""
    log, out = job.work / "log.txt", job.work / "pairs.npy"
    what = [tool, json.dumps(setting), job.vectors, job.threshold, tools.threads, out]
    command = [tools.python, str(ADAPTERS), *map(str, what + ([job.against] if job.against else []))]
    took = watched(command, log, tools.limit, environment(tools.threads))
    if note := ended(took, tools.limit, log):
        return Outcome(took, None, note)
    # Not mapped: the next run writes the same file again.
    pairs = np.load(out)
    return Outcome(took | last_json(log), (pairs[:, 0], pairs[:, 1]))


def run_bare(tools, setting, job):
    """hnsw_rs without anything around it: it says how many pairs it found, not which."""
    log = job.work / "log.txt"
    numbers = [setting["M"], setting["efc"], setting["ef"], tools.threads]
    took = watched([tools.bare, str(job.vectors), str(job.threshold), *map(str, numbers)], log, tools.limit)
    if note := ended(took, tools.limit, log):
        return Outcome(took, None, note)
    own = last_json(log)
    cost = {"cpu_s": own["cpu_seconds"], "wall_s": own["wall_seconds"]}
    return Outcome(took | cost, None, "recall not measured", {"pairs": own["pairs"]})


def run_lookalike(tools, setting, job):
    """`lookalike join` as a process: starting, reading and writing are in its seconds."""
    log, out = job.work / "log.txt", job.work / "pairs.parquet"
    out.unlink(missing_ok=True)
    command = [tools.lookalike, "join", str(job.vectors), "--threshold", str(job.threshold), "--out", str(out)]
    command += ["--json", "--no-progress", "--threads", str(tools.threads), "--set", f"join.engine={setting['engine']}"]
    if "MiB" in setting:
        command += ["--set", f"runtime.memory_budget_mib={setting['MiB']}"]
    if job.against:
        command += ["--against", str(job.against)]
    took = watched(command, log, tools.limit)
    if note := ended(took, tools.limit, log):
        return Outcome(took, None, note)
    more = {"said": last_json(log), "sha256": hashlib.sha256(out.read_bytes()).hexdigest()}
    return Outcome(took, read_parquet(out, ordered=not job.against), more=more)


def read_parquet(path, ordered=True):
    """(a, b) of what `lookalike join` wrote; a < b where a set was joined with itself."""
    import pyarrow.parquet as pq

    table = pq.read_table(path, columns=["id_a", "id_b"])
    a, b = (table[name].to_numpy().astype(np.int64) for name in ("id_a", "id_b"))
    return (np.minimum(a, b), np.maximum(a, b)) if ordered else (a, b)


def run(tools, tool, setting, job):
    """Outcome of one tool at one setting; of short runs the middle one of three by CPU seconds."""
    outcomes = []
    while len(outcomes) < REPEATS:
        outcomes.append(run_once(tools, tool, setting, job))
        if outcomes[-1].pairs is None or outcomes[-1].took["wall_s"] > SHORT:
            return outcomes[-1]
    return sorted(outcomes, key=lambda outcome: outcome.took["cpu_s"])[REPEATS // 2]


def run_once(tools, tool, setting, job):
    if tool.startswith("lookalike"):
        return run_lookalike(tools, setting, job)
    if tool == "bare hnsw_rs":
        return run_bare(tools, setting, job)
    return run_peer(tools, tool, setting, job)


# Asked of the Python of the peers: prints the versions of what is installed there.
ASK = """
import importlib.metadata as m, json, sys
have = {d.metadata["Name"].lower(): d.version for d in m.distributions()}
print(json.dumps({name: have[name.lower()] for name in sys.argv[1:] if name.lower() in have}))
"""
PACKAGES = {"faiss": "faiss-cpu", "hnswlib": "hnswlib", "usearch": "usearch", "numpy": "numpy"}


def versions(tools):
    """{package or program: version} of what is here."""
    asked = subprocess.run([tools.python, "-c", ASK, *PACKAGES.values()], capture_output=True, check=True)
    found = json.loads(asked.stdout)
    if tools.lookalike and os.access(tools.lookalike, os.X_OK):
        words = subprocess.run([tools.lookalike, "--version"], capture_output=True, text=True).stdout
        found["lookalike"] = next(iter(re.findall(r"\d+\.\d+\S*", words)), "unknown")
    return found


def here(tools, tool, found):
    """Whether a tool can be run, by the versions that were found."""
    if tool == "bare hnsw_rs":
        return tools.bare is not None
    return PACKAGES.get(tool.split()[0], "lookalike") in found
