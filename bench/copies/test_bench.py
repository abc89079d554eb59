"""Tests of the benchmark: python -m unittest test_bench  (seconds; needs no tool and no photographs)."""

import csv
import io
import tarfile
import tempfile
import unittest
from pathlib import Path

import numpy as np
from PIL import Image

import kinds
import make
import measures
import peers
import run
from adapters import within


def picture(seed, width=120, height=90):
    """Coarse noise, enlarged: has structure, and no two seeds look alike."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def truth_of(rows):
    """Truth of (file, role, original, kind); the source is the file's name."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "truth.csv"
        with open(path, "w", newline="") as handle:
            csv.writer(handle).writerows([make.COLUMNS, *((*row, f"source of {row[0]}") for row in rows)])
        return measures.read_truth(path)


KNOWN = (
    ("o", "original", "", ""),
    ("o1", "copy", "o", "grey"),
    ("o2", "copy", "o", "blur"),
    ("p", "original", "", ""),
    ("p1", "copy", "p", "grey"),
    ("s", "stranger", "", ""),
)


class Measures(unittest.TestCase):
    def figures(self, *pairs, ignored=()):
        return measures.measure(tuple(zip(*pairs)) or ((), (), ()), truth_of(KNOWN), ignored)

    def test_one_wrong_pair_above_the_last_right_one(self):
        found = self.figures(("o", "o1", 0.9), ("o2", "o", 0.8), ("o", "s", 0.7), ("p", "p1", 0.6))
        self.assertAlmostEqual(found["micro_ap"], (1 + 1 + 3 / 4) / 3)
        self.assertEqual((found["threshold_99"], found["recall_99"]), (0.8, 2 / 3))
        self.assertEqual(found["kinds_99"], {"blur": 1.0, "grey": 0.5})

    def test_pairs_that_are_not_listed_are_not_found(self):
        found = self.figures(("o", "o1", 0.9))
        self.assertAlmostEqual(found["micro_ap"], 1 / 3)
        self.assertEqual(found["recall_90"], 1 / 3)

    def test_two_copies_of_one_original_do_not_count(self):
        found = self.figures(("o1", "o2", 0.95), ("o", "o1", 0.9))
        self.assertAlmostEqual(found["micro_ap"], 1 / 3)
        self.assertEqual((found["listed_right"], found["listed_wrong"]), (1, 0))

    def test_equal_scores_are_one_block(self):
        pairs = [("o", "o1", 1), ("o", "o2", 1), ("p", "s", 1), ("p", "p1", 0)]
        for order in (pairs, pairs[::-1]):
            found = self.figures(*order)
            self.assertAlmostEqual(found["micro_ap"], (2 * 2 / 3 + 3 / 4) / 3)
            self.assertEqual((found["threshold_90"], found["recall_90"]), (None, 0.0))

    def test_a_pair_counts_once_and_none_with_itself(self):
        found = self.figures(("s", "p", 0.2), ("p", "s", 0.8), ("o", "o", 0.99), ("o1", "o", 0.5))
        self.assertEqual((found["listed_right"], found["listed_wrong"]), (1, 1))
        self.assertAlmostEqual(found["micro_ap"], 1 / 2 / 3)

    def test_a_threshold_counts_what_lies_at_or_above_it(self):
        found = self.figures(("o", "o1", 0.9), ("o", "s", 0.7), ("o2", "o", 0.7))
        rows = {row["threshold"]: (row["right"], row["wrong"], row["precision"]) for row in found["thresholds"]}
        self.assertEqual(rows[0.7], (2, 1, 2 / 3))
        self.assertEqual(rows[0.72], (1, 0, 1.0))
        self.assertEqual(rows[0.9], (1, 0, 1.0))
        self.assertEqual(rows[0.92], (0, 0, 0.0))

    def test_nothing_listed(self):
        self.assertEqual(self.figures()["micro_ap"], 0)

    def test_ignored_families_are_neutral(self):
        truth = truth_of(KNOWN)
        with tempfile.TemporaryDirectory() as place:
            path = Path(place) / "pairs.csv"
            path.write_text("source of p,source of o\n")
            ignored = measures.read_ignored(path, truth)
        found = self.figures(("o1", "p1", 0.9), ("o", "o1", 0.8), ("o", "s", 0.7), ignored=ignored)
        self.assertEqual((found["listed_wrong"], found["threshold_99"]), (1, 0.8))

    def test_equals_brute_force(self):
        for seed in range(40):
            dice = np.random.default_rng(seed)
            rows = [(f"{i}", "original", "", "") for i in range(4)]
            rows += [(f"c{i}", "copy", f"{i % 4}", "grey") for i in range(int(dice.integers(1, 9)))]
            names = [row[0] for row in rows]
            pairs = {tuple(sorted(dice.choice(names, 2, replace=False))): int(dice.integers(6)) for _ in range(30)}
            original = {row[0]: row[2] or row[0] for row in rows}
            right = {p for p in pairs if original[p[0]] == p[1] or original[p[1]] == p[0]}
            counted = right | {p for p in pairs if original[p[0]] != original[p[1]]}

            def exact(score):
                above = {p for p in counted if pairs[p] >= score}
                return len(above & right) / len(above)

            total = len(rows) - 4
            marks = [s for s in range(6) if any(pairs[p] == s for p in counted) and exact(s) >= 0.9]
            recall = sum(pairs[p] >= min(marks) for p in right) / total if marks else 0
            found = measures.measure([*zip(*((a, b, s) for (a, b), s in pairs.items()))], truth_of(rows))
            self.assertAlmostEqual(found["micro_ap"], sum(exact(pairs[p]) for p in right) / total)
            self.assertAlmostEqual(found["recall_90"], recall)


