"""Tests of the benchmark: python -m unittest test_join_bench  (seconds; libraries that are missing are skipped)."""

import importlib.util
import json
import sys
import tempfile
import unittest
from pathlib import Path

import numpy as np

import adapters
import peers
import run
import sets
import show
import truth
import watch


def vectors(n, d, seed=0):
    return sets.unit(np.random.default_rng(seed).standard_normal((n, d), np.float32))


def filled(name, n=400, d=96, chunk=100):
    out = np.zeros((n, d), np.float32)
    sets.SETS[name].fill(out, chunk)
    return out


class Folder(unittest.TestCase):
    def setUp(self):
        held = tempfile.TemporaryDirectory()
        self.addCleanup(held.cleanup)
        self.place = Path(held.name)


class Sets(Folder):
    def test_the_same_bytes_twice_and_near_the_same_in_any_chunks(self):
        for name in sets.SETS:
            rows = filled(name)
            self.assertEqual(rows.tobytes(), filled(name).tobytes(), name)
            # No draw depends on the chunk; the last bits of a product may.
            np.testing.assert_allclose(rows, filled(name, chunk=400), atol=1e-6, err_msg=name)
            np.testing.assert_allclose(rows, filled(name, chunk=7), atol=1e-6, err_msg=name)
            np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-6, err_msg=name)

    def test_a_file_holds_what_is_filled_in_memory(self):
        path = sets.written(self.place / "a.npy", (400, 96), lambda out: sets.SETS["bursts"].fill(out, 100))
        held = np.load(path)
        self.assertEqual(held.tobytes(), filled("bursts").tobytes())
        self.assertEqual((held.dtype, held.flags.c_contiguous), (np.float32, True))
        again = sets.written(path, (400, 96), lambda out: self.fail("a file that is there is not made again"))
        self.assertEqual(again, path)

    def test_a_fifth_is_planted_at_the_cosines_that_were_drawn(self):
        rows = filled("full-rank", 1000, 256)
        best = (rows @ rows.T - 2 * np.eye(1000)).max(1)
        near = np.sort(best)[-200:]
        self.assertGreater(near.min(), sets.COSINES[0] - 1e-5)
        self.assertLess(best.max(), sets.COSINES[1] + 1e-5)

    def test_beside_gives_the_cosine(self):
        rows, cosines = vectors(50, 32), np.linspace(0.5, 1, 50)
        near = sets.beside(rows, cosines, vectors(50, 32, seed=1))
        np.testing.assert_allclose((rows * near).sum(1), cosines, atol=1e-6)

    def test_bursts_are_there(self):
        rows = filled("bursts", 4000, 64, 1000)
        _, counts = np.unique(rows, axis=0, return_counts=True)
        self.assertEqual(counts.max(), 200)
        alike = (rows @ rows.T >= 0.9).sum(1)
        self.assertGreaterEqual((alike >= 200).sum(), 400)

    def test_wide_rows_look_like_activations(self):
        rows = filled("wide", 500, 1024)
        self.assertGreaterEqual(rows.min(), 0)
        self.assertAlmostEqual((rows == 0).mean(), 1 / 3, delta=0.08)

    def test_newcomers_have_old_neighbours(self):
        old = sets.written(self.place / "old.npy", (300, 64), lambda out: np.copyto(out, vectors(300, 64)))
        new = np.load(sets.newcomers(self.place, old, 40))
        best = (new @ np.load(old).T).max(1)
        self.assertTrue(((best > 0.49) & (best < 0.9901)).all())

    @unittest.skipUnless(importlib.util.find_spec("pyarrow"), "needs pyarrow")
    def test_vectors_of_a_scan_are_read_as_its_record_names_them(self):
        import pyarrow as pa
        import pyarrow.parquet as pq

        folder = self.place / "features" / "aa"
        folder.mkdir(parents=True)
        kind, rows = pa.list_(pa.float32(), 3), [[[1, 0, 0], None], [[0, 1, 0], [0, 0, 0]], [[9, 9, 9]]]
        for i, part in enumerate(rows):
            table = pa.table({"content": list("ab")[: len(part)], "vector": pa.array(part, kind)})
            pq.write_table(table, folder / f"{i}.parquet")
        # The third file is of a generation that was never committed.
        record = {"space": "aa", "files": {f"features/aa/{i}.parquet": {} for i in (1, 0)}}
        (self.place / "commit.json").write_text(json.dumps(record))
        self.assertEqual(sets.from_dir(self.place).tolist(), [[1, 0, 0], [0, 1, 0]])


