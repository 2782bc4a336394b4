#!/usr/bin/env python3
"""The smallest program that keeps the contract of torture.py, so that the fault tests can be tested
without a ledger: one answer a line in one file, synced before it is told (with --saturate a hundred
of them together). Two switches make it
wrong in the two ways that matter: LUMBUNG_TORTURE_NO_SYNC=1 (answers without syncing) and
REFERENCE_IGNORES_ERRORS=1 (goes on after a failed sync).
"""

import argparse
import os
import sys
from pathlib import Path

EXIT_IO_ERROR = 74
SATURATED = 100  # answers a sync with --saturate


def read_answers(path: Path):
    """Answers by key. A last line without its end was never told to anybody and is not one."""
    text = path.read_text(encoding="ascii")
    whole = text[:text.rfind("\n") + 1]
    return dict(line.split(" ", 1) for line in whole.splitlines()), len(whole)


def sync_directory(path: Path):
    directory = os.open(path, os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)


def write_all(descriptor, data: bytes):
    while data:
        data = data[os.write(descriptor, data):]


def post(data: Path, seed: int, answers_a_sync: int):
    sync = not os.environ.get("LUMBUNG_TORTURE_NO_SYNC")
    ignores_errors = bool(os.environ.get("REFERENCE_IGNORES_ERRORS"))
    data.mkdir(exist_ok=True)
    path = data / "answers"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
    answers, length = read_answers(path)
    os.truncate(descriptor, length)
    os.lseek(descriptor, length, os.SEEK_SET)
    if sync:
        os.fsync(descriptor)
        sync_directory(data)
        sync_directory(data.parent)
    last = None
    for first in range(len(answers) + 1, sys.maxsize, answers_a_sync):
        lines = []
        for event_no in range(first, first + answers_a_sync):
            answer = "refused insufficient_funds" if event_no % 7 == 0 else str(event_no)
            lines.append(f"{seed}-{event_no} {answer}\n")
        try:
            write_all(descriptor, "".join(lines).encode())
            if sync:
                os.fdatasync(descriptor)
        except OSError:
            if not ignores_errors:
                break
        last = lines[-1].rstrip("\n").split(" ", 1)
        sys.stdout.write("".join("ack " + line for line in lines))
        sys.stdout.flush()
    if last and read_answers(path)[0].get(last[0]) == last[1]:
        print("reads ok after failure")
    return EXIT_IO_ERROR


def check(data: Path, acks: Path):
    path = data / "answers"
    answers = read_answers(path)[0] if path.exists() else {}
    wrong = 0
    for line in acks.read_text(encoding="ascii").splitlines():
        _, key, told = line.split(" ", 2)
        if key not in answers:
            print(f"lost {key} {told}")
        elif answers[key] != told:
            print(f"differs {key} {told} {answers[key]}")
        else:
            continue
        wrong += 1
    return 1 if wrong else 0


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--saturate", action="store_true")
    parser.add_argument("--check", type=Path)
    options = parser.parse_args()
    try:
        if options.check:
            return check(options.data, options.check)
        return post(options.data, options.seed, SATURATED if options.saturate else 1)
    except OSError as error:
        print(error, file=sys.stderr)
        return EXIT_IO_ERROR


if __name__ == "__main__":
    sys.exit(main())
