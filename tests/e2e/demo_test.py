#!/usr/bin/env python3
"""The demo cooperative and the torture commands: the same every time, and sound.

    demo_test.py LUMBUNG
"""

import csv
import json
import sqlite3

from program import Case, main


class Demo(Case):
    def test_it_is_the_same_every_time(self):
        exports = []
        for name in ("one", "two"):
            data = self.folder / name
            self.expect(0, "demo", "--data", data)
            exports.append(self.expect(0, "export", "--format", "blocks", "--data", data,
                                       text=False).stdout)
            self.expect(0, "verify", "--data", data)
        self.assertEqual(exports[0], exports[1])
        before = (self.folder / "one" / "demo-tokens.txt").read_text()
        self.expect(0, "demo", "--data", self.folder / "one")  # done before: nothing is posted
        again = self.expect(0, "export", "--format", "blocks", "--data", self.folder / "one",
                            text=False).stdout
        self.assertEqual(again, exports[0])
        tokens = self.folder / "one" / "demo-tokens.txt"
        self.assertEqual(tokens.read_text(), before)
        self.assertEqual(tokens.stat().st_mode & 0o777, 0o600)
        self.assertEqual([text.split()[:2] for text in before.splitlines()],
                         [["admin", "admin-1"], ["treasurer", "bendahara-1"], ["teller", "kasir-1"],
                          ["approver", "ketua-1"], ["auditor", "pengawas-1"]])

    def test_it_is_a_year_of_a_village(self):
        self.lumbung("demo")
        (coop,) = json.loads(self.lumbung("coops", "--json"))
        self.assertEqual((coop["id"], coop["first_day"], coop["open_month"]),
                         ("DESA-SUKAMAJU", "2025-01-02", "2026-01"))
        self.assertTrue(10_000 <= coop["last_event"] <= 15_000, coop)
        accounts = json.loads(self.lumbung("account", "list", "--json"))
        posted = {a["account"]: int(a["posted"].replace(".", "")) for a in accounts}
        members = [code for code in posted if code.startswith("3101-")]
        self.assertEqual(len(members), 240)
        # Simpanan pokok is the same for all members (UU 25/1992), and no sen was ever posted.
        self.assertEqual({posted[code] for code in members}, {100_000_00})
        self.assertTrue(all(amount % 100 == 0 for amount in posted.values()))
        # Added up anew from the rows of the CSV export, by a program of others.
        database = sqlite3.connect(":memory:")
        self.addCleanup(database.close)
        self.check_against_csv(database, posted)

    def check_against_csv(self, database, posted):
        rows = list(csv.DictReader(self.lumbung("export", "--format", "csv").splitlines()))
        database.execute("create table leg (account text, side text, minor integer)")
        for row in rows:
            database.execute("insert into leg values (?, ?, ?)",
                             (row["account"], row["side"], int(row["amount"].replace(".", ""))))
        for account, debits, credits in database.execute(
                "select account, sum(iif(side = 'debit', minor, 0)), "
                "sum(iif(side = 'credit', minor, 0)) from leg group by account"):
            self.assertEqual(abs(debits - credits), abs(posted[account]), account)
        kinds = {row["kind"] for row in rows}
        self.assertLessEqual({"entry", "reversal"}, kinds)


class Torture(Case):
    def torture(self, *arguments, env=None):
        return self.run_program("torture", "--data", self.data, *arguments, env=env)

    def test_every_answer_is_given_again(self):
        acks = self.folder / "acks"
        for seed in ("1", "2"):
            run = self.torture("--seed", seed, "--count", "2000")
            self.assertEqual(run.returncode, 0, run.stderr)
            with open(acks, "a", encoding="ascii") as out:
                out.write(run.stdout)
        answers = acks.read_text().splitlines()
        self.assertGreater(len(answers), 4000)
        self.assertTrue(any(" refused " in answer for answer in answers))
        run = self.torture("--check", acks)
        self.assertEqual((run.returncode, run.stdout), (0, ""), run.stderr)
        # And it does notice what was never answered, or not in this way.
        acks.write_text("ack t3-1 7\n" + answers[0] + "0\n")
        run = self.torture("--check", acks)
        self.assertEqual(run.returncode, 1)
        self.assertEqual([text.split()[0] for text in run.stdout.splitlines()], ["lost", "differs"])

    def test_no_answers_need_no_directory(self):
        (self.folder / "none").touch()
        self.assertEqual(self.torture("--check", self.folder / "none").returncode, 0)
        self.assertFalse(self.data.exists())


if __name__ == "__main__":
    main()
