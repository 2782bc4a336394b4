#!/usr/bin/env python3
"""Every row of `lumbung bench` on tiny input: what it measured was checked, and says what it should.

    bench_test.py LUMBUNG
"""

import json

from program import Case, main

POSTING = ["inproc_8190_100k", "inproc_8190_1m", "inproc_hot", "inproc_1024", "inproc_64",
           "http_batch_8190", "http_single_64c", "coops_400_64"]
OPENING = ["replay", "rebuild", "open_snapshot", "open_verify"]
READING = ["statement_50_of_1m", "statement_50_of_1m_http", "balance_at"]
EVERY_ROW = ["rate_per_s", "p50_us"]
POSTED_ROW = ["p99_us", "p999_us", "cpu_ns_per_entry", "bytes_per_entry",
              "journal_bytes_per_entry", "raw_sync_us", "ratio_to_raw_wal", "longest_stall_ms"]


class Bench(Case):
    def setUp(self):
        super().setUp()
        self.data.mkdir()

    def bench(self, *arguments):
        """The report of a run that is sound."""
        report = json.loads(self.lumbung("bench", "--quiet", "--json", *arguments))
        for row in report["rows"]:
            self.assertTrue(row["verified"] and row["model_equal"], row)
            self.assert_positive(row, EVERY_ROW)
        self.assertEqual(list(self.data.iterdir()), [])  # the books are gone
        return report

    def assert_positive(self, row, names):
        for name in names:
            self.assertGreater(row[name], 0, (name, row))

    def custom(self, *arguments):
        (row,) = self.bench("--quick", *arguments)["rows"]
        self.assertEqual(row["name"], "custom")
        self.assert_positive(row, POSTED_ROW)
        return row

    def test_quick_has_all_rows_in_order(self):
        report = self.bench("--quick", "--scale", "0.005")
        rows = report["rows"]
        self.assertEqual([row["name"] for row in rows], POSTING + OPENING + READING)
        for row in rows[:len(POSTING)]:
            self.assert_positive(row, POSTED_ROW)
        for row in rows[-len(READING):]:
            self.assert_positive(row, ["p99_us", "p999_us"])
        self.assert_positive(report["machine"],
                             ["cores", "memory_mib", "sync_4k_us", "sync_256k_us"])

    def test_a_row_that_reads_posts_its_book_itself(self):
        (row,) = self.bench("--quick", "--scale", "0.005", "--row", "balance_at")["rows"]
        self.assertEqual(row["name"], "balance_at")

    def test_without_quick_a_row_is_the_median_of_its_runs(self):
        rows = self.bench("--scale", "0.001", "--row", "inproc_64", "--row", "open_verify")["rows"]
        self.assertEqual([row["name"] for row in rows], ["inproc_64", "open_verify"])
        # 500 entries in whole batches of 64, and the book that has 10,000 in batches of 8,190
        # behind its own opening, the teller and 100 accounts.
        self.assertEqual([row["count"] for row in rows], [512, 1 + 1 + 100 + 2 * 8190])

    def test_the_long_rows(self):
        growth, soak = self.bench("--scale", "0.002", "--row", "growth_50m", "--row", "soak")["rows"]
        self.assertEqual(growth["count"], 5 * 3 * 8190)  # five slices of 20,000, in whole batches
        slices = growth["slice_rates_per_s"]
        self.assertEqual(len(slices), 5)
        self.assertAlmostEqual(growth["rate_per_s"], slices[-1], delta=1)
        self.assertAlmostEqual(growth["last_to_first_slice"], slices[-1] / slices[0], delta=0.001)
        self.assertIsNotNone(growth["memory_bytes_per_entry"])
        self.assert_positive(soak, ["longest_stall_ms", "memory_mib_at_third", "memory_mib_at_end"])

    def test_a_row_of_ones_own(self):
        self.assertEqual(self.custom("--entries", 1000, "--batch", 100, "--accounts", 50,
                                     "--zipf", "0.99")["count"], 1000)
        self.assertEqual(self.custom("--entries", 500, "--batch", 1, "--in-flight", 16,
                                     "--coops", 5, "--accounts", 2, "--hot")["count"], 500)
        timed = self.custom("--entries", 1000000000, "--batch", 64, "--accounts", 100,
                            "--seconds", "0.2")
        self.assertLess(timed["count"], 1000000000)

    def test_a_row_of_ones_own_over_http(self):
        self.assertEqual(self.custom("--http", "--entries", 300, "--batch", 1, "--clients", 3,
                                     "--accounts", 50)["count"], 300)
        self.assertEqual(self.custom("--http", "--entries", 300, "--batch", 30, "--clients", 2,
                                     "--coops", 4, "--accounts", 50)["count"], 300)

    def test_the_table_says_that_it_was_checked(self):
        text = self.lumbung("bench", "--quick", "--entries", 100, "--batch", 10, "--accounts", 10)
        self.assertRegex(text, r"\ncustom +\d.* yes\n")

    def test_what_contradicts_itself_is_refused(self):
        for arguments in (["--row", "nonsense"], ["--quick", "--full"], ["--row", "soak", "--hot"],
                          ["--full", "--batch", "3"], ["--clients", "3"], ["--accounts", "1"],
                          ["--http", "--in-flight", "3"], ["--batch", "8190", "--in-flight", "9"]):
            self.expect(64, "bench", *arguments)


if __name__ == "__main__":
    main()
