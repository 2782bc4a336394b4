"""The program under test, as the tests of this folder use it: a data directory of its own for each
test, a command, a running server.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

PROGRAM = ""  # its path
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
        status, _, body = self.ask(path, {"Authorization": f"Bearer {token}"} if token else {})
        return status, body

    def ask(self, path, fields, body=None):
        """A GET, or with a body a POST of it as JSON: status, fields, body."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", data, fields)
        if data is not None:
            request.add_header("Content-Type", "application/json")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def stop(self, how=signal.SIGTERM):
        self.process.send_signal(how)
        return self.process.wait(STOP_TIMEOUT_S)

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def main():
    """SCRIPT LUMBUNG [unittest's arguments]"""
    global PROGRAM
    PROGRAM = os.path.abspath(sys.argv.pop(1))
    unittest.main(module="__main__")
