#!/usr/bin/env python3
"""The command line from outside: what it says, where, with which exit code.

    cli_test.py LUMBUNG
"""

import json
import os
import subprocess
from pathlib import Path

import program
from program import CHART, Case, line, main


class Books(Case):
    def test_a_cooperative_is_opened_and_listed(self):
        self.init("--name", "Koperasi Desa")
        (coop,) = json.loads(self.lumbung("coops", "--json"))
        self.assertEqual((coop["id"], coop["name"]), ("DESA", "Koperasi Desa"))
        self.assertEqual((coop["currency"], coop["zone"]), ("IDR", "Asia/Jakarta"))
        self.assertEqual((coop["first_day"], coop["open_day"]), ("2025-01-02", "2025-01-02"))
        # The codes of docs/accounting.md, among them cash, voluntary and principal savings.
        codes = {account["account"] for account in json.loads(self.lumbung("account", "list", "--json"))}
        self.assertLess({"1101", "1102", "2101", "3101", "3102", "5302"}, codes)
        self.assertIn("DESA", self.lumbung("coops"))

    def test_a_second_init_says_that_it_exists(self):
        self.init()
        for more in ((), ("--currency", "USD"), ("--first-day", "2025-02-01")):
            run = self.expect(1, "init", "--data", self.data, "--coop", "DESA", *more)
            self.assertIn("exists already", run.stderr)
            self.assertEqual(run.stdout, "")
        self.assertEqual(len(json.loads(self.lumbung("coops", "--json"))), 1)

    def test_two_cooperatives_need_to_be_told_apart(self):
        self.init()
        self.lumbung("init", "--coop", "KOTA", "--currency", "USD", "--zone", "Asia/Makassar")
        run = self.expect(64, "account", "list", "--data", self.data)
        self.assertIn("DESA, KOTA", run.stderr)
        self.assertIn("USD", self.lumbung("account", "show", "1101", "--coop", "KOTA"))

    def test_a_chart_of_ones_own(self):
        self.init_with_chart()
        accounts = json.loads(self.lumbung("account", "list", "--json"))
        self.assertEqual([a["account"] for a in accounts], ["100", "200", "200-A"])
        self.assertEqual(accounts[2]["control"], "200")
        self.assertIn("Simpanan A", self.lumbung("account", "show", "200-A"))

    def test_a_chart_that_is_wrong_opens_nothing(self):
        wrong = {
            "[[account]]\ncode = \"1\"\ntype = \"asset\"\n": "chart.toml:1",
            "[[account]]\ncode = \"1\"\ntype = \"aset\"\nnormal = \"debit\"\n": "type is",
            "[[konto]]\n": "[[account]]",
            "code = 'x": "chart.toml:1",
            CHART.replace("title", "titel"): "titel",
            CHART + CHART: "twice",
        }
        for text, said in wrong.items():
            (self.folder / "chart.toml").write_text(text)
            run = self.expect(65, "init", "--data", self.data, "--coop", "DESA", "--chart",
                              "chart.toml")
            self.assertIn(said, run.stderr)
        self.assertEqual(json.loads(self.lumbung("coops", "--json")), [])