class Truths(Folder):
    def looped(self, left, right, t, half):
        pairs = [(i, j) for i in range(len(left)) for j in range(i + 1 if half else 0, len(right))]
        return {(i, j) for i, j in pairs if float(left[i].astype(float) @ right[j].astype(float)) >= t}

    def test_equals_a_double_loop(self):
        rows = filled("bursts", 300, 32, 64)
        found = truth.of_one(rows, 0.9)
        self.assertEqual({*zip(found.a.tolist(), found.b.tolist())}, self.looped(rows, rows, 0.9, True))
        found = truth.of_two(rows[:20], rows[20:], 0.8)
        self.assertEqual({*zip(found.a.tolist(), found.b.tolist())}, self.looped(rows[:20], rows[20:], 0.8, False))

    def test_blocks_change_nothing(self):
        rows, sizes = filled("bursts", 300, 32, 64), (truth.ROWS, truth.COLUMNS)
        whole = truth.of_one(rows, 0.9)
        self.addCleanup(lambda: [setattr(truth, name, size) for name, size in zip(("ROWS", "COLUMNS"), sizes)])
        truth.ROWS, truth.COLUMNS = 32, 70
        small = truth.of_one(rows, 0.9)
        self.assertEqual({*zip(small.a, small.b)}, {*zip(whole.a, whole.b)})

    def test_a_sample_knows_all_pairs_of_its_rows(self):
        rows = filled("bursts", 300, 32, 64)
        whole, part = truth.of_one(rows, 0.9), truth.of_one(rows, 0.9, most=0, sample=50)
        self.assertEqual(len(part.sample), 50)
        inside = {*part.sample.tolist()}
        wanted = {(a, b) for a, b in zip(whole.a.tolist(), whole.b.tolist()) if a in inside or b in inside}
        self.assertEqual({*zip(part.a.tolist(), part.b.tolist())}, wanted)
        judged = truth.judged(part, whole.a, whole.b)
        self.assertEqual((judged["recall"], judged["wrong"], judged["pairs"]), (1, 0, len(whole.a)))

    def known(self, *pairs, sample=()):
        a, b, similarity = (np.array(column) for column in zip(*pairs))
        return truth.Truth(0.9, a, b, similarity, np.array(sample, np.int64), 10)

    def test_recall_leaves_the_border_out(self):
        known = self.known((0, 1, 0.95), (0, 2, 0.900001), (0, 3, 0.899999), (1, 2, 0.91))
        self.assertEqual(truth.judged(known, [0], [1])["recall"], 1 / 2)
        self.assertEqual(truth.judged(known, [0, 0, 0], [1, 2, 3])["wrong"], 0)
        twice = {"recall": 1, "pairs": 2, "wrong": 0, "true_pairs": 2}
        self.assertEqual(truth.judged(known, [0, 1, 1], [1, 2, 2]), twice)

    def test_wrong_pairs_are_counted(self):
        known = self.known((0, 1, 0.95), sample=(0,))
        judged = truth.judged(known, [0, 0, 5], [1, 7, 6])
        self.assertEqual((judged["recall"], judged["wrong"], judged["pairs"]), (1, 1, 3))

    def test_nothing_found_and_nothing_there(self):
        known = self.known((0, 1, 0.95))
        self.assertEqual(truth.judged(known, [], [])["recall"], 0)
        self.assertEqual(truth.judged(known._replace(threshold=0.99), [], [])["recall"], 1)

    def test_a_kept_truth_is_the_same(self):
        rows, path = filled("bursts", 300, 32, 64), self.place / "a.truth.npz"
        first = truth.kept(path, lambda: truth.of_one(rows, 0.9))
        again = truth.kept(path, lambda: self.fail("a truth that is there is not computed again"))
        for one, other in zip(first, again):
            np.testing.assert_array_equal(one, other)


