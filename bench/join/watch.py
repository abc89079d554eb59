"""Runs one command and says what it took: CPU and wall seconds, and the most anonymous memory that it held.

`bench/copies/watch.py` asks the kernel for the peak of all resident memory. That counts pages of mapped files, which
the kernel may drop at any time; here they are the vectors, so this reads RssAnon instead, 50 times a second.
"""

import os
import re
import signal
import threading
import time

EVERY = 0.02


def anonymous_mib(process):
    """RssAnon now, or 0 where the process is gone."""
    try:
        with open(f"/proc/{process}/status") as handle:
            found = re.search(r"RssAnon:\s+(\d+) kB", handle.read())
    except OSError:
        return 0
    return int(found[1]) / 1024 if found else 0


def watched(command, log, limit, env=None):
    """{code, cpu_s, wall_s, peak_anon_mib}; code is None where it was ended at `limit` seconds.

    What it says goes to `log`.
    """
    seen, over, late = [0.0], threading.Event(), threading.Event()

    def look():
        while not over.wait(EVERY):
            seen.append(max(seen.pop(), anonymous_mib(process)))
            if time.monotonic() - start > limit:
                late.set()
                os.kill(process, signal.SIGKILL)
                return

    with open(log, "wb") as said:
        files = [(os.POSIX_SPAWN_DUP2, said.fileno(), 1), (os.POSIX_SPAWN_DUP2, said.fileno(), 2)]
        start = time.monotonic()
        process = os.posix_spawnp(command[0], command, {**os.environ, **(env or {})}, file_actions=files)
        looking = threading.Thread(target=look)
        looking.start()
        # Not reaped yet, so its number belongs to nobody else while `look` may still use it.
        os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)
        wall = time.monotonic() - start
        over.set()
        looking.join()
        _, status, used = os.wait4(process, 0)
    code = None if late.is_set() else os.waitstatus_to_exitcode(status)
    cpu = used.ru_utime + used.ru_stime
    return {"code": code, "cpu_s": cpu, "wall_s": wall, "peak_anon_mib": seen[0]}
