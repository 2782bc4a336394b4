#!/usr/bin/env python3
"""Other ledgers at the work of our own rows, on this machine, in one run: `./dev bench --peers`.

PostgreSQL, SQLite and ledger-cli are given the entries of `lumbung bench`, which runs between them
in every round; a ratio is that of two figures of the same round. After each run the book is held
against the same entries folded by addition. Standard output is the table of docs/performance.md, or
JSON. Exit codes: 1 a book was wrong, 77 one of them is not installed.
"""

import argparse
import json
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import ledger_cli
import postgres
from ledger_cli import SameBook
from lumbung import Lumbung
from postgres import Postgres, Work
from report import Report, Row, as_json, as_markdown
from sqlite import Sqlite
from stream import Stream, WrongBook

SKIPPED = 77
SEED = 8190  # that of inproc_8190_100k and inproc_hot
BATCH = 8190
BIG_BATCH = 65536
STREAM_ENTRIES = 8 * BIG_BATCH  # and 64 * BATCH

OUR_ROWS = {
    "inproc_8190_100k": "in process, batches of 8,190",
    "inproc_hot": "the same, all entries credit one account",
    "inproc_64": "in process, batches of 64",
    "http_single_64c": "single entries over HTTP, 64 connections",
    "replay": "the closed book of the first row opened by its journal alone",
    "verify_same_book": "`lumbung verify` of the book that ledger-cli reads, a new process",
}


class Peers:
    """The rows and how each is measured."""

    def __init__(self, build, folder, tiny, server):
        self._tiny = tiny
        self._server = server
        self._peer_stream = build / "peer_stream"
        self._folder = folder
        self.lumbung = Lumbung(build / "lumbung", folder, 0.01 if tiny else 1)
        self.sqlite = Sqlite(build / "peer_sqlite", folder)
        self._streams = {
            "uniform": self._stream(),
            "hot": self._stream(hot=True),
            "ordered keys": self._stream(ordered_keys=True),
        }
        exported = self._stream(accounts=10_000)
        self._same_book = SameBook(self._peer_stream, build / "lumbung", folder, exported,
                                   200 if tiny else 100_000)
        self.rows = [Row(name, what) for name, what in OUR_ROWS.items()]
        self._steps = self._plan()

    def _stream(self, accounts=100_000, **more):
        return Stream(self._peer_stream, self._folder, SEED, 500 if self._tiny else accounts,
                      2_000 if self._tiny else STREAM_ENTRIES, **more)

    def _plan(self):
        """Calls that measure some rows each, like beside like."""
        return [
            self._ours("inproc_8190_100k", "inproc_hot", "replay"),
            self._postgres("pg_batch_8190_1c", "a function over arrays of 8,190, one client",
                           "uniform", Work(1, 64, BATCH), "inproc_8190_100k"),
            self._postgres("pg_batch_8190_2c", "the same, two clients",
                           "uniform", Work(2, 64, BATCH), "inproc_8190_100k"),
            self._postgres("pg_batch_65536_key_only",
                           "arrays of 65,536, keys in order, no index by account, one client",
                           "ordered keys", Work(1, 8, BIG_BATCH, indexed=False),
                           "inproc_8190_100k"),
            self._postgres("pg_batch_8190_hot", "arrays of 8,190, one account in all, one client",
                           "hot", Work(1, 64, BATCH), "inproc_hot"),
            self._sqlite("sqlite_batch_8190", "transactions of 8,190", BATCH, 64,
                         "inproc_8190_100k"),
            self._ours("inproc_64"),
            self._postgres("pg_batch_64_8c", "arrays of 64, 8 clients", "uniform",
                           Work(8, 2_000, 64), "inproc_64"),
            self._sqlite("sqlite_batch_64", "transactions of 64", 64, 1_000, "inproc_64"),
            self._ours("http_single_64c"),
            self._postgres("pg_single_1c", "a function for one entry, one client", "uniform",
                           Work(1, 4_000)),
            self._postgres("pg_single_8c", "the same, 8 clients", "uniform", Work(8, 32_000),
                           "http_single_64c"),
            self._postgres("pg_single_64c", "the same, 64 clients", "uniform", Work(64, 32_000),
                           "http_single_64c"),
            self._postgres("pg_single_hot_1c", "one account in all, one client", "hot",
                           Work(1, 4_000)),
            self._postgres("pg_single_hot_8c", "the same, 8 clients", "hot", Work(8, 8_000)),
            self._postgres("pg_single_hot_64c", "the same, 64 clients", "hot", Work(64, 6_400)),
            self._sqlite("sqlite_single", "transactions of one entry", 1, 4_000,
                         "http_single_64c"),
            self._peer(Row("ledger_cli_bal", "`ledger bal` of the export, 100,000 entries",
                          ("verify_same_book", "replay")), self._same_book.read_by_ledger),
            (("verify_same_book",),
             lambda: {"verify_same_book": self._same_book.verified_by_lumbung()}),
        ]

    def _ours(self, *names):
        return names, lambda: self.lumbung.measure(names)

    def _peer(self, row, measure):
        self.rows.append(row)
        return (row.name,), lambda: {row.name: measure()}

    def _postgres(self, name, what, stream, work, *ours):
        if self._tiny:
            work = Work(work.clients, 2 * work.clients, min(work.batch, 40), work.indexed)
        return self._peer(Row(name, f"PostgreSQL: {what}", ours),
                          lambda: self._server.measure(self._streams[stream], work))

    def _sqlite(self, name, what, batch, batches, *ours):
        if self._tiny:
            batch, batches = min(batch, 40), 4
        return self._peer(
            Row(name, f"SQLite: {what}", ours),
            lambda: self.sqlite.measure(self._streams["uniform"], batch, batch * batches))

    def run(self, rounds):
        by_name = {row.name: row for row in self.rows}
        for number in range(1, rounds + 1):
            # There and back again, so that nobody is always measured after the same one.
            for names, measure in self._steps if number % 2 == 1 else reversed(self._steps):
                try:
                    measured = measure()
                except WrongBook as wrong:
                    for name in names:
                        by_name[name].wrong = str(wrong)
                        print(f"WRONG: {name}: {wrong}", file=sys.stderr)
                    continue
                for name, run in measured.items():
                    by_name[name].runs.append(run)
                    print(f"round {number} of {rounds}: {name} {run.rate_per_s:.0f}/s, others"
                          f" {run.others_cores:.2f} cores", file=sys.stderr)