class Adapters(Folder):
    """Every library finds what a double loop finds; k widens until the last hit is under the threshold."""

    def joined(self, tool, setting, rows, threshold=0.9):
        np.save(self.place / "v.npy", rows)
        out, log = self.place / "pairs.npy", self.place / "log.txt"
        what = [tool, json.dumps(setting), self.place / "v.npy", threshold, 2, out]
        took = watch.watched([sys.executable, str(peers.ADAPTERS), *map(str, what)], log, 60)
        self.assertEqual(took["code"], 0, log.read_text())
        self.assertGreater(peers.last_json(log)["cpu_s"], 0)
        return np.load(out).T

    def test_every_library_that_is_here(self):
        rows = filled("low-rank", 1500, 64, 500)
        known = truth.of_one(rows, 0.9)
        for tool in adapters.TOOLS:
            module = tool.split()[0]
            with self.subTest(tool):
                if not importlib.util.find_spec(module):
                    self.skipTest(f"needs {module}")
                judged = truth.judged(known, *self.joined(tool, peers.LADDERS[tool][-1], rows))
                self.assertEqual((judged["recall"], judged["wrong"]), (1, 0))

    def test_the_square_is_halved_in_blocks(self):
        rows = filled("bursts", 2500, 16, 500)
        judged = truth.judged(truth.of_one(rows, 0.95), *self.joined("numpy half", {}, rows, 0.95))
        self.assertEqual((judged["recall"], judged["wrong"]), (1, 0))

    def test_k_widens(self):
        rows = filled("bursts", 1000, 64, 500)
        asked = []

        def query(queries, k):
            asked.append(k)
            similarity = queries @ rows.T
            ids = np.argsort(-similarity, axis=1)[:, :k]
            return ids, np.take_along_axis(similarity, ids, 1)

        pairs = adapters.self_join(lambda queries: adapters.by_nearest(query, queries, 0.9, 10, 1000), rows)
        judged = truth.judged(truth.of_one(rows, 0.9), *pairs.T)
        self.assertEqual((judged["recall"], judged["wrong"]), (1, 0))
        self.assertGreaterEqual(max(asked), 64)

    def test_two_sets(self):
        old, new = vectors(500, 16), vectors(60, 16, seed=1)
        known = truth.of_two(new, old, 0.5)
        pairs = adapters.two_join(adapters.numpy_half(old, {}, 2, 0.5), new)
        self.assertEqual({*map(tuple, pairs.tolist())}, {*zip(known.a.tolist(), known.b.tolist())})


class Watch(Folder):
    def test_anonymous_memory_and_seconds_are_seen(self):
        program = "import time; held = bytearray(b'x') * (80 << 20); time.sleep(0.3)"
        took = watch.watched([sys.executable, "-c", program], self.place / "log", 60)
        self.assertEqual(took["code"], 0)
        self.assertTrue(80 <= took["peak_anon_mib"] < 200, took)
        self.assertGreaterEqual(took["wall_s"], 0.3)

    def test_what_is_too_slow_is_ended(self):
        took = watch.watched(["sleep", "60"], self.place / "log", 0.1)
        self.assertIsNone(took["code"])
        self.assertEqual(peers.ended(took, 0.1, self.place / "log")[:8], "too slow")

    def test_a_failure_says_why(self):
        log = self.place / "log"
        took = watch.watched([sys.executable, "-c", "import sys; sys.exit('no such engine')"], log, 60)
        self.assertEqual(peers.ended(took, 60, log), "failed: no such engine")


def cell(tool="hnswlib", recall=1.0, cpu=1.0, n=20_000, name="low-rank", setting=None, **more):
    given = setting or {"ef": 20}
    said = {"set": name, "n": n, "d": 512, "t": 0.9, "tool": tool, "given": given, "setting": peers.said(given)}
    cost = {"recall": recall, "pairs": 10, "cpu_s": cpu, "wall_s": cpu / 2, "peak_anon_mib": 50.0, "note": ""}
    return said | cost | more


