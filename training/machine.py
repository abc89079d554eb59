"""How the training shares a machine: memory, cores, signals."""

import ctypes
import os
import signal

import numpy as np


def keep_memory():
    """Have glibc keep freed memory: by default every large tensor is mapped anew, page by page."""
    try:
        libc = ctypes.CDLL("libc.so.6")
    except OSError:
        return
    m_trim_threshold, m_mmap_max = -1, -4
    libc.mallopt(m_mmap_max, 0)
    libc.mallopt(m_trim_threshold, 2**31 - 1)


class Others:
    """How many cores the processes of normal priority used since the last look (Linux).

    The kernel counts the time of niced processes apart. With a thread on a core that somebody else
    uses, all threads wait for that one at every layer: measured, a step of 0.8 s took 4.5 s. One
    thread fewer costs far less.
    """

    def __init__(self):
        self.before = self.times()

    def times(self):
        with open("/proc/stat") as stat:
            return np.array([int(v) for v in stat.readline().split()[1:8]], float)

    def free_cores(self):
        now = self.times()
        user, _nice, system, *_ = passed = now - self.before
        if passed.sum() > 0:
            self.before = now
        busy = (user + system) / max(1.0, passed.sum()) * os.cpu_count()
        return max(1, os.cpu_count() - int(np.ceil(busy - 0.35)))


def ignore_signals(_worker):
    """For workers. A stop is the main process's business: it saves, and ends its workers."""
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, signal.SIG_IGN)


def note_signals():
    """A list that is empty until SIGTERM or SIGINT comes."""
    stop = []
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.append(True))
    return stop
