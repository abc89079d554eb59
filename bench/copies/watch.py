"""Run a command and write what it took: the kernel's own account of a process.

    python watch.py COST.json COMMAND ...

A program of its own, and a small one: Linux counts what the starter of a process held at that moment as memory
of the process. Started from run.py, which holds rankings, `true` would take hundreds of MiB.
"""

import json
import os
import sys
import time


def main(cost, command):
    start = time.monotonic()
    process = os.posix_spawnp(command[0], command, os.environ)
    _, status, used = os.wait4(process, 0)
    took = {"cpu_seconds": used.ru_utime + used.ru_stime, "wall_seconds": time.monotonic() - start}
    with open(cost, "w") as handle:
        # With the children that the process waited for; of several processes the peak is that of the largest.
        json.dump({**took, "peak_mib": used.ru_maxrss / 1024}, handle)
    code = os.waitstatus_to_exitcode(status)
    # A shell's way of saying that a signal ended it.
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