class Kinds(unittest.TestCase):
    def test_every_kind_makes_a_picture_that_hangs_on_nothing_else(self):
        self.assertEqual(len(kinds.KINDS), 25)
        image = picture(1)
        for kind in kinds.KINDS:
            held = kinds.copy_bytes(image, kind, 3, seed=2)
            self.assertEqual(held, kinds.copy_bytes(image, kind, 3, seed=2), kind)
            self.assertGreater(min(Image.open(io.BytesIO(held)).size), 8)
            self.assertNotEqual(held, kinds.encoded(image, "JPEG", 80), kind)

    def test_seeds_and_numbers_throw_other_dice(self):
        held = {kinds.copy_bytes(picture(1), "noise", n, seed) for n in range(3) for seed in range(3)}
        self.assertEqual(len(held), 9)

    def test_crops_keep_their_share_of_the_area(self):
        image = picture(1, 800, 500)
        for kind, share in (("crop_80", 0.8), ("crop_60", 0.6), ("crop_40", 0.4)):
            width, height = Image.open(io.BytesIO(kinds.copy_bytes(image, kind, 0))).size
            self.assertAlmostEqual(width * height / (800 * 500), share, delta=0.002)
            self.assertAlmostEqual(width / height, 1.6, delta=0.01)

    def test_frames_have_so_many_forms(self):
        for kind in kinds.FRAMES:
            held = {kinds.copy_bytes(picture(1), kind, number) for number in range(60)}
            self.assertEqual(len(held), kinds.TEMPLATES, kind)


