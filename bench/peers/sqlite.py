"""SQLite, by the program peer_sqlite: in one process and without any wire, as our own rows are."""

import json
import sqlite3
import subprocess
import uuid

from measure import Measured, Meter
from stream import WrongBook


class Sqlite:
    def __init__(self, program, folder):
        self._program = program
        self._database = folder / "sqlite.db"

    def version(self):
        return subprocess.run([self._program, "--version"], stdout=subprocess.PIPE, text=True,
                              check=True).stdout.strip()

    def measure(self, stream, batch, count):
        """Posts the stream's first entries into a new book, and checks it. Throws WrongBook."""
        meter = Meter()
        run = subprocess.run(
            [self._program, self._database, str(stream.accounts), str(batch), str(count),
             stream.path], stdout=subprocess.PIPE, text=True, check=True)
        others_cores = meter.others_cores()
        book = sqlite3.connect(self._database)
        try:
            self._check(book, stream, count)
        finally:
            book.close()
            for file in self._database.parent.glob(self._database.name + "*"):
                file.unlink()
        figures = json.loads(run.stdout)
        return Measured(figures["count"], figures["count"] / figures["seconds"], figures["p50_us"],
                        figures["p99_us"], others_cores)

    @staticmethod
    def _check(book, stream, count):
        key, debit, credit, amount = stream.lines(1)[0].split("\t")
        for statement, values in (
                ("insert into entries values (?, ?, ?, ?)",
                 (bytes.fromhex(key.replace("-", "")), debit, credit, amount)),
                ("update accounts set balance = floor - 1 where id = ?", (debit,))):
            try:
                book.execute(statement, values)
            except sqlite3.IntegrityError:
                continue
            raise WrongBook(f"SQLite should refuse: {statement}")
        lines = (f"{uuid.UUID(bytes=key)}\t{debit}\t{credit}\t{amount}"
                 for key, debit, credit, amount in book.execute("select * from entries"))
        stream.check(count, lines, dict(book.execute("select id, balance from accounts")))