def missing():
    """What is not installed, as a sentence; None when all is there."""
    if not postgres.version():
        return "PostgreSQL 15 (postgresql-15) is not installed"
    if not ledger_cli.version():
        return "ledger-cli (ledger) is not installed"
    return None


def compare(build, folder, rounds, tiny):
    with Postgres(folder, tiny) as server:
        peers = Peers(build, folder, tiny, server)
        peers.run(rounds)
        versions = {"lumbung": peers.lumbung.version(), "PostgreSQL": postgres.version(),
                    "SQLite": peers.sqlite.version(), "ledger-cli": ledger_cli.version()}
        return Report(peers.lumbung.machine, versions, rounds, peers.rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("build", nargs="?", type=Path, default=Path("build/release"),
                        help="where lumbung, peer_stream and peer_sqlite were built")
    parser.add_argument("--rounds", type=int, default=5, help="of everything; 5")
    parser.add_argument("--tiny", action="store_true",
                        help="one round of a few hundred entries: whether all works, not how fast")
    parser.add_argument("--json", action="store_true", help="JSON instead of the table")
    parser.add_argument("--data", type=Path, default=Path(tempfile.gettempdir()),
                        help="on the disk that is meant; TMPDIR")
    arguments = parser.parse_args()
    build = arguments.build.resolve()
    if not (build / "lumbung").exists() or not (build / "peer_stream").exists():
        parser.error(f"{build} has no lumbung and peer_stream: build first")
    if why := missing():
        print(f"SKIPPED: {why}")
        return SKIPPED
    file_system = subprocess.run(["stat", "-f", "-c", "%T", arguments.data], text=True, check=True,
                                 stdout=subprocess.PIPE).stdout.strip()
    if file_system in ("tmpfs", "ramfs") and not arguments.tiny:
        parser.error(f"{arguments.data} is memory, where a sync costs nothing; name a disk")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    folder = Path(tempfile.mkdtemp(prefix="lumbung-peers-", dir=arguments.data.resolve()))
    try:
        folder.chmod(0o711)  # PostgreSQL's user passes through
        report = compare(build, folder, 1 if arguments.tiny else arguments.rounds, arguments.tiny)
    finally:
        shutil.rmtree(folder)
    print(json.dumps(as_json(report), indent=1) if arguments.json else as_markdown(report))
    return 0 if report.sound() else 1


if __name__ == "__main__":
    sys.exit(main())
