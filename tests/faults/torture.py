"""The program under test, run and checked. `lumbung torture` keeps this contract, and so does
reference_writer.py:

    PROGRAM --data DIR --seed N
        Makes DIR or opens it, whatever an earlier run left there, and posts commands until it is
        ended. After each answer that is durable it prints one line, `ack KEY EVENT_NO` or
        `ack KEY refused CODE`. At most IN_FLIGHT commands wait for their answer at any time.
        When the disk fails it stops answering, reads what was answered before, prints
        `reads ok after failure` and exits 74.
    PROGRAM --data DIR --seed N --saturate
        The same with many answers a sync, several batches always in flight, derived data written all
        the time, and somebody reading; at most SATURATED_IN_FLIGHT answers are waited for.
    PROGRAM --data DIR --check FILE
        Reads such lines from FILE, asks every key again and verifies the book. Exit 0: all answers
        are as they were. Otherwise non-zero, with a line `lost KEY ...` for each answer that is
        gone and `differs KEY ...` for each that changed. With an empty FILE, DIR may be missing.
        A directory that was written with --saturate is checked with it.
    LUMBUNG_TORTURE_NO_SYNC=1
        Answers without syncing: a broken program, to prove that the tests can fail.
"""

import subprocess
import threading
import time
from pathlib import Path

IN_FLIGHT = 64
SATURATED_IN_FLIGHT = 6 * 512
SATURATE = ["--saturate"]
CHECK_TIMEOUT_S = 300
EXIT_DAMAGED = 2  # what the checker exits with when the book itself finds that it lost something


class Failure(Exception):
    """The program under test broke a promise."""


class Writer:
    """A running writer. `lines` holds what it printed so far, in order; it is complete once the
    writer has ended. A line that was cut off in its middle is not in it."""

    def __init__(self, program, data: Path, seed: int, folder: Path, env):
        self.lines = []
        self._listening = True
        self._something_printed = threading.Condition()
        self._stderr = open(folder / "writer.stderr", "w+b")
        self._process = subprocess.Popen(
            [*program, "--data", data, "--seed", str(seed)],
            env=env, stdout=subprocess.PIPE, stderr=self._stderr,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for raw in self._process.stdout:
            if not raw.endswith(b"\n"):
                break  # ended in the middle of a line: nobody was told this
            with self._something_printed:
                if not self._listening:
                    continue
                self.lines.append(raw.decode().rstrip("\n"))
                self._something_printed.notify_all()

    def stop_listening(self):
        """What is printed from here on is not heard: after a power cut nobody would hear it either. (On
        a file system that is shut down rather than dead, ext4 lets an fdatasync that was under way end
        well although its transaction was dropped.)"""
        with self._something_printed:
            self._listening = False

    def acks(self):
        return [line for line in self.lines if line.startswith("ack ")]

    def wait_for_line(self, start: str, timeout_s: float) -> bool:
        """Whether a line that starts so is printed within the time."""
        deadline = time.monotonic() + timeout_s
        seen = 0
        with self._something_printed:
            while True:
                if any(line.startswith(start) for line in self.lines[seen:]):
                    return True
                seen = len(self.lines)
                left = deadline - time.monotonic()
                if left <= 0 or not self._reader.is_alive():
                    return False
                self._something_printed.wait(min(left, 0.2))

    def still_running(self) -> bool:
        return self._process.poll() is None

    def wait(self, timeout_s: float):
        """The exit code, or None when it is still running after that time."""
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None
        self._reader.join()
        return self._process.returncode

    def kill(self):
        self._process.kill()
        self._process.wait()
        self._reader.join()
        self._stderr.close()

    def last_words(self) -> str:
        """The end of what it said on stderr."""
        self._stderr.seek(0)
        return self._stderr.read()[-2000:].decode(errors="replace")


def check(program, data: Path, acks: Path, env):
    """Asks every acknowledged key again. Returns the checker's complaints, [] when all is there.

    Throws Failure when the checker fails without naming a lost or changed answer."""
    try:
        run = subprocess.run(
            [*program, "--data", data, "--check", acks],
            env=env, capture_output=True, text=True, timeout=CHECK_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        raise Failure(f"the check did not end within {CHECK_TIMEOUT_S} s") from None
    if run.returncode == 0:
        return []
    lines = run.stdout.splitlines()
    complaints = [line for line in lines if line.startswith(("lost ", "differs "))]
    if run.returncode == EXIT_DAMAGED:
        complaints += ["lost " + line for line in run.stderr.splitlines()]
    if not complaints:
        said = run.stdout[-2000:] + run.stderr[-2000:]
        raise Failure(f"the check exits {run.returncode}:\n{said}")
    return complaints
