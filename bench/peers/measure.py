"""The figures of a measurement, and who else used the machine meanwhile."""

import os
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Measured:
    """One run of one row."""
    count: int  # entries
    rate_per_s: float
    p50_us: float | None = None  # of a call, which may carry many entries
    p99_us: float | None = None
    others_cores: float = 0.0  # kept busy by processes that are not ours


def median_of(runs):
    """The run of the median rate. Of an even number the slower one in the middle."""
    return sorted(runs, key=lambda run: run.rate_per_s)[(len(runs) - 1) // 2]


def median_ratio(ours, theirs):
    """Ours over theirs within each round, and of those the median."""
    return statistics.median(
        a.rate_per_s / b.rate_per_s for a, b in zip(ours, theirs, strict=True))


def percentile(values, percent):
    """The value below which `percent` of the values lie."""
    ordered = sorted(values)
    return ordered[round(percent / 100 * (len(ordered) - 1))]


def _machine_cpu_s():
    user, nice, system, _, _, irq, softirq = map(
        int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:8])
    return (user + nice + system + irq + softirq) / TICKS_A_SECOND


def _own_cpu_s():
    """Of this process and all that descend from it. Who has ended is counted in the parent that
    waited for it."""
    children, ticks = {}, {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            fields = (process / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it ended just now
        pid = int(process.name)
        children.setdefault(int(fields[1]), []).append(pid)
        ticks[pid] = sum(map(int, fields[11:15]))
    total, left = 0, [os.getpid()]
    while left:
        pid = left.pop()
        total += ticks.get(pid, 0)
        left += children.get(pid, [])
    return total / TICKS_A_SECOND


class Meter:
    """Begins to count when it is made."""

    def __init__(self):
        self._begin = time.monotonic(), _machine_cpu_s(), _own_cpu_s()

    def others_cores(self):
        clock, machine, own = self._begin
        busy = (_machine_cpu_s() - machine) - (_own_cpu_s() - own)
        return max(0.0, busy / (time.monotonic() - clock))
