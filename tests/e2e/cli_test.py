#!/usr/bin/env python3
"""The command line from outside: what it says, where, with which exit code; alone, beside a running
server, and beside a process that is none.

    cli_test.py LUMBUNG
"""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

PROGRAM = ""
START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 10  # what the documentation promises

CHART = """
[[account]]
code = "100"
title = "Kas"
type = "asset"
normal = "debit"
floor = "0.00"

[[account]]
code = "200"
title = "Simpanan"
type = "liability"
normal = "credit"
control = true

[[account]]
code = "200-A"
title = "Simpanan A"
type = "liability"
normal = "credit"
control = "200"
"""


def line(key, debit, credit, amount, **more):
    legs = [{"account": debit, "side": "debit", "amount": amount},
            {"account": credit, "side": "credit", "amount": amount}]
    return json.dumps({"key": key, "legs": legs, **more}) + "\n"


class Case(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="lumbung-cli-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.data = self.folder / "data"
        (self.folder / "empty.toml").touch()
        self.env = {"PATH": os.environ["PATH"], "LUMBUNG_CONFIG": str(self.folder / "empty.toml")}
        for name, value in os.environ.items():
            if name.endswith("SAN_OPTIONS"):
                self.env[name] = value

    def run_program(self, *arguments, stdin="", env=None, cwd=None, text=True):
        return subprocess.run(
            [PROGRAM, *map(str, arguments)], input=stdin if text else stdin.encode(),
            capture_output=True, text=text, env=self.env | (env or {}), cwd=cwd or self.folder)

    def expect(self, code, *arguments, **more):
        run = self.run_program(*arguments, **more)
        self.assertEqual(run.returncode, code, f"{arguments}\n{run.stdout}\n{run.stderr}")
        return run

    def lumbung(self, *arguments, **more):
        """Runs on the data directory; what it wrote to stdout."""
        return self.expect(0, *arguments, "--data", self.data, **more).stdout

    def init(self, *more):
        return self.lumbung("init", "--coop", "DESA", "--first-day", "2025-01-02", *more)

    def init_with_chart(self):
        (self.folder / "chart.toml").write_text(CHART)
        self.init("--chart", "chart.toml", "--name", "Koperasi Desa")


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
                code = subprocess.run([PROGRAM, "export", "--data", self.data], stdout=out,
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

    def test_checkpoint_restore_rebuild(self):
        self.lumbung("checkpoint", "copy")
        self.expect(1, "checkpoint", "copy", "--data", self.data)
        restored = self.folder / "restored"
        self.expect(0, "restore", "copy", "--data", restored)
        self.expect(1, "restore", "copy", "--data", restored)
        self.expect(0, "rebuild", "--data", restored)
        for data in (self.folder / "copy", restored):
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


class Server:
    """A running `lumbung serve` on a free port."""

    def __init__(self, case, *more, log=None):
        stderr = case.folder / "serve.stderr"
        self._log_path = log or stderr
        with open(stderr, "wb") as out:
            self.process = subprocess.Popen(
                [PROGRAM, "serve", "--data", case.data, "--listen", "127.0.0.1:0", *more],
                stdout=subprocess.DEVNULL, stderr=out, env=case.env)
        case.addCleanup(self.kill)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not (started := [entry for entry in self.log() if entry.get("event") == "serving"]):
            assert self.process.poll() is None and time.monotonic() < deadline, self.log()
            time.sleep(0.02)
        self.port = int(started[0]["port"])

    def log(self):
        if not self._log_path.exists():
            return []
        return [json.loads(text) for text in self._log_path.read_text().splitlines()]

    def get(self, path, token=None):
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(STOP_TIMEOUT_S)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class BesideAServer(Case):
    def setUp(self):
        super().setUp()
        self.init_with_chart()
        self.server = Server(self)

    def test_the_same_commands_do_the_same(self):
        self.lumbung("post", stdin=line("k1", "100", "200-A", "1000.00"))
        (self.folder / "more.jsonl").write_text(line("k2", "100", "200-A", "1.00"))
        self.lumbung("post", "more.jsonl")
        self.lumbung("account", "open", "200-B", "--type", "liability", "--control", "200")
        reads = [("coops",), ("coops", "--json"), ("account", "list"), ("statement", "200-A"),
                 ("trial-balance",), ("day", "show"), ("export",), ("role", "list"),
                 ("export", "--format", "blocks"), ("account", "show", "200-A", "--json")]
        beside = [self.run_program(*read, "--data", self.data, text=False) for read in reads]
        self.assertEqual(self.server.stop(), 0)
        for read, before in zip(reads, beside):
            alone = self.run_program(*read, "--data", self.data, text=False)
            self.assertEqual((before.returncode, before.stdout, before.stderr),
                             (0, alone.stdout, alone.stderr), read)
        self.assertFalse([path for path in self.data.iterdir() if path.name.startswith("run-")])

    def test_exit_codes_and_errors_come_through(self):
        run = self.expect(1, "post", "--data", self.data, stdin=line("k", "200-A", "100", "1.00"))
        self.assertIn("insufficient_funds", run.stdout)
        run = self.expect(65, "post", "--data", self.data, stdin="{}\n")
        self.assertIn("line 1", run.stderr)
        self.expect(1, "init", "--data", self.data, "--coop", "DESA", "--chart", "chart.toml")
        self.expect(64, "export", "--format", "pdf", "--data", self.data)
        self.expect(64, "account", "list", "--coop", "desa", "--data", self.data)

    def test_settings_of_the_client_go_along(self):
        (self.folder / "mine.toml").write_text('coop = "KOTA"\njson = true\n')
        self.lumbung("init", "--config", "mine.toml")
        (coop,) = [c for c in json.loads(self.lumbung("coops", "--json")) if c["id"] == "KOTA"]
        self.assertEqual(coop["currency"], "IDR")
        accounts = json.loads(self.lumbung("account", "list", "--config", "mine.toml"))
        self.assertGreater(len(accounts), 40)
        shown = self.lumbung("account", "show", "100", "--coop", "DESA", env={"LUMBUNG_JSON": "1"})
        self.assertEqual(json.loads(shown)["account"], "100")

    def test_a_token_works_at_once_and_no_longer_when_revoked(self):
        self.lumbung("role", "grant", "pengawas-1", "auditor")
        token = self.lumbung("token", "create", "pengawas-1", "--quiet").strip()
        path = "/v1/cooperatives/DESA/trial-balance"
        self.assertEqual(self.server.get(path, token)[0], 200)
        (info,) = json.loads(self.lumbung("token", "list", "--json"))
        self.lumbung("token", "revoke", info["id"])
        self.assertEqual(self.server.get(path, token)[0], 401)

    def test_verify_and_checkpoint(self):
        self.lumbung("post", stdin=line("k1", "100", "200-A", "1000.00"))
        self.assertIn("head DESA:", self.lumbung("verify"))
        self.assertFalse([path for path in self.data.iterdir() if path.name.startswith("verify-")])
        self.lumbung("checkpoint", "copy")
        self.assertIn("DESA", self.expect(0, "coops", "--data", self.folder / "copy").stdout)
        for arguments in (("rebuild",), ("serve", "--listen", "127.0.0.1:0"), ("demo",)):
            run = self.expect(69, *arguments, "--data", self.data)
            self.assertNotEqual(run.stderr, "")

    def test_the_socket_is_the_owners_alone(self):
        self.assertEqual((self.data / "admin.sock").stat().st_mode & 0o777, 0o600)

    def ask_socket(self, request):
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(str(self.data / "admin.sock"))
            connection.sendall(request)
            return connection.makefile("rb").readline()

    def test_the_socket_takes_calls_and_nothing_else(self):
        for body in (b"", b"{}\n", b"[]\n", b'{"arguments":[],"directory":"/","files":[]}x\n',
                     b'{"arguments":["coops"],"directory":"/","files":[{"name":"-","bytes":9}]}\nx'):
            head = f"POST /run HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
            self.assertIn(b" 400 ", self.ask_socket(head.encode() + body))
        self.assertIn(b" 404 ", self.ask_socket(b"GET /v1 HTTP/1.1\r\nHost: x\r\n\r\n"))
        self.assertIn(b" 405 ", self.ask_socket(b"GET /run HTTP/1.1\r\nHost: x\r\n\r\n"))
        self.assertEqual(self.server.get("/run")[0], 404)  # not on the other listener
        self.lumbung("coops")


class Serving(Case):
    def setUp(self):
        super().setUp()
        self.init_with_chart()

    def test_it_stops_when_told_and_goes_on_where_it_was(self):
        for how in (signal.SIGTERM, signal.SIGINT):
            server = Server(self)
            self.assertEqual(server.get("/readyz")[0], 200)
            self.lumbung("post", stdin=line(f"k{how}", "100", "200-A", "1.00"))
            self.assertEqual(server.stop(how), 0)
            self.assertFalse((self.data / "admin.sock").exists())
        self.assertIn("2.00", self.lumbung("trial-balance"))

    def test_a_kill_loses_nothing(self):
        server = Server(self)
        self.lumbung("post", stdin=line("k1", "100", "200-A", "1.00"))
        server.process.kill()
        server.process.wait()
        server = Server(self)  # over the socket that was left behind
        self.assertIn("known before", self.lumbung("post", stdin=line("k1", "100", "200-A", "1.00")))
        self.assertEqual(server.stop(), 0)
        self.lumbung("verify")

    def test_the_log_is_json_without_secrets_and_opens_anew(self):
        self.lumbung("role", "grant", "pengawas-1", "auditor")
        token = self.lumbung("token", "create", "pengawas-1", "--quiet").strip()
        log = self.folder / "lumbung.log"
        server = Server(self, "--log-file", str(log), log=log)
        server.get("/v1/cooperatives/DESA/trial-balance?date=2025-01-02", token)
        log.rename(self.folder / "moved.log")
        server.process.send_signal(signal.SIGHUP)
        deadline = time.monotonic() + START_TIMEOUT_S
        while not log.exists():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.02)
        server.get("/healthz", token)
        self.assertEqual(server.stop(), 0)
        moved = (self.folder / "moved.log").read_text()
        self.assertNotIn(token, moved + log.read_text())
        entries = [json.loads(text) for text in (moved + log.read_text()).splitlines()]
        self.assertEqual([e["event"] for e in entries if "event" in e], ["serving", "stopping"])
        routes = [e["access"]["route"] for e in entries if "access" in e]
        self.assertEqual(routes, ["/v1/cooperatives/{coop}/trial-balance", "/healthz"])

    def test_where_it_cannot_listen(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = taken.getsockname()[1]
            self.expect(69, "serve", "--data", self.data, "--listen", f"127.0.0.1:{port}")
        self.expect(78, "serve", "--data", self.data, "--listen", "nowhere")

    def test_systemd_is_told(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            path = str(self.folder / "notify.sock")
            notify.bind(path)
            notify.settimeout(START_TIMEOUT_S)
            self.env["NOTIFY_SOCKET"] = path
            server = Server(self)
            server.stop()
            told = []
            while not any("STOPPING=1" in message for message in told):
                told.append(notify.recv(4096).decode())
            self.assertTrue(any("READY=1" in message for message in told), told)


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
        import csv
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
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main()