class Collection(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.place = Path(cls.folder.name)
        (cls.place / "photos").mkdir()
        for i in range(12):
            picture(i).save(cls.place / f"photos/{i:02d}.png")
        picture(3).save(cls.place / "photos/zz-again.png")
        (cls.place / "photos/broken.jpg").write_bytes(b"no picture")
        with tarfile.open(cls.place / "strangers.tar", "w") as shard:
            for i in range(20):
                held = kinds.encoded(picture(100 + i), "PNG", 0)
                member = tarfile.TarInfo(f"{i:02d}.png")
                member.size = len(held)
                shard.addfile(member, io.BytesIO(held))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def made(self, name, *more):
        out = self.place / name
        command = ["--photos", f"{self.place}/photos", "--strangers", f"{self.place}/strangers.tar", "--out", str(out)]
        make.main([*command, "--part", "all", "--copied", "2", "--framed", "6", *more])
        with open(out / "truth.csv", newline="") as handle:
            return out, list(csv.DictReader(handle))

    def test_same_seed_same_bytes(self):
        (one, _), (two, _), (other, _) = self.made("a"), self.made("b"), self.made("c", "--seed", "2")
        read = [{p.name: p.read_bytes() for p in sorted(o.rglob("*")) if p.is_file()} for o in (one, two, other)]
        self.assertEqual(read[0], read[1])
        self.assertNotEqual(read[0], read[2])

    def test_roles_are_as_asked_and_nothing_is_there_twice(self):
        out, rows = self.made("d")
        count = {role: sum(row["role"] == role for row in rows) for role in ("original", "copy", "stranger", "framed")}
        # 12 photographs that differ, 2 with copies; 20 strangers, 6 of them framed.
        self.assertEqual(count, {"original": 2, "copy": 50, "stranger": 10 + 14, "framed": 6})
        self.assertEqual([row["file"] for row in rows], sorted(p.name for p in (out / "images").iterdir()))
        alone = [row["source"] for row in rows if row["role"] != "copy"]
        self.assertEqual(len(alone), len(set(alone)))
        self.assertEqual({row["kind"] for row in rows if row["role"] == "framed"}, set(kinds.FRAMES))
        originals = {row["file"]: row["source"] for row in rows if row["role"] == "original"}
        for row in rows:
            self.assertTrue(row["role"] != "copy" or originals[row["original"]] == row["source"])

    def test_parts_share_nothing(self):
        parts = [{row["source"] for row in self.made(part, "--part", part)[1]} for part in ("look", "final")]
        self.assertFalse(parts[0] & parts[1])
        self.assertEqual(len(parts[0] | parts[1]), 32)
        self.assertEqual(make.part_of("a/b.jpg"), make.part_of("c/b.jpg"))


class Peers(unittest.TestCase):
    def test_the_strictest_setting_that_reports_a_pair_ranks_it(self):
        reported = {"1": [["a", "b"]], "2": [["c", "b", "a"]]}
        with tempfile.TemporaryDirectory() as place:

            def command(tools, setting, images, work):
                with open(work / "pairs.csv", "w", newline="") as handle:
                    csv.writer(handle).writerows(pair for group in reported[setting] for pair in within(group))
                return ["true"]

            peer = peers.Peer(("1", "2"), command, peers.written_pairs)
            pairs, cost = peers.run(peer, None, None, Path(place))
            a, b, score = measures.read_pairs(pairs)
        self.assertEqual(dict(zip(zip(a, b), score)), {("a", "b"): 0, ("b", "c"): -1, ("a", "c"): -1})
        self.assertEqual(cost["runs"], 2)

    def test_memory_of_the_starter_is_not_counted(self):
        held = np.ones(300 << 20, np.uint8)
        with tempfile.TemporaryDirectory() as place:
            cost = peers.measured(["true"], Path(place))
            with self.assertRaisesRegex(RuntimeError, "ended with 1"):
                peers.measured(["false"], Path(place))
        self.assertLess(cost["peak_mib"], 100 * held[0])

    def test_groups_of_czkawka(self):
        entry = '{{"path": "/x/{}.jpg", "size": 1, "hashes": [], "difference": {}}}'
        with tempfile.TemporaryDirectory() as place:
            groups = f"[[{entry.format('a', 0)}, {entry.format('b', 3)}, {entry.format('c', 5)}]]"
            (Path(place) / "groups.json").write_text(groups)
            found = {(a, b) for a, b, _ in peers.czkawka_pairs(Path(place))}
        self.assertEqual(found, {("a.jpg", "b.jpg"), ("a.jpg", "c.jpg"), ("b.jpg", "c.jpg")})

    def test_a_smaller_collection_keeps_families_and_the_mixture(self):
        rows = [(f"o{i:02d}", "original", "", "") for i in range(20)]
        rows += [(f"s{i:03d}", "stranger", "", "") for i in range(100)]
        rows += [(f"c{i:02d}{kind}", "copy", f"o{i:02d}", kind) for i in range(20) for kind in ("grey", "blur")]
        kept = run.fewer(truth_of(rows), 40)
        self.assertEqual([sum(file[0] == letter for file in kept) for letter in "ocs"], [5, 10, 25])
        self.assertTrue(all(f"o{file[1:3]}" in kept for file in kept if file[0] == "c"))

    def test_what_is_not_installed_is_left_out(self):
        with tempfile.TemporaryDirectory() as place:
            nothing = peers.Tools(python="false")
            for name in ("lookalike", "czkawka 16", "fastdup"):
                self.assertIsNone(peers.run(peers.PEERS[name], nothing, Path(place), Path(place) / name))


if __name__ == "__main__":
    unittest.main()
