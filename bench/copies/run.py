"""Every tool over one collection, and tables of what they found.

    python run.py COLLECTION --lookalike ../../target/debug/lookalike --out results.json
    python run.py --tables results.json

Each tool writes into --work, is measured while it runs, and is judged by measures.py. A tool that is not
installed is named and left out.
"""

import argparse
import csv
import json
import re
import shutil
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path

import kinds
from measures import measure, read_ignored, read_pairs, read_truth
from peers import PEERS, Tools, run

# Asked of the Python of the peers: prints the versions of what is installed there.
ASK = """
import importlib.metadata as m, json, sys
have = {d.metadata["Name"].lower(): d.version for d in m.distributions()}
print(json.dumps({name: have[name.lower()] for name in sys.argv[1:] if name.lower() in have}))
"""
PACKAGES = ("fastdup", "imagededup", "cleanvision", "difPy", "numpy", "pillow")


def fewer(truth, limit):
    """About `limit` of the files: every n-th original with its copies and every n-th other, so the mixture stays."""
    copied = set(truth.family[truth.is_copy].tolist())
    heads = sorted((i not in copied, file, i) for file, i in truth.number.items() if not truth.is_copy[i])
    step = len(truth.number) / limit
    chosen = {heads[int(n * step)][2] for n in range(int(len(heads) / step))}
    return {file for file, i in truth.number.items() if int(truth.family[i]) in chosen}


def given(collection, limit, work):
    """(folder of pictures, the files in it or None for all): a smaller copy where the tool has a limit."""
    truth = read_truth(collection / "truth.csv")
    if limit is None or len(truth.number) <= limit:
        return collection / "images", None
    kept, folder = fewer(truth, limit), work / "images"
    folder.mkdir()
    for file in sorted(kept):
        shutil.copyfile(collection / "images" / file, folder / file)
    return folder, kept


def judge(name, args, tools):
    """The row of one tool, or None."""
    work = args.work / name.replace(" ", "-")
    if work.exists():
        shutil.rmtree(work)
    work.mkdir(parents=True)
    images, kept = given(args.collection, PEERS[name].limit if not args.no_limits else None, work)
    outcome = run(PEERS[name], tools, images, work)
    if outcome is None:
        return None
    pairs, cost = outcome
    truth = read_truth(args.collection / "truth.csv", kept)
    ignored = read_ignored(args.ignore, truth) if args.ignore else ()
    count = len(truth.number)
    row = {"tool": name, "images": count, "whole": kept is None, **cost, "per_cpu_second": count / cost["cpu_seconds"]}
    return row | measure(read_pairs(pairs), truth, ignored)


def versions(tools):
    """What was compared, as far as it says so itself."""
    found = json.loads(subprocess.run([tools.python, "-c", ASK, *PACKAGES], capture_output=True, check=True).stdout)
    for name, program in (("lookalike", tools.lookalike), ("czkawka", tools.czkawka)):
        if program:
            said = subprocess.run([program, "--version"], capture_output=True, text=True).stdout
            found[name] = next(iter(re.findall(r"\d+\.\d+\S*", said)), "unknown")
    return found


def percent(share):
    return f"{100 * share:.1f}"