class Entries(Case):
    def setUp(self):
        super().setUp()
        self.init_with_chart()

    def test_an_account_is_opened_changed_and_closed(self):
        self.assertIn("account_opened: event", self.lumbung(
            "account", "open", "200-B", "--type", "liability", "--control", "200", "--floor", "0.00"))
        self.lumbung("account", "limits", "200-B", "--ceiling", "500.00")
        self.assertEqual(self.show("200-B")["floor"], "0.00")
        self.assertEqual(self.show("200-B")["ceiling"], "500.00")
        self.lumbung("account", "limits", "200-B", "--floor", "none")
        self.assertIsNone(self.show("200-B")["floor"])
        self.lumbung("account", "freeze", "200-B")
        self.assertTrue(self.show("200-B")["frozen"])
        run = self.expect(1, "account", "freeze", "200-B", "--data", self.data)
        self.assertIn("refused: account_frozen", run.stderr)
        self.lumbung("account", "unfreeze", "200-B")
        self.lumbung("account", "close", "200-B")
        self.assertTrue(self.show("200-B")["closed"])

    def show(self, code):
        return json.loads(self.lumbung("account", "show", code, "--json"))

    def test_an_account_that_cannot_be(self):
        self.expect(1, "account", "open", "100", "--type", "asset", "--data", self.data)
        self.expect(1, "account", "open", "X", "--type", "asset", "--control", "9", "--data", self.data)
        self.expect(64, "account", "open", "X", "--type", "aset", "--data", self.data)
        self.expect(64, "account", "open", "X", "--data", self.data)
        self.expect(1, "account", "show", "9", "--data", self.data)

    def test_entries_come_from_stdin_and_files(self):
        lines = line("k1", "100", "200-A", "1000.00") + line("k2", "200-A", "100", "250.00")
        first = [json.loads(text) for text in
                 self.lumbung("post", "--json", stdin=lines).splitlines()]
        self.assertEqual([(a["line"], a["key"], a["outcome"]) for a in first],
                         [(1, "k1", "done"), (2, "k2", "done")])
        (self.folder / "again.jsonl").write_text(lines)
        again = [json.loads(text) for text in
                 self.lumbung("post", "again.jsonl", "--json").splitlines()]
        self.assertEqual([(a["event"], a["replayed"]) for a in again],
                         [(a["event"], True) for a in first])
        self.assertEqual(self.show("200-A")["posted"], "750.00")

    def test_what_is_refused_is_told_line_by_line(self):
        lines = (line("k1", "100", "200-A", "100.00") + line("k2", "200-A", "100", "101.00") +
                 line("k3", "100", "999", "1.00") + line("k4", "100", "200-A", "5.00"))
        run = self.expect(1, "post", "--data", self.data, "--json", stdin=lines)
        answers = {a["key"]: a for a in map(json.loads, run.stdout.splitlines())}
        self.assertEqual(answers["k2"]["refusal"]["code"], "insufficient_funds")
        self.assertEqual(answers["k3"]["refusal"]["code"], "account_unknown")
        self.assertEqual(answers["k4"]["outcome"], "done")
        self.assertEqual(self.show("200-A")["posted"], "105.00")
        reused = self.expect(1, "post", "--data", self.data, stdin=line("k1", "100", "200-A", "7.00"))
        self.assertIn("key_reused", reused.stdout)

    def test_a_line_that_is_no_entry_is_bad_data(self):
        good = line("k1", "100", "200-A", "1.00")
        for bad in ("{}\n", "[1]\n", "{\n", line("k2", "100", "200-A", "1.0"),
                    line("k2", "100", "200-A", "1.00", memo="x"), line("", "100", "200-A", "1.00")):
            run = self.expect(65, "post", "--data", self.data, stdin=good + bad)
            self.assertIn("line 2", run.stderr)
        self.assertEqual(self.show("200-A")["posted"], "1.00")

    def test_statement_and_trial_balance(self):
        self.lumbung("post", stdin=line("k1", "100", "200-A", "1000.00"))
        self.lumbung("day", "close", "--next", "2025-01-06")
        self.lumbung("post", stdin=line("k2", "200-A", "100", "250.00", value_date="2025-01-05"))
        statement = self.lumbung("statement", "200-A").splitlines()
        self.assertEqual([text.split()[1:] for text in statement[2:]],
                         [["2025-01-02", "2025-01-02", "1000.00", "1000.00"],
                          ["2025-01-06", "2025-01-05", "250.00", "750.00"]])
        later = self.lumbung("statement", "200-A", "--from", "2025-01-03").splitlines()
        self.assertEqual(later[1].split(), ["1000.00", "brought", "forward"])
        self.assertEqual(len(later), 3)
        newest = json.loads(self.lumbung("statement", "200-A", "--limit", "1", "--json"))
        self.assertEqual(json.dumps(newest).count('"750.00"'), 1)
        self.assertEqual(len(self.lumbung("statement", "200-A", "--to", "2025-01-05").splitlines()), 3)

        def sums(*more):
            return self.lumbung("trial-balance", *more).splitlines()[-1].split()

        self.assertEqual(sums(), ["IDR", "750.00", "750.00", "sum"])
        self.assertEqual(sums("--date", "2025-01-05"), ["IDR", "1000.00", "1000.00", "sum"])
        self.assertEqual(sums("--date", "2025-01-05", "--basis", "value"),
                         ["IDR", "750.00", "750.00", "sum"])
        self.assertNotIn("200-A", self.lumbung("trial-balance"))
        self.assertIn("200-A", self.lumbung("trial-balance", "--members"))
        self.expect(64, "trial-balance", "--basis", "value", "--at", "2025-01-05T00:00:00Z",
                    "--data", self.data)

    def test_days_and_months(self):
        run = self.expect(1, "month", "close", "--data", self.data)
        self.assertIn("month_not_over", run.stderr)
        self.expect(1, "day", "close", "2025-01-03", "--data", self.data)
        self.lumbung("day", "close", "2025-01-02", "--next", "2025-02-01")
        self.lumbung("month", "close", "2025-01")
        self.assertEqual(self.lumbung("day", "show").split(),
                         ["open", "day", "2025-02-01", "open", "month", "2025-02"])
        run = self.expect(1, "post", "--data", self.data,
                          stdin=line("k", "100", "200-A", "1.00", booking_date="2025-01-02"))
        self.assertIn("month_closed", run.stdout)

    def test_roles_and_tokens(self):
        run = self.expect(1, "token", "create", "kasir-1", "--data", self.data)
        self.assertIn("principal_unknown", run.stderr)
        self.lumbung("role", "grant", "kasir-1", "teller", "--key", "grant-1")
        self.assertIn("known before",
                      self.lumbung("role", "grant", "kasir-1", "teller", "--key", "grant-1"))
        token = self.lumbung("token", "create", "kasir-1", "--label", "laptop", "--quiet").strip()
        self.assertRegex(token, r"^lmb_[A-Za-z0-9_-]{43}$")
        listed = self.lumbung("token", "list", "--json")
        self.assertNotIn(token, listed)
        (info,) = json.loads(listed)
        self.assertEqual((info["principal"], info["label"]), ("kasir-1", "laptop"))
        self.lumbung("token", "revoke", info["id"])
        self.expect(1, "token", "revoke", info["id"], "--data", self.data)
        self.assertEqual(json.loads(self.lumbung("token", "list", "--json")), [])
        self.assertIn("kasir-1    teller", self.lumbung("role", "list"))
        self.lumbung("role", "revoke", "kasir-1", "teller")
        self.expect(64, "role", "grant", "kasir-1", "kasir", "--data", self.data)

    def test_users(self):
        self.expect(1, "user", "password", "kasir-1", "--data", self.data)
        self.lumbung("role", "grant", "kasir-1", "teller")
        shown = self.lumbung("user", "password", "kasir-1", "--quiet").strip()
        self.assertRegex(shown, r"^([2-9a-km-z]{4}-){3}[2-9a-km-z]{4}$")
        listed = self.lumbung("user", "list", "--json")
        self.assertNotIn(shown, listed)
        (user,) = json.loads(listed)
        self.assertRegex(user.pop("changed"), "Z$")
        self.assertEqual(user, {"user": "kasir-1", "roles": ["teller"], "password": "one-time",
                                "totp": "none", "wrong_tries": 0, "sessions": 0})
        self.lumbung("user", "password", "kasir-1", "--stdin", stdin="sandi-desa-2026\n")
        self.assertIn("kasir-1  teller  set", self.lumbung("user", "show", "kasir-1"))
        run = self.expect(65, "user", "password", "kasir-1", "--stdin", "--data", self.data,
                          stdin="pendek\n")
        self.assertIn("password_too_short", run.stderr)
        self.lumbung("user", "unlock", "kasir-1")
        self.lumbung("user", "end-sessions", "kasir-1")
        self.expect(1, "user", "totp-off", "kasir-1", "--data", self.data)
        self.assertEqual((self.data / "login.key").stat().st_mode & 0o777, 0o600)
        self.lumbung("checkpoint", "copy")
        self.assertFalse((self.folder / "copy" / "login.key").exists())

    def test_the_principal_is_sealed_with_the_entry(self):
        self.expect(1, "post", "--data", self.data, "--as", "kasir-1",
                    stdin=line("k", "100", "200-A", "1.00"))
        self.lumbung("role", "grant", "kasir-1", "teller")
        self.lumbung("post", "--as", "kasir-1", stdin=line("k", "100", "200-A", "1.00"))
        self.assertIn('"kasir-1"', self.lumbung("export", "--format", "jsonl"))

    def test_export_goes_to_stdout_whole(self):
        self.lumbung("post", stdin=line("k1", "100", "200-A", "1000.00"))
        self.assertIn("1000.00", self.lumbung("export"))
        run = self.expect(64, "export", "--format", "pdf", "--data", self.data)
        self.assertIn("hledger", run.stderr)
        full = "/dev/full"
        if os.path.exists(full):
            with open(full, "wb") as out:
                code = subprocess.run([program.PROGRAM, "export", "--data", self.data], stdout=out,
                                      stderr=subprocess.DEVNULL, env=self.env).returncode
            self.assertEqual(code, 74)


