"""Train the copy-detection network. One command; see README.md.

    python train.py --data train.tar --index train_index.csv --run runs/first --steps 2360

The learning rate warms up, stays, and decays over the last part of the steps (WSD). Nothing before
the decay hangs on the number of steps, so a stable checkpoint can be resumed with another --steps.
All random numbers come from the seed and the step: an interrupted run goes on as if it had not been.
"""

import argparse
import copy
import json
import os
import time
from pathlib import Path

import numpy as np
import torch

import data
from edits import Frames, two_views
from frames import draw_frames
from loss import contrast
from machine import Others, ignore_signals, keep_memory, note_signals
from model import Net, normalise
from schedule import hardness_at, rate_at, size_at


def arguments():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--data", nargs="+", required=True, help="tar shards or folders of pictures")
    p.add_argument("--index", nargs="*", default=[], help="CSVs with columns file, repository: where pictures come from")
    p.add_argument("--hold-out", type=int, default=data.HELD_OUT, help="pictures of the first place kept for evaluation")
    p.add_argument("--alike", help="hard strangers for the batches, a file of alike.py")
    p.add_argument("--cache", default=".cache", help="folder for the packed pictures")
    p.add_argument("--run", required=True, help="folder for checkpoints and the log")
    p.add_argument("--steps", type=int, default=2360)
    p.add_argument("--decay", type=float, default=0.3, help="share of the steps in which the rate decays")
    p.add_argument("--sizes", default="0:80,700:96", help="view sizes (px) by step, before the decay")
    p.add_argument("--decay-size", type=int, default=112, help="view size (px) in the decay")
    p.add_argument("--batch", type=int, default=256, help="pictures a step")
    p.add_argument("--rate", type=float, default=2e-3)
    p.add_argument("--warm-up", type=int, default=60)
    p.add_argument("--harden", type=int, default=350, help="steps until all strong views are strong")
    p.add_argument("--temperature", type=float, default=0.05)
    p.add_argument("--koleo", type=float, default=0.5)
    p.add_argument("--head", type=float, default=0.5, help="weight of the loss on the head")
    p.add_argument("--average", type=float, default=0.995, help="decay of the moving average of weights")
    p.add_argument("--frames", type=int, default=3000)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--threads", type=int, default=1, help="of the network on a CPU; 0: the cores others leave")
    p.add_argument("--workers", type=int, default=1, help="processes that make views")
    p.add_argument("--save-every", type=float, default=120, help="seconds between checkpoints")
    p.add_argument("--keep", type=int, default=500, help="steps between checkpoints that are kept")
    p.add_argument("--resume", action="store_true", help="go on from the run's last checkpoint")
    return p.parse_args()


class Views(torch.utils.data.Dataset):
    """Item `step`: the views of that step, uint8 [2n, 3, size, size]; a function of seed and step.

    Views are made by other processes than the network's. On few and busy cores that is faster than
    threads: no thread waits at a barrier for one that has no core.
    """

    def __init__(self, pictures, batches, frames, args):
        self.pictures, self.batches, self.frames, self.args = pictures, batches, frames, args

    def __len__(self):
        return self.args.steps

    def __getitem__(self, step):
        pictures = np.ascontiguousarray(self.pictures[self.batches.at(step)])
        size, hardness = size_at(step, self.args), hardness_at(step, self.args)
        views = two_views(pictures, self.args.seed, step, size, self.frames, hardness)
        return views.mul_(255).round_().to(torch.uint8)