def main_table(rows):
    lines = [
        "| tool | micro-AP | recall at 99 % precision | recall at 90 % | images per CPU second | peak MiB |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        name = row["tool"] if row["whole"] else f"{row['tool']} ({row['images']:,} of the images)"
        found = f"{row['micro_ap']:.3f} | {percent(row['recall_99'])} | {percent(row['recall_90'])}"
        lines.append(f"| {name} | {found} | {row['per_cpu_second']:.1f} | {row['peak_mib']:,.0f} |")
    return "\n".join(lines)


def kinds_table(rows):
    """A line per kind, a column per tool; lookalike also at 90 %."""
    columns = []
    for row in rows:
        columns.append((row["tool"], row["kinds_99"]))
        if row["tool"].startswith("lookalike"):
            columns.append((f"{row['tool']} at 90 %", row["kinds_90"]))
    lines = ["| kind | " + " | ".join(name for name, _ in columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for kind in kinds.KINDS:
        cells = (f"{100 * shares[kind]:.0f}" if kind in shares else "" for _, shares in columns)
        lines.append(f"| {kind} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def thresholds_table(row):
    """What each threshold of lookalike gives on this collection."""
    lines = ["| threshold | right | wrong | precision | recall |", "|---|---|---|---|---|"]
    for at in row["thresholds"]:
        counts = f"{at['threshold']:.2f} | {at['right']:,} | {at['wrong']:,}"
        lines.append(f"| {counts} | {percent(at['precision'])} | {percent(at['recall'])} |")
    return "\n".join(lines)


def tables(results):
    found = results["collection"]
    counts = ", ".join(f"{count:,} {role}" for role, count in found["roles"].items())
    said = "Recall in percent per kind of edit, at 99 % precision over all kinds together:"
    rows = results["tools"]
    text = f"{found['images']:,} images: {counts}.\n\n{main_table(rows)}\n\n{said}\n\n{kinds_table(rows)}"
    for row in rows:
        if row["tool"] == "lookalike":
            text += f"\n\nThresholds of lookalike:\n\n{thresholds_table(row)}"
    return text


def described(collection):
    with open(collection / "truth.csv", newline="") as handle:
        roles = [row["role"] for row in csv.DictReader(handle)]
    order = ("original", "copy", "stranger", "framed")
    return {"images": len(roles), "roles": {role: roles.count(role) for role in order}}


def main(argv=None):
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("collection", nargs="?", type=Path, help="what make.py wrote")
    p.add_argument("--lookalike", help="the lookalike program")
    p.add_argument("--czkawka", help="the czkawka_cli program")
    p.add_argument("--peers", default=sys.executable, help="the Python that has requirements-peers.txt")
    p.add_argument("--only", nargs="+", choices=PEERS, help="these tools alone", metavar="NAME")
    p.add_argument("--no-limits", action="store_true", help="give slow tools the whole collection too")
    p.add_argument("--ignore", type=Path, help="CSV of pairs of sources that a person found to be copies")
    p.add_argument("--work", type=Path, help="where tools write; default: a temporary folder")
    p.add_argument("--out", type=Path, default=Path("results.json"), help="the rows of other tools in it stay")
    p.add_argument("--tables", type=Path, help="print the tables of a results.json; run nothing")
    args = p.parse_args(argv)
    if args.tables:
        return print(tables(json.loads(args.tables.read_text())))
    if not args.collection:
        p.error("give the collection that make.py wrote")
    with tempfile.TemporaryDirectory(prefix="copies-") as place:
        args.work = args.work or Path(place)
        run_all(args, Tools(args.peers, args.lookalike, args.czkawka))


def begun(args, tools):
    """Results to go on with: the rows of other tools stay where --out holds figures of the same collection."""
    results = {"made_by": "bench/copies/run.py", "collection": described(args.collection)}
    before = json.loads(args.out.read_text()) if args.out.exists() else {}
    rows = before.get("tools", []) if before.get("collection") == results["collection"] else []
    results |= {"date": date.today().isoformat(), "versions": versions(tools), "tools": rows}
    if rows:
        results["versions"] = before["versions"] | results["versions"]
    return results


def run_all(args, tools):
    results = begun(args, tools)
    order = list(PEERS)
    for name in args.only or PEERS:
        print(f"{name} ...", end=" ", file=sys.stderr, flush=True)
        try:
            row = judge(name, args, tools)
        except RuntimeError as failure:
            print(f"failed: {failure}", file=sys.stderr)
            continue
        if row is None:
            print("not here, left out", file=sys.stderr)
            continue
        print(f"micro-AP {row['micro_ap']:.3f}, {row['cpu_seconds']:.0f} CPU seconds a run", file=sys.stderr)
        kept = [other for other in results["tools"] if other["tool"] != name]
        results["tools"] = sorted([*kept, row], key=lambda one: order.index(one["tool"]))
        # After each tool, so that a run that is stopped has not been for nothing.
        args.out.write_text(json.dumps(results, indent=1) + "\n")
    print(tables(results))


if __name__ == "__main__":
    main()
