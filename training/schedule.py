"""What hangs on the step: learning rate, size of the views, hardness. Nothing hangs on the clock.

Before the decay nothing hangs on the number of steps either, so a stable checkpoint can be taken further.
"""


def rate_at(step, args):
    """Learning rate of a step: linear warm-up, constant, linear decay to nothing."""
    first = decay_from(args)
    if step < args.warm_up:
        return args.rate * (step + 1) / args.warm_up
    if step < first:
        return args.rate
    return args.rate * (args.steps - step) / (args.steps - first)


def decay_from(args):
    return round(args.steps * (1 - args.decay))


def size_at(step, args):
    """View size in px of a step."""
    if step >= decay_from(args):
        return args.decay_size
    plan = [tuple(map(int, item.split(":"))) for item in args.sizes.split(",")]
    return [size for first, size in plan if step >= first][-1]


def hardness_at(step, args):
    """Share of pictures whose strong side may be strong: half at first, all after `harden` steps."""
    return min(1.0, 0.5 + 0.5 * step / max(1, args.harden))
