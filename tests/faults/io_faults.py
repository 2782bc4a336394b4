#!/usr/bin/env python3
"""Lets the disk fail under a program that is writing, and asks whether it owns up.

Each case starts the program (torture.py says what it must do) on a new disk and lets one thing
fail: the n-th sync (EIO, nothing synced), the n-th write (cut short, then ENOSPC for good), or the
disk is filled to its last block. The program must stop answering, still read what it had answered,
and exit 74. Then the power is cut, so that what it only believed to be written is gone, and with a
sound disk every answer must be given again and new ones too. Where there are no loop devices the
first two run on a plain directory without the cut, and say so. In every other case the program is
saturated.

  --expect-failure   for a program known to go on after a failed sync: exit 0 only if found out
"""

import argparse
import os
import random
import shlex
import signal
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from disk import LoopDisk, PlainDirectory, enter_namespace
from torture import IN_FLIGHT, SATURATE, SATURATED_IN_FLIGHT, Failure, Writer, check

DISK_SIZE_MIB = 256
EXIT_IO_ERROR = 74
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 60
BALLAST = "ballast"
EARLY_CALLS = 12  # the calls that make and open the book, tried one by one
LATE_CALLS = 150


@dataclass(frozen=True)
class Case:
    name: str
    shim_variable: str | None = None  # None: the disk is filled up
    at: int = 0
    saturated: bool = False


def cases(points, rng, disk_can_fill):
    """`points` faults of each kind: the early calls one by one, then random later ones. The early
    ones come before any answer, so that only of the later ones every other is saturated."""
    for kind, variable in (("sync", "FAILFS_SYNC_AT"), ("write", "FAILFS_WRITE_AT")):
        for point in range(1, points + 1):
            early = point <= min(EARLY_CALLS, points // 2)
            at = point if early else rng.randint(EARLY_CALLS + 1, LATE_CALLS)
            yield Case(f"{kind} {at} fails", variable, at, not early and point % 2 == 0)
    if disk_can_fill:
        for point in range(1, max(2, points // 4) + 1):
            yield Case(f"the disk is full, {point}", saturated=point % 2 == 0)


def fill(root: Path):
    """Leaves not one free block. Returns the file to delete again."""
    ballast = root / BALLAST
    with open(ballast, "wb", buffering=0) as out:
        for size in (1 << 20, 4096, 1):
            try:
                while True:
                    out.write(b"\xff" * size)
            except OSError:
                pass
    return ballast


def wait_for_exit(writer, in_flight):
    """The exit code; throws Failure when the writer goes on after the fault instead.

    Answers to what was in flight may still be printed after a fault in the next sync: at most
    `in_flight` of them. (A full disk is not marked: space set aside before may still be used.)"""
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while time.monotonic() < deadline:
        code = writer.wait(0.2)
        lines = list(writer.lines)
        fault = next((i for i, line in enumerate(lines) if line.startswith("fault ")), len(lines))
        after = sum(line.startswith("ack ") for line in lines[fault:])
        if after > in_flight:
            raise Failure(f"{after} answers after the fault")
        if code is not None:
            return code
    raise Failure(f"still running {STOP_TIMEOUT_S} s after the fault")


def run_until_fault(case, program, options, disk, folder, env, seed):
    """Runs the writer into the fault. Returns its answers; throws Failure if it does not own up."""
    ballast = None
    faulty = dict(env)
    if case.shim_variable:
        faulty |= {
            "LD_PRELOAD": str(options.shim),
            "FAILFS_DIR": str(disk.root),
            case.shim_variable: str(case.at),
        }
    writer = Writer(program, disk.data, seed, folder, faulty)
    try:
        if case.shim_variable is None:
            if not writer.wait_for_line("ack ", START_TIMEOUT_S):
                raise Failure("no answer from the writer")
            ballast = fill(disk.root)
        elif not writer.wait_for_line("fault ", START_TIMEOUT_S):
            raise Failure(f"the fault was not reached within {START_TIMEOUT_S} s")
        code = wait_for_exit(writer, SATURATED_IN_FLIGHT if case.saturated else IN_FLIGHT)
        # RocksDB asserts when a write fails while it makes its families: nothing was promised yet,
        # and what follows shows that the next start is clean.
        aborted_unopened = code == -signal.SIGABRT and not writer.acks()
        if code != EXIT_IO_ERROR and not aborted_unopened:
            raise Failure(f"exit code {code} instead of {EXIT_IO_ERROR}\n{writer.last_words()}")
        if writer.acks() and "reads ok after failure" not in writer.lines:
            raise Failure("what had been answered could not be read after the fault")
        return writer.acks()
    finally:
        writer.kill()
        if ballast:
            ballast.unlink()


def restart(program, disk, folder, env, seed):
    """With a sound disk the book opens and answers again. Returns the new answers."""
    writer = Writer(program, disk.data, seed, folder, env)
    try:
        if not writer.wait_for_line("ack ", START_TIMEOUT_S):
            raise Failure("no new answer after the restart")
    finally:
        writer.kill()
    return writer.acks()


def run_case(case, options, on_loop, rng, env):
    program = options.program + (SATURATE if case.saturated else [])
    mode = ", saturated" if case.saturated else ""
    with tempfile.TemporaryDirectory(prefix="io-fault-") as name:
        folder = Path(name).resolve()
        disk = LoopDisk(folder, DISK_SIZE_MIB) if on_loop else PlainDirectory(folder)
        ack_file = folder / "acks"
        try:
            acks = run_until_fault(case, program, options, disk, folder, env,
                                   rng.getrandbits(32))
            disk.cut_power()
            disk.restore_power()
            (disk.root / BALLAST).unlink(missing_ok=True)  # the cut may have brought it back
            for again in (False, True):
                if again:
                    acks += restart(program, disk, folder, env, rng.getrandbits(32))
                ack_file.write_text("".join(line + "\n" for line in acks), encoding="ascii")
                complaints = check(program, disk.data, ack_file, env) if acks else []
                if complaints:
                    raise Failure("\n".join(["answers lost or changed:", *complaints[:20]]))
            print(f"{case.name}{mode}: {len(acks)} answers, all there", flush=True)
        finally:
            disk.close()


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--program", type=shlex.split, required=True,
                        help="for example 'build/release/lumbung torture'")
    parser.add_argument("--shim", type=Path, required=True, help="failfs.c, compiled")
    parser.add_argument("--points", type=int, default=os.environ.get("LUMBUNG_FAULT_POINTS", "4"))
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("--expect-failure", action="store_true")
    options = parser.parse_args()

    missing = enter_namespace()
    if missing:
        print(f"SKIPPED: the power cut after each fault and the full disk: {missing}")
    print(f"{options.points} points of each kind, --seed {options.seed}", flush=True)
    rng = random.Random(options.seed)
    failures = 0
    for case in cases(options.points, rng, disk_can_fill=not missing):
        try:
            run_case(case, options, not missing, rng, dict(os.environ))
        except Failure as failure:
            failures += 1
            print(f"{case.name}: FAILED: {failure}", flush=True)
            if options.expect_failure:
                return 0
    if options.expect_failure:
        print("FAILED: a program that goes on after a failed sync was not found out")
        return 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
