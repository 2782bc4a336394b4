#!/usr/bin/env python3
"""Cuts the power under a program that is writing, again and again, and asks what is left.

The program (torture.py says what it must do) writes to an ext4 file system on a loop device; at a
random moment the file system is shut down without a flush and the program killed; after the next
mount every answer it had given must be given again. The same book goes on through CUTS_PER_DISK
cuts, so that recovery is itself recovered from; then a new disk starts. On every other disk the
program is saturated.

Exit 0: nothing lost; 1: something lost or wrong; 77: no loop devices here.

  --kill           kill -9 instead of the power: any user can run this, and it proves less
  --expect-loss    for a program known not to sync: exit 0 only if an answer was found lost
"""

import argparse
import os
import random
import shlex
import sys
import tempfile
import time
from pathlib import Path

from disk import SKIPPED, LoopDisk, PlainDirectory, enter_namespace
from torture import SATURATE, Failure, Writer, check

CUTS_PER_DISK = 25
CUTS_PER_SATURATED_DISK = 10  # it fills sooner, and its check takes longer
OPENING_EVERY = 5  # this one of them comes while the book is being opened
DISK_SIZE_MIB = 2048  # the image takes only what is written
FIRST_ACK_TIMEOUT_S = 60


class Totals:
    def __init__(self):
        self.cuts = 0
        self.cuts_under_load = 0
        self.acks = 0


def pull_the_plug(disk, writer, rng, kill_only, while_opening):
    """Ends the writer at a random moment while it opens its book, or while it is answering."""
    if while_opening:
        time.sleep(rng.uniform(0, 0.15))
    else:
        if not writer.wait_for_line("ack ", FIRST_ACK_TIMEOUT_S):
            writer.kill()
            raise Failure("no answer from the writer")
        time.sleep(rng.uniform(0.01, 0.8))
    running = writer.still_running()
    if not kill_only:
        writer.stop_listening()
        disk.cut_power()
    writer.kill()
    if not running:
        raise Failure("the writer ended by itself")
    disk.restore_power()


def run_disk(number, cuts, program, options, rng, env, totals):
    """One disk from its making to its last cut. Returns the complaints of the first check that has
    any."""
    with tempfile.TemporaryDirectory(prefix="power-cut-") as name:
        folder = Path(name)
        disk = PlainDirectory(folder) if options.kill else LoopDisk(folder, DISK_SIZE_MIB)
        ack_file = folder / "acks"
        ack_file.touch()
        acks_here = 0
        mode = ", saturated" if program != options.program else ""
        try:
            for cut in range(1, cuts + 1):
                seed = rng.getrandbits(32)
                writer = Writer(program, disk.data, seed, folder, env)
                try:
                    pull_the_plug(disk, writer, rng, options.kill, cut % OPENING_EVERY == 0)
                except Failure as failure:
                    words = (folder / "writer.stderr").read_text(errors="replace")[-2000:]
                    raise Failure(f"disk {number}, seed {seed}: {failure}\n{words}") from None
                acks = writer.acks()
                with open(ack_file, "a", encoding="ascii") as out:
                    out.writelines(line + "\n" for line in acks)
                totals.cuts += 1
                totals.acks += len(acks)
                totals.cuts_under_load += bool(acks)
                acks_here += len(acks)
                complaints = check(program, disk.data, ack_file, env)
                print(f"cut {totals.cuts}: disk {number}{mode}, seed {seed}, "
                      f"{len(acks)} answers before the cut, {acks_here} on this disk, "
                      f"{len(complaints)} lost or changed", flush=True)
                if complaints:
                    return complaints
        finally:
            disk.close()
    return []


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--program", type=shlex.split, required=True,
                        help="for example 'build/release/lumbung torture'")
    parser.add_argument("--cuts", type=int, help="default: LUMBUNG_CUTS, or LUMBUNG_KILLS, or 5")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--expect-loss", action="store_true")
    options = parser.parse_args()
    if options.cuts is None:
        options.cuts = int(os.environ.get("LUMBUNG_KILLS" if options.kill else "LUMBUNG_CUTS", "5"))
    what = "kills" if options.kill else "power cuts"

    if not options.kill:
        missing = enter_namespace()
        if missing:
            print(f"SKIPPED: no power was cut, nothing was tested: {missing}")
            return SKIPPED

    print(f"{options.cuts} {what}, --seed {options.seed}", flush=True)
    rng = random.Random(options.seed)
    env = dict(os.environ)
    if options.expect_loss:
        env["LUMBUNG_TORTURE_NO_SYNC"] = "1"
    totals = Totals()
    disk_number = 0
    complaints = []
    try:
        while totals.cuts < options.cuts and not complaints:
            disk_number += 1
            saturated = disk_number % 2 == 0
            cuts = min(CUTS_PER_SATURATED_DISK if saturated else CUTS_PER_DISK,
                       options.cuts - totals.cuts)
            if disk_number == 1 and cuts > 1:
                cuts = min(cuts, options.cuts // 2)  # a short run has both kinds too
            program = options.program + (SATURATE if saturated else [])
            complaints = run_disk(disk_number, cuts, program, options, rng, env, totals)
        if not complaints and totals.cuts_under_load * 2 < totals.cuts:
            raise Failure("fewer than half of the cuts came under load: this run proves nothing")
    except Failure as failure:
        print(f"FAILED: {failure}")
        return 1
    for line in complaints[:20]:
        print(line)
    print(f"{what}: {totals.cuts}, under load: {totals.cuts_under_load}, "
          f"answers: {totals.acks}, lost or changed: {len(complaints)}")
    found_loss = any(line.startswith("lost ") for line in complaints)
    if options.expect_loss:
        if not found_loss:
            print("FAILED: a program that does not sync lost nothing: this test cannot fail")
        return 0 if found_loss else 1
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
