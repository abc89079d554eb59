"""Average the weights of checkpoints of one run: what one has forgotten the other may still know.

    python average.py --checkpoints runs/first/step-005500.pt runs/first/step-003500.pt --shares 0.8 0.2 --out mean.pt

Takes the moving averages, with the running statistics of the norms (Wortsman et al. 2022, "Model soups"). Only
checkpoints of one run lie close enough for that. What comes out serves evaluate.py and export.py; it cannot be resumed.
"""

import argparse

import torch


def average(states, shares):
    """The weighted mean of state dicts; counters are those of the first."""
    mean = {}
    for name, first in states[0].items():
        if first.dtype.is_floating_point:
            first = sum(share * state[name] for share, state in zip(shares, states))
        mean[name] = first
    return mean


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--checkpoints", nargs="+", required=True)
    p.add_argument("--shares", nargs="+", type=float, required=True, help="one for each; they sum to 1")
    p.add_argument("--out", required=True)
    args = p.parse_args()
    if len(args.shares) != len(args.checkpoints) or abs(sum(args.shares) - 1) > 1e-6:
        p.error("give as many shares as checkpoints; they must sum to 1")
    found = [torch.load(path, map_location="cpu", weights_only=True) for path in args.checkpoints]
    mean = average([state["mean"] for state in found], args.shares)
    torch.save({"mean": mean, "step": found[0]["step"], "args": found[0]["args"]}, args.out)


if __name__ == "__main__":
    main()
