"""Tests of the training code: python -m unittest test_training  (about a minute on two cores)."""

import json
import subprocess
import sys
import tempfile
import unittest
from argparse import Namespace
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import data
import edits
import evaluate
import export
import frames
import golden
import schedule
import train
import travel
from alike import nearest
from average import average
from loss import contrast
from model import Net, describe


def noise_pictures(count, side=data.SIDE):
    return np.random.default_rng(5).integers(0, 256, (count, side, side, 3), dtype=np.uint8)


class Data(unittest.TestCase):
    def test_split_is_fixed_and_disjoint(self):
        ours, held = data.split(11779)
        again, _ = data.split(11779)
        self.assertEqual((len(ours), len(held)), (10579, 1200))
        self.assertFalse(set(ours) & set(held))
        np.testing.assert_array_equal(ours, again)

    def test_batches_are_a_function_of_the_step(self):
        groups = [f"g{i % 7}" for i in range(100)]
        one, two = (data.Batches(np.arange(100), groups, 8, 3) for _ in range(2))
        forward = [one.at(s) for s in range(30)]
        for step in reversed(range(30)):
            np.testing.assert_array_equal(two.at(step), forward[step])
        epoch = np.concatenate(forward[: one.per_epoch])
        self.assertEqual(len(set(epoch)), len(epoch))

    def test_batches_put_alike_pictures_together(self):
        alike = np.array([[i ^ 1, -1] for i in range(40)])
        batches = data.Batches(np.arange(40), ["g"] * 40, 8, 3, run=2, alike=alike)
        for step in range(10):
            taken = set(batches.at(step))
            self.assertEqual({i ^ 1 for i in taken}, taken)

    def test_alike_of_other_pictures_is_refused(self):
        with self.assertRaisesRegex(ValueError, "of 39 pictures, there are 40"):
            data.Batches(np.arange(40), ["g"] * 40, 8, 3, alike=np.zeros((39, 2), int))

    def test_nearest_strangers_leave_out_the_same_picture(self):
        turn = np.deg2rad(np.array([0, 1, 40, 70, 180]))
        vectors = np.stack([np.cos(turn), np.sin(turn)], 1).astype(np.float32)
        found = nearest(vectors, np.array([0, 1, 2, 4]), count=1)
        np.testing.assert_array_equal(found[:, 0], [2, 2, 1, -1, 2])

    def test_transparency_lies_on_white(self):
        with tempfile.TemporaryDirectory() as place:
            Image.new("RGBA", (8, 8), (0, 0, 0, 0)).save(Path(place) / "a.png")
            self.assertEqual(data.squash(data.open_rgb(Path(place) / "a.png"), 4).min(), 255)


class Travel(unittest.TestCase):
    def test_what_travels_is_what_is_trained_on(self):
        with tempfile.TemporaryDirectory() as place:
            (Path(place) / "pictures").mkdir()
            for i in range(20):
                golden.scene(i % 8).rotate(10 * i).save(f"{place}/pictures/{i:02d}.png")
            here, _, rows = data.load([f"{place}/pictures"], cache=f"{place}/cache")
            command = [sys.executable, travel.__file__, "--data", f"{place}/pictures", "--cache", f"{place}/cache"]
            subprocess.run([*command, "--limit", "0.5", "--out", f"{place}/bag"], check=True, timeout=100)
            self.assertLess(Path(f"{place}/bag.tar").stat().st_size, 500_000)
            there = data.load([f"{place}/bag.tar"], [f"{place}/bag.csv"], f"{place}/cache", 0)
            self.assertEqual(len(there[2]), len(rows))
            off = there[0].astype(float) - here[rows].astype(float)
            self.assertLess(np.abs(off).mean(), 8)

    def test_too_small_a_limit_is_said(self):
        with self.assertRaisesRegex(SystemExit, "do not fit"):
            travel.quality_for(noise_pictures(4), 1000)