class Ladders(unittest.TestCase):
    def climbed(self, recalls, done=()):
        asked = []

        def one(rung):
            asked.append(rung)
            return cell(recall=recalls[rung])

        known = {rung: cell(recall=recalls[rung]) for rung in done}
        return run.climbed(range(len(recalls)), known.get, one), asked

    def test_stops_at_the_first_that_reaches(self):
        tried, asked = self.climbed([0.9, 0.999, 1.0])
        self.assertEqual((len(tried), asked), (2, [0, 1]))

    def test_what_is_known_is_not_run_again(self):
        tried, asked = self.climbed([0.9, 0.99, 1.0], done=(0,))
        self.assertEqual((len(tried), asked), (3, [1, 2]))

    def test_stops_where_a_setting_gives_nothing(self):
        tried, asked = self.climbed([0.9, None, 1.0])
        self.assertEqual((len(tried), asked), (2, [0, 1]))

    def test_best(self):
        cells = [cell(recall=0.99, cpu=1), cell(recall=0.9995, cpu=3), cell(recall=1.0, cpu=2)]
        self.assertIs(show.best(cells), cells[2])
        self.assertIs(show.best(cells[:1] + [cell(recall=0.5)]), cells[0])
        nothing = [cell(recall=None, note="too slow (> 5 s)")]
        self.assertIs(show.best(nothing), nothing[0])

    def test_a_million_rows_get_the_setting_that_won_before(self):
        with tempfile.TemporaryDirectory() as place:
            record = run.Record(Path(place) / "r.json", {"versions": {}})
            rungs = ({"ef": 1}, {"ef": 2}, {"ef": 3})
            for i, recall in enumerate((0.9, 0.9995)):
                record.add(cell(recall=recall, n=100_000, setting=rungs[i]))
            self.assertEqual(run.rungs_at(record, "low-rank", 1_000_000, "hnswlib", rungs), ({"ef": 2},))
            self.assertEqual(run.rungs_at(record, "low-rank", 100_000, "hnswlib", rungs), rungs)
            self.assertEqual(run.rungs_at(record, "full-rank", 1_000_000, "hnswlib", rungs), rungs)


FAKE = """#!{python}
import json, sys
import pyarrow as pa, pyarrow.parquet as pq
asked = sys.argv[1:]
table = {{"id_a": pa.array([4, 2], pa.uint64()), "id_b": pa.array([1, 3], pa.uint64()), "similarity": [0.9, 1.0]}}
pq.write_table(pa.table(table), asked[asked.index("--out") + 1])
print("a warning", file=sys.stderr)
print(json.dumps({{"engine": "exact", "asked": asked}}))
"""


class Runs(Folder):
    def args(self, *more):
        work, out = str(self.place / "work"), str(self.place / "r.json")
        return ["--work", work, "--out", out, "--sets", "low-rank", "--sizes", "1000", "--only", "numpy half", *more]

    def ran(self, *more):
        from contextlib import redirect_stderr, redirect_stdout
        from io import StringIO

        words, tables = StringIO(), StringIO()
        with redirect_stderr(words), redirect_stdout(tables):
            run.main(self.args(*more))
        return words.getvalue(), tables.getvalue()

    def test_a_finished_cell_is_kept(self):
        words, tables = self.ran()
        self.assertIn("recall 1", words)
        self.assertIn("### low-rank, 1,000 x 512, t = 0.9", tables)
        before = (self.place / "r.json").read_text()
        words, again = self.ran()
        self.assertEqual((words, again), ("", tables))
        results = json.loads(before)
        results["cells"][0]["note"] = "failed: it fell over"
        (self.place / "r.json").write_text(json.dumps(results))
        self.assertIn("recall 1", self.ran()[0])
        self.assertIn("recall 1", self.ran("--again")[0])
        self.assertEqual(len(json.loads((self.place / "r.json").read_text())["cells"]), 1)

    @unittest.skipUnless(importlib.util.find_spec("pyarrow"), "needs pyarrow")
    def test_what_lookalike_says_and_writes_is_read(self):
        program = self.place / "lookalike"
        program.write_text(FAKE.format(python=sys.executable))
        program.chmod(0o755)
        vectors = sets.made(self.place, "low-rank", 300)
        tools = peers.Tools(sys.executable, str(program), 2, 60)
        job = peers.Job(vectors, 0.9, self.place)
        outcome = peers.run(tools, "lookalike in a budget", {"engine": "auto", "MiB": 64}, job)
        self.assertEqual([column.tolist() for column in outcome.pairs], [[1, 2], [4, 3]])
        options = ["--threads", "2", "--set", "join.engine=auto", "--set", "runtime.memory_budget_mib=64"]
        self.assertEqual(outcome.more["said"]["asked"][-6:], options)
        self.assertEqual(len(outcome.more["sha256"]), 64)
        two = peers.run(tools, "lookalike auto", {"engine": "auto"}, job._replace(against=vectors))
        self.assertEqual([column.tolist() for column in two.pairs], [[4, 2], [1, 3]])
        self.assertEqual(two.more["said"]["asked"][-2:], ["--against", str(vectors)])

    def test_the_plan_names_known_tools_once(self):
        for name, one in sets.SETS.items():
            for n in (5000, *one.sizes):
                named = [tool for tool, _ in run.plan(name, n)]
                self.assertEqual(len(named), len(set(named)))
                self.assertLessEqual(set(named), set(peers.TOOLS))

    def test_sizes(self):
        self.assertEqual(run.sizes_of("wide", None), (100_000,))
        self.assertEqual(run.sizes_of("wide", [5000, 20_000, 100_000]), (5000, 100_000))
        self.assertEqual(run.sizes_of("low-rank", [7, 30_000, 1_000_000]), (7, 1_000_000))

    def test_real_sets(self):
        self.assertEqual(run.real_set("resnet56-gap=x/y"), ("resnet56-gap", 0.99, Path("x/y")))
        self.assertEqual(run.real_set("mine@0.7=x"), ("mine", 0.7, Path("x")))
        for wrong in ("mine=x", "resnet56-gap", "mine@0.7"):
            with self.assertRaises(Exception):
                run.real_set(wrong)