class Verify(Case):
    def setUp(self):
        super().setUp()
        self.init_with_chart()
        self.lumbung("post", stdin=line("k1", "100", "200-A", "1000.00"))
        self.blocks = self.folder / "blocks"
        self.blocks.write_bytes(self.expect(0, "export", "--format", "blocks", "--data", self.data,
                                            text=False).stdout)

    def test_a_sound_book_is_sound(self):
        out = self.lumbung("verify")
        head = out.split()[1]
        self.assertRegex(head, r"^DESA:\d+:[0-9a-f]{64}$")
        self.assertEqual(self.expect(0, "verify", "--journal", self.blocks).stdout, out)
        self.lumbung("verify", "--head", head)
        self.lumbung("post", stdin=line("k2", "100", "200-A", "1.00"))
        self.lumbung("verify", "--head", head)  # the chain passes through it

    def test_a_changed_byte_is_found_and_named(self):
        good = self.blocks.read_bytes()
        for at in (10, len(good) // 2, len(good) - 40):
            self.blocks.write_bytes(good[:at] + bytes([good[at] ^ 1]) + good[at + 1:])
            run = self.expect(2, "verify", "--journal", self.blocks, "--json")
            report = json.loads(run.stdout)
            self.assertFalse(report["sound"])
            self.assertIn("what", report["findings"][0])

    def test_another_head_is_a_finding(self):
        number = self.lumbung("verify").split()[1].split(":")[1]
        self.expect(2, "verify", "--data", self.data, "--head", f"DESA:{number}:{'0' * 64}")
        self.expect(64, "verify", "--data", self.data, "--head", "DESA:1")

    def test_a_journal_shorter_than_its_head_is_not_opened(self):
        head = (self.data / "HEAD")
        self.lumbung("post", stdin=line("k2", "100", "200-A", "1.00"))
        later = head.read_bytes()
        copy = self.folder / "copy"
        self.lumbung("checkpoint", copy)
        self.lumbung("post", stdin=line("k3", "100", "200-A", "1.00"))
        self.assertNotEqual(head.read_bytes(), later)
        (copy / "HEAD").write_bytes(head.read_bytes())
        self.expect(2, "verify", "--data", copy)
        self.expect(2, "coops", "--data", copy)
        self.expect(2, "serve", "--data", copy, "--listen", "127.0.0.1:0")

    def test_checkpoint_backup_restore_rebuild(self):
        self.lumbung("checkpoint", "journal")
        self.expect(1, "checkpoint", "journal", "--data", self.data)
        self.lumbung("backup", "copy")
        self.expect(1, "backup", "copy", "--data", self.data)
        restored = self.folder / "restored"
        self.expect(0, "restore", "copy", "--data", restored)
        self.expect(1, "restore", "copy", "--data", restored)
        self.expect(0, "rebuild", "--data", restored)
        for data in (self.folder / "journal", self.folder / "copy", restored):
            again = self.expect(0, "export", "--format", "blocks", "--data", data, text=False).stdout
            self.assertEqual(again, self.blocks.read_bytes())
        (self.folder / "copy" / "HEAD").unlink()
        for table in (self.folder / "copy" / "rocks").iterdir():
            if table.suffix in (".sst", ".log"):
                table.write_bytes(table.read_bytes()[:-7] + b"changed")
        elsewhere = self.folder / "elsewhere"
        self.assertNotEqual(self.run_program("restore", "copy", "--data", elsewhere).returncode, 0)
        self.assertFalse(elsewhere.exists())


class Configuration(Case):
    def config(self, *arguments, **env):
        run = self.expect(0, "config", "print", "--json", *arguments, env=env)
        return {key: (row["value"], row["from"]) for key, row in json.loads(run.stdout).items()}

    def test_flag_before_environment_before_file_before_default(self):
        path = self.folder / "lumbung.toml"
        path.write_text('coop = "FILE"\n[serve]\nlisten = "127.0.0.1:1"\nio_threads = 2\n')
        with_file = ("--config", path)
        self.assertEqual(self.config()["coop"], ("", "default"))
        self.assertEqual(self.config(*with_file)["coop"], ("FILE", str(path)))
        self.assertEqual(self.config(*with_file)["serve.io_threads"], (2, str(path)))
        self.assertEqual(self.config(*with_file, LUMBUNG_COOP="ENV")["coop"],
                         ("ENV", "environment, LUMBUNG_COOP"))
        self.assertEqual(self.config(*with_file, "--coop", "FLAG", LUMBUNG_COOP="ENV")["coop"],
                         ("FLAG", "command line, --coop"))
        self.assertEqual(self.config(LUMBUNG_CONFIG=str(path))["coop"], ("FILE", str(path)))
        self.assertEqual(self.config(NO_COLOR="0")["no_color"][0], True)  # no-color.org

    def test_what_is_printed_can_be_read_again(self):
        printed = self.expect(0, "config", "print", env={"LUMBUNG_COOP": "DESA",
                                                         "LUMBUNG_LISTEN": "[::1]:9000"}).stdout
        path = self.folder / "printed.toml"
        path.write_text(printed)
        again = self.config("--config", path)
        self.assertEqual(again["coop"][0], "DESA")
        self.assertEqual(again["serve.listen"][0], "[::1]:9000")

    def test_what_cannot_be_understood_is_named(self):
        path = self.folder / "lumbung.toml"
        wrong = {
            'cop = "DESA"\n': ":1:",
            '\n[serve]\nio_threads = 0\n': "from 1 to 64",
            'coop = 5\n': "must be a string",
            '[serve]\nlisten = \n': ":2:",
            '[policy]\nnext_day_gap_days = "x"\n': "whole number",
        }
        for text, said in wrong.items():
            path.write_text(text)
            run = self.expect(78, "config", "check", "--config", path)
            self.assertIn(said, run.stderr)
            self.assertIn(str(path), run.stderr)
        self.expect(78, "coops", "--config", self.folder / "absent.toml", "--data", self.data)
        self.expect(78, "config", "check", env={"LUMBUNG_IO_THREADS": "many"})
        self.expect(78, "config", "check", env={"LUMBUNG_JSON": "perhaps"})
        path.write_text("")
        self.assertEqual(self.expect(0, "config", "check", "--config", path).stdout, "")

    def test_settings_work(self):
        self.init()
        env = {"LUMBUNG_DATA": str(self.data), "LUMBUNG_JSON": "1"}
        self.assertEqual(json.loads(self.expect(0, "coops", env=env).stdout)[0]["id"], "DESA")
        tight = {"LUMBUNG_NEXT_DAY_GAP_DAYS": "1", "LUMBUNG_DATA": str(self.data)}
        run = self.expect(1, "day", "close", "--next", "2025-01-06", env=tight)
        self.assertIn("next_day_invalid", run.stderr)


class Manners(Case):
    def test_usage(self):
        for arguments in ((), ("nonsense",), ("coops", "--nonsense"), ("account",),
                          ("statement",), ("day", "close", "01/02/2025"), ("coops",),
                          ("coops", "extra"), ("init", "--data", self.data, "--coop", "desa")):
            run = self.expect(64, *arguments)
            self.assertEqual(run.stdout, "")
            self.assertNotEqual(run.stderr, "")

    def test_help_and_version(self):
        self.assertIn("trial-balance", self.expect(0, "--help").stdout)
        self.assertNotIn("torture", self.expect(0, "--help").stdout)
        self.assertIn("--floor", self.expect(0, "account", "open", "--help").stdout)
        version = self.expect(0, "version").stdout
        self.assertRegex(version, r"^lumbung \d+\.\d+\.\d+\n$")
        self.assertEqual(self.expect(0, "--version").stdout, version)

    def test_no_directory_and_a_directory_that_is_none(self):
        self.expect(74, "coops", "--data", self.folder / "absent")
        self.assertFalse((self.folder / "absent").exists())
        (self.folder / "file").touch()
        self.expect(74, "coops", "--data", self.folder / "file")
        self.init()
        self.expect(74, "post", "absent.jsonl", "--data", self.data)
        self.expect(74, "verify", "--journal", "absent")

    def test_no_colours_where_nobody_looks(self):
        self.assertNotIn("\x1b", self.expect(64, "coops").stderr)

    def test_the_manual_has_every_subcommand_and_setting(self):
        manual = (Path(__file__).parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
        section = manual[manual.index("## Command line"):]
        listed = self.expect(0, "--help").stdout.split("Subcommands:")[1]
        for row in listed.splitlines():
            if row.startswith("  ") and row[2:3].strip():
                self.assertIn(f"`{row.split()[0]}", section)
        for key, row in json.loads(self.expect(0, "config", "print", "--json").stdout).items():
            (line_of_it,) = [text for text in section.splitlines() if f"| `{key}` |" in text]
            value = row["value"]
            if value not in ("", False) and key != "json":  # which was asked for here
                self.assertIn(str(value), line_of_it)

    def test_completion_loads_in_bash(self):
        script = self.expect(0, "completion", "bash").stdout
        (self.folder / "completion").write_text(script)

        def complete(*words):
            command = ("source completion; COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _lumbung; "
                       "printf '%s\\n' \"${COMPREPLY[@]}\"")
            run = subprocess.run(["bash", "--norc", "-c", command, "bash", *words],
                                 capture_output=True, text=True, cwd=self.folder, check=True)
            self.assertEqual(run.stderr, "")
            return run.stdout.split()

        self.assertIn("trial-balance", complete("lumbung", ""))
        self.assertNotIn("torture", complete("lumbung", ""))
        self.assertEqual(complete("lumbung", "tri"), ["trial-balance"])
        self.assertEqual(complete("lumbung", "account", "unf"), ["unfreeze"])
        self.assertEqual(complete("lumbung", "account", "open", "--ceil"), ["--ceiling"])
        self.assertIn("--data", complete("lumbung", "statement", "--"))
        self.assertEqual(complete("lumbung", "--data", "x", "config", "p"), ["print"])


if __name__ == "__main__":
    main()