class Edits(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.frames = edits.Frames(*frames.draw_frames(40, 1))

    def test_views_are_a_function_of_seed_and_step(self):
        pictures = noise_pictures(6)
        one = edits.two_views(pictures, 1, 9, 64, self.frames)
        self.assertEqual(tuple(one.shape), (12, 3, 64, 64))
        self.assertTrue(0 <= one.min() and one.max() <= 1)
        self.assertTrue(torch.equal(one, edits.two_views(pictures, 1, 9, 64, self.frames)))
        self.assertFalse(torch.equal(one, edits.two_views(pictures, 1, 10, 64, self.frames)))

    def test_whole_window_keeps_the_picture(self):
        x = torch.rand(2, 3, 64, 64)
        maps = np.tile(np.float32([[1, 0, 0], [0, 1, 0]]), (2, 1, 1))
        same = edits.sample(x, x[:, :, ::2, ::2], maps, 64, torch.zeros(2, 1, 1, 1))
        torch.testing.assert_close(same, x, atol=1e-5, rtol=0)

    def test_frame_box_holds_the_picture(self):
        x = torch.ones(1, 3, 64, 64)
        box = np.float32([[0.25, 0.5, 0.75, 1.0]])

        class Plain:
            def random(self, *_):
                return np.full(1, 0.99)

            def uniform(self, low, high, size):
                return np.zeros(size) if low < 0 else np.full(size, float(high))

            def integers(self, *_):
                return np.ones(1, int)

            def normal(self, *_):
                return np.zeros(1)

        no = np.zeros(1, bool)
        maps = edits.placements(Plain(), no, np.ones(1, bool), no, box)
        view = edits.sample(x, x[:, :, ::2, ::2], maps, 64, torch.zeros(1, 1, 1, 1))[0, 0]
        self.assertAlmostEqual(view[32:, 16:48].mean().item(), 1.0, places=3)
        self.assertAlmostEqual(view[:31].mean().item(), 0.0, places=3)

    def test_fine_quantising_changes_little(self):
        block = torch.rand(4, 1, 16, 16)
        dct = edits.dct_matrix()
        torch.testing.assert_close(dct @ dct.T, torch.eye(64), atol=1e-5, rtol=0)
        rough = edits.quantise(block.repeat(1, 3, 1, 1).clone(), np.random.default_rng(0), 1.0)
        self.assertLess((rough.mean() - block.mean()).abs().item(), 0.02)

    def test_frames_are_premultiplied(self):
        drawn, boxes = frames.draw_frames(40, 2)
        self.assertTrue((drawn[:, :3] <= drawn[:, 3:]).all())
        self.assertTrue((boxes[:, 2:] > boxes[:, :2]).all())


class Loss(unittest.TestCase):
    def test_copies_cost_less_than_strangers(self):
        torch.manual_seed(0)
        a, b = torch.randn(8, 32), torch.randn(8, 32)
        near, found = contrast(torch.cat([a, a + 0.01 * b]))
        far, _ = contrast(torch.cat([a, b]))
        self.assertLess(near.item(), far.item())
        self.assertEqual(found.item(), 1.0)


class Schedule(unittest.TestCase):
    def test_stable_phase_does_not_hang_on_the_number_of_steps(self):
        base = dict(decay=0.3, rate=2e-3, warm_up=60, sizes="0:80,700:96", decay_size=128)
        short, long = Namespace(steps=2000, **base), Namespace(steps=4000, **base)
        for step in range(1400):
            self.assertEqual(schedule.rate_at(step, short), schedule.rate_at(step, long))
            self.assertEqual(schedule.size_at(step, short), schedule.size_at(step, long))
        self.assertEqual(schedule.size_at(1400, short), 128)
        self.assertGreater(schedule.rate_at(1999, short), 0)


class Resume(unittest.TestCase):
    def run_training(self, place, run, steps, *more):
        command = [sys.executable, train.__file__, "--data", f"{place}/pictures", "--cache", f"{place}/cache"]
        command += ["--run", f"{place}/{run}", "--steps", str(steps), "--decay", "0", "--sizes", "0:32", "--batch", "8"]
        subprocess.run([*command, "--frames", "30", "--warm-up", "2", *more], check=True, timeout=300)
        return torch.load(f"{place}/{run}/last.pt", weights_only=True)

    def test_an_interrupted_run_equals_an_uninterrupted_one(self):
        with tempfile.TemporaryDirectory() as place:
            (Path(place) / "pictures").mkdir()
            for i, picture in enumerate(noise_pictures(30, 48)):
                Image.fromarray(picture).save(f"{place}/pictures/{i:02d}.png")
            whole = self.run_training(place, "whole", 5)
            self.run_training(place, "parts", 2)
            parts = self.run_training(place, "parts", 5, "--resume")
            self.assertEqual(parts["step"], 5)
            for kept in ("net", "mean"):
                for name, value in whole[kept].items():
                    self.assertTrue(torch.equal(value, parts[kept][name]), name)


class Average(unittest.TestCase):
    def test_weights_and_statistics_are_averaged(self):
        one = {"weight": torch.tensor([1.0, 3.0]), "num_batches_tracked": torch.tensor(7)}
        two = {"weight": torch.tensor([3.0, -1.0]), "num_batches_tracked": torch.tensor(9)}
        mean = average([one, two], [0.75, 0.25])
        self.assertTrue(torch.allclose(mean["weight"], torch.tensor([1.5, 2.0])))
        self.assertEqual(mean["num_batches_tracked"], 7)


class Evaluation(unittest.TestCase):
    def test_pairs_equal_brute_force(self):
        vectors = np.random.default_rng(1).normal(size=(700, 3)).astype(np.float32)
        names = [f"{i:03d}" for i in range(700)]
        ones, others, cosines = evaluate.pairs(vectors, names, 2.0)
        every = vectors @ vectors.T
        wanted = {(names[i], names[j]) for i in range(700) for j in range(i + 1, 700) if every[i, j] >= 2.0}
        self.assertEqual(set(zip(ones.tolist(), others.tolist())), wanted)
        self.assertEqual(len(ones), len(wanted))
        np.testing.assert_allclose(cosines, [every[int(a), int(b)] for a, b in zip(ones, others)], rtol=1e-5)

    def test_a_collection_is_measured(self):
        bench = Path(evaluate.__file__).parent.parent / "bench" / "copies"
        with tempfile.TemporaryDirectory() as place:
            (Path(place) / "photos").mkdir()
            for i in range(8):
                golden.scene(i).save(f"{place}/photos/{i}.png")
            make = [sys.executable, str(bench / "make.py"), "--photos", f"{place}/photos", "--out", f"{place}/held"]
            subprocess.run([*make, "--part", "all", "--copied", "4"], check=True, timeout=100)
            torch.save({"mean": Net().state_dict(), "step": 3, "args": {}}, f"{place}/net.pt")
            command = [sys.executable, evaluate.__file__, f"{place}/held", "--checkpoint", f"{place}/net.pt"]
            said = subprocess.run([*command, "--cache", f"{place}/cache"], check=True, timeout=100, capture_output=True)
            self.assertRegex(said.stdout.decode(), r"step 3 at 128 px: micro-AP \d\.\d{4}, recall")
            self.assertEqual(said.stdout.decode().count("\n| "), 26)


class Export(unittest.TestCase):
    def test_onnx_equals_pytorch(self):
        torch.manual_seed(0)
        trunk = Net().trunk.eval()
        for norm in (m for m in trunk.modules() if isinstance(m, torch.nn.BatchNorm2d)):
            norm.running_mean.normal_(0, 0.1)
            norm.running_var.uniform_(0.5, 2)
            torch.nn.init.uniform_(norm.weight, 0.5, 1.5)
        model = export.build(trunk)
        self.assertLess(export.check(model, trunk, 128), 0.01)
        self.assertEqual({n.op_type for n in model.graph.node}, {"Cast", "Conv", "Relu", "Add", "MaxPool"})
        self.assertLess(len(model.SerializeToString()), 6_000_000)

    def test_descriptors_are_unit_vectors(self):
        vectors = describe(Net().trunk, noise_pictures(3, 64))
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)

    def test_golden_file_is_complete(self):
        folder = Path(export.__file__).parent.parent / "crates/embed/builtin/golden"
        if not folder.exists():
            self.skipTest("no built-in model here")
        said = json.loads((folder / "golden.json").read_text())
        for i, row in enumerate(said["pictures"]):
            self.assertEqual(len(row["descriptor"]), said["dimension"])
            drawn = np.asarray(Image.open(folder / row["file"]).convert("RGB"))
            np.testing.assert_array_equal(drawn, np.asarray(golden.scene(i)))


if __name__ == "__main__":
    unittest.main()
