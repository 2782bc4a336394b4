"""ledger-cli reads a book of ours from its export and says its balances; we verify that book."""

import shutil
import subprocess
import time

from measure import Measured, Meter
from stream import WrongBook


def version():
    """None where it is not installed."""
    if not shutil.which("ledger"):
        return None
    run = subprocess.run(["ledger", "--version"], stdout=subprocess.PIPE, text=True, check=True)
    return run.stdout.split(",")[0].removeprefix("Ledger ")


class SameBook:
    """A closed book of ours with the first entries of a stream, and its export."""

    def __init__(self, peer_stream, lumbung, folder, stream, count):
        self._lumbung = lumbung
        self._data = folder / "book"
        self._export = folder / "book.ledger"
        self._stream = stream
        self._count = count
        subprocess.run([peer_stream, "book", str(stream.seed), str(stream.accounts),
                        stream.distribution, self._data, str(count)], check=True)
        with open(self._export, "wb") as out:
            subprocess.run([lumbung, "export", "--data", self._data, "--coop", "BENCH", "--format",
                            "hledger"], stdout=out, check=True)

    def read_by_ledger(self):
        """Throws WrongBook when its balances are not those of the entries."""
        run, measured = self._timed(
            ["ledger", "--args-only", "-f", self._export, "bal", "--flat", "--no-total",
             "--balance-format", "%(account) %(amount)\n"])
        # An account that no entry touched is not told of.
        balances = dict.fromkeys(range(1, self._stream.accounts + 1), 0)
        for line in run.stdout.splitlines():
            account, amount, _ = line.split()  # "liabilities:A17 -250.00 IDR"; debits are above 0
            rupiah, _, sen = amount.partition(".")
            number = account.rpartition(":A")[2]
            balances[int(number)] = -int(rupiah + sen.ljust(2, "0"))
        self._stream.check_balances(self._count, balances)
        return measured

    def verified_by_lumbung(self):
        """By a new process: every block, its hash, every rule, and all that is derived."""
        return self._timed([self._lumbung, "verify", "--data", self._data, "--quiet"])[1]

    def _timed(self, command):
        meter = Meter()
        begin = time.monotonic()
        run = subprocess.run(command, stdout=subprocess.PIPE, text=True)
        seconds = time.monotonic() - begin
        if run.returncode != 0:
            raise WrongBook(f"{command[0]} ended with {run.returncode}")
        return run, Measured(self._count, self._count / seconds, seconds * 1e6,
                             others_cores=meter.others_cores())