class State:
    """All that a step changes: the network, its moving average, the optimiser, the number of the step."""

    def __init__(self, args, device):
        self.args, self.step = args, 0
        self.net = Net().to(device, memory_format=torch.channels_last).train()
        self.mean = copy.deepcopy(self.net)
        # No weight decay on norms and biases, where it would only fight the scale.
        many = [p for p in self.net.parameters() if p.ndim > 1]
        few = [p for p in self.net.parameters() if p.ndim <= 1]
        groups = [{"params": many, "weight_decay": 0.05}, {"params": few, "weight_decay": 0.0}]
        self.adam = torch.optim.AdamW(groups, lr=args.rate, betas=(0.9, 0.98))

    def save(self, path):
        """Write a checkpoint beside its place, then rename: a reader never sees half of one."""
        parts = {name: getattr(self, name).state_dict() for name in ("net", "mean", "adam")}
        torch.save({**parts, "step": self.step, "args": vars(self.args)}, path.with_suffix(".part"))
        os.replace(path.with_suffix(".part"), path)

    def load(self, path, device):
        state = torch.load(path, map_location=device, weights_only=True)
        for name in ("net", "mean", "adam"):
            getattr(self, name).load_state_dict(state[name])
        self.step = state["step"]

    def learn(self, views):
        """One step on uint8 views [2n, 3, size, size]; returns the figures for the log."""
        args = self.args
        for group in self.adam.param_groups:
            group["lr"] = rate_at(self.step, args)
        views = normalise(views.float().div_(255)).contiguous(memory_format=torch.channels_last)
        with torch.autocast(views.device.type, torch.bfloat16):
            pooled, head = self.net(views)
        loss, found = contrast(pooled, args.temperature, args.koleo)
        loss_head, found_head = contrast(head, args.temperature, args.koleo)
        self.adam.zero_grad(set_to_none=True)
        (loss + args.head * loss_head).backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.adam.step()
        self.average()
        self.step += 1
        figures = {"loss": loss, "found": found, "loss_head": loss_head, "found_head": found_head}
        return {name: value.item() for name, value in figures.items()}

    @torch.no_grad()
    def average(self):
        """Move the average a little towards the net; running statistics of the norms as well."""
        # A short average at first, so that early checkpoints are not dragged by the first weights.
        decay = min(self.args.average, (1 + self.step) / (10 + self.step))
        for ours, theirs in zip(self.mean.state_dict().values(), self.net.state_dict().values()):
            if ours.dtype.is_floating_point:
                ours.lerp_(theirs, 1 - decay)
            else:
                ours.copy_(theirs)


def loader(args, first):
    """(number of pictures trained on, iterator over the views of the steps from `first` on)."""
    pictures, groups, rows = data.load(args.data, args.index, args.cache, args.hold_out)
    alike = np.load(args.alike) if args.alike else None
    batches = data.Batches(rows, groups, args.batch, args.seed, alike=alike)
    frames = Frames(*draw_frames(args.frames, args.seed))
    return len(rows), torch.utils.data.DataLoader(
        Views(pictures, batches, frames, args), batch_size=None, sampler=range(first, args.steps),
        num_workers=args.workers, prefetch_factor=3 if args.workers else None, worker_init_fn=ignore_signals,
    )


def log_line(state, size, began, sums):
    """One line of the log: means of the figures since the last line."""
    means = {k: round(float(np.mean([s[k] for s in sums])), 4) for k in sums[0]}
    rate, seconds = state.adam.param_groups[0]["lr"], round(time.monotonic() - began)
    return json.dumps({"step": state.step, "px": size, "rate": rate, "seconds": seconds, **means}) + "\n"


def main():
    args = arguments()
    keep_memory()
    torch.set_num_threads(args.threads or os.cpu_count())
    torch.manual_seed(args.seed)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    run = Path(args.run)
    run.mkdir(parents=True, exist_ok=True)
    state, last = State(args, device), run / "last.pt"
    if args.resume and last.exists():
        state.load(last, device)
    stop, others = note_signals(), Others() if args.threads == 0 else None
    count, steps = loader(args, state.step)
    log = open(run / "log.jsonl", "a", buffering=1)
    log.write(json.dumps({"start": state.step, "pictures": count, **vars(args)}) + "\n")
    began = saved = time.monotonic()
    sums = []
    for views in steps:
        if others:
            torch.set_num_threads(others.free_cores())
        sums.append(state.learn(views.to(device)))
        if state.step % 20 == 0:
            log.write(log_line(state, views.shape[-1], began, sums))
            sums = []
        if state.step % args.keep == 0:
            state.save(run / f"step-{state.step:06d}.pt")
        if time.monotonic() - saved > args.save_every:
            state.save(last)
            saved = time.monotonic()
        if stop:
            break
    state.save(last)


if __name__ == "__main__":
    main()
