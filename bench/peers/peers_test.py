#!/usr/bin/env python3
"""What finds a wrong book finds it, and what is printed follows from the figures."""

import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import postgres
import run
from measure import Measured, median_of, median_ratio, percentile
from report import Report, Row, as_json, as_markdown
from stream import Stream, WrongBook

LINES = ["k1\t1\t2\t500", "k2\t2\t3\t200", "k3\t3\t1\t100"]


class Books(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        program = Path(folder.name) / "three_entries"
        program.write_text("#!/bin/sh\ncat <<'END'\n" + "\n".join(LINES) + "\nEND\n")
        program.chmod(0o755)
        self.stream = Stream(program, Path(folder.name), seed=1, accounts=4, count=3)
        self.balances = {1: -400, 2: 300, 3: 100, 4: 0}  # by hand

    def wrong(self, entries, balances, count=3):
        with self.assertRaises(WrongBook):
            self.stream.check(count, entries, balances)

    def test_a_right_book_passes_in_any_order(self):
        self.stream.check(3, reversed(LINES), self.balances)
        self.stream.check(1, LINES[:1], {1: -500, 2: 500, 3: 0, 4: 0})
        self.stream.check(0, [], dict.fromkeys(range(1, 5), 0))

    def test_a_lost_entry_is_found(self):
        self.wrong(LINES[:2], self.balances)
        self.wrong(LINES[:2], {1: -500, 2: 300, 3: 200, 4: 0})

    def test_an_entry_that_is_there_twice_is_found(self):
        self.wrong([*LINES, LINES[0]], self.balances)

    def test_another_entry_is_found(self):
        self.wrong([*LINES[:2], "k3\t3\t1\t101"], self.balances)

    def test_a_wrong_balance_is_found(self):
        self.wrong(LINES, self.balances | {1: -401, 2: 301})
        self.wrong(LINES, self.balances | {4: 1})
        self.wrong(LINES, {1: -400, 2: 300, 3: 100})


class Figures(unittest.TestCase):
    def test_median_of_rounds(self):
        runs = [Measured(1, rate) for rate in (30, 10, 20)]
        self.assertEqual(median_of(runs).rate_per_s, 20)
        self.assertEqual(median_of(runs[:2]).rate_per_s, 10)

    def test_a_ratio_is_of_the_same_round(self):
        ours = [Measured(1, rate) for rate in (100, 10, 80)]
        theirs = [Measured(1, rate) for rate in (10, 5, 2)]
        self.assertEqual(median_ratio(ours, theirs), 10)

    def test_percentiles(self):
        self.assertEqual(percentile(range(101), 50), 50)
        self.assertEqual(percentile(range(101), 99), 99)
        self.assertEqual(percentile([7], 99), 7)

    def report(self, wrong=None):
        rows = [Row("ours", "fast", runs=[Measured(10, 2.5e6, 40, 1500, 0.1)]),
                Row("theirs", "slow", ("ours",), [Measured(10, 50_000, 2e6)], wrong)]
        machine = {"cores": 2, "cpu": "a cpu", "memory_mib": 1, "kernel": "Linux",
                   "file_system": "ext4", "sync_4k_us": 100.2, "sync_256k_us": 700.0}
        return Report(machine, {"lumbung": "1"}, 1, rows)

    def test_table(self):
        text = as_markdown(self.report())
        self.assertIn("| `ours` | fast | 2.5 M | 40 µs | 1.5 ms |  |  |", text)
        self.assertIn("| `theirs` | slow | 50 k | 2 s |  | `ours` | 50 |", text)
        self.assertIn("0.05 cores busy in the median run, 0.10 in the worst", text)

    def test_json(self):
        ours, theirs = as_json(self.report())["rows"]
        self.assertEqual(ours["rate_per_s"], 2.5e6)
        self.assertEqual(theirs["ours_over_this"], {"ours": 50})

    def test_a_wrong_book_has_no_figure(self):
        report = self.report(wrong="an entry is lost")
        self.assertFalse(report.sound())
        self.assertIn("| `theirs` | slow | WRONG |  |  | `ours` | WRONG |", as_markdown(report))
        self.assertNotIn("rate_per_s", as_json(report)["rows"][1])


class Missing(unittest.TestCase):
    def test_each_is_named_with_its_package(self):
        nowhere = Path("/nowhere")
        with mock.patch.object(postgres, "BINARIES", nowhere):
            self.assertIn("postgresql-15", run.missing())
        with mock.patch.object(postgres, "version", lambda: "15"):
            with mock.patch.dict(os.environ, {"PATH": "/nowhere"}):
                self.assertIn("(ledger)", run.missing())
            with mock.patch("ledger_cli.version", lambda: "3"):
                self.assertIsNone(run.missing())


if __name__ == "__main__":
    unittest.main()