class Shown(unittest.TestCase):
    def results(self):
        auto = {"engine": "auto"}
        claim = {"engine": "ivf", "recall": {"estimate": 0.9996, "low": 0.999, "high": 0.9999, "sample": 500}}
        cells = [
            cell("lookalike auto", cpu=0.5, setting=auto, said=claim, sha256="a", true_pairs=9),
            cell("lookalike in a budget", cpu=0.6, setting=auto | {"MiB": 256}, sha256="b"),
            cell("faiss flat", None, note="too slow (> 5 s)", pairs=None),
            cell(recall=0.99, setting={"ef": 10}),
            cell(recall=0.998, cpu=20, setting={"ef": 90}),
            cell("lookalike auto", cpu=3, n=100_000, setting=auto),
        ]
        machine = {"cpu": "A CPU", "cores": 2, "threads": 2, "kernels": ["avx2"], "versions": {"numpy": "2"}}
        return {"machine": machine, "cells": cells}

    def test_tables(self):
        lines = show.tables(self.results()).splitlines()
        self.assertIn("A CPU, 2 cores (avx2), 2 threads for every tool. numpy 2.", lines)
        self.assertIn("Up to 10 pairs found; recall is of 9 pairs.", lines)
        claim = "took ivf; says recall 0.9996 (0.9990 to 0.99990)"
        self.assertIn(f"| lookalike auto | engine auto | 1 | 0.50 | 1.0 | 0.25 | 50 | {claim} |", lines)
        other = "**other bytes than without**"
        self.assertIn(f"| lookalike in a budget | engine auto, MiB 256 | 1 | 0.60 | 1.2 | 0.30 | 50 | {other} |", lines)
        self.assertIn("| faiss flat | ef 20 |  | | | | | too slow (> 5 s) |", lines)
        tried = "setting 2 of 2 tried; **under 0.999**"
        self.assertIn(f"| hnswlib | ef 90 | 0.9980 | 20.0 | 40.0 | 10.0 | 50 | {tried} |", lines)
        self.assertIn("| lookalike auto | 0.50 | 3.00 |", lines)
        self.assertIn("| hnswlib | 20.0 (recall 0.9980) |  |", lines)

    def test_recall_is_1_only_where_nothing_is_missed(self):
        shown = [show.share(value) for value in (1.0, 0.999999, 0.99897, 0.5, None)]
        self.assertEqual(shown, ["1", "0.99999", "0.9989", "0.5000", ""])

    def test_labels_are_moved_apart(self):
        moved = sorted(show.spread([1.0, 1.0, 1.05, 3.0], 0.2))
        self.assertGreater(min(np.diff(moved)), 0.19)

    @unittest.skipUnless(importlib.util.find_spec("matplotlib"), "needs matplotlib")
    def test_the_plot_is_drawn(self):
        with tempfile.TemporaryDirectory() as place:
            show.plot(self.results(), Path(place) / "a.png")
            self.assertGreater((Path(place) / "a.png").stat().st_size, 10_000)


if __name__ == "__main__":
    unittest.main()
