"""PostgreSQL in a cluster of its own, on a Unix socket: started here, stopped by its pid, gone with
its directory. The machine's own clusters are never spoken to."""

import ctypes
import os
import pwd
import re
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from measure import Measured, Meter, percentile
from stream import WrongBook

HERE = Path(__file__).resolve().parent
BINARIES = Path("/usr/lib/postgresql/15/bin")  # Debian keeps them off the PATH
START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 120
_PR_SET_PDEATHSIG = 1

# Durable as it comes (fsync, synchronous_commit, full pages after a checkpoint), and otherwise as
# fast as it can be had: everything in memory, no checkpoint within a run, no log for replicas.
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    "shared_buffers": "2GB",
    "wal_buffers": "64MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "min_wal_size": "2GB",
    "max_wal_size": "16GB",
    "checkpoint_timeout": "1h",
    "work_mem": "256MB",
    "jit": "off",
    "max_connections": "80",
    "listen_addresses": "",
}
TINY_SETTINGS = {"shared_buffers": "32MB", "min_wal_size": "32MB", "max_wal_size": "64MB"}


@dataclass(frozen=True)
class Work:
    """What pgbench does: so many calls in all, by so many clients, with so many entries each."""
    clients: int
    calls: int
    batch: int = 1  # 1: post_entry, else post_batch
    indexed: bool = True  # by both accounts; the key always is

    @property
    def entries(self):
        return self.calls * self.batch


def version():
    """None where it is not installed."""
    try:
        run = subprocess.run([BINARIES / "postgres", "--version"], stdout=subprocess.PIPE,
                             text=True, check=True)
    except FileNotFoundError:
        return None
    return run.stdout.split(maxsplit=2)[2].strip()


def _server_user():
    """root may not run it: who does instead, as arguments of subprocess."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise RuntimeError("neither a user postgres nor nobody to run PostgreSQL")


def _end_with_parent():
    """In the child: a fast shutdown should this script be killed."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


class Postgres:
    """A running server. `folder` must be one that others may enter."""

    def __init__(self, folder, tiny):
        self._folder = folder
        self._data = folder / "postgres"
        self._logs = folder / "pgbench"
        self._logs.mkdir()
        self._staged = set()
        user = _server_user()
        self._data.mkdir(mode=0o700)
        if user:
            os.chown(self._data, user["user"], user["group"])
        subprocess.run([BINARIES / "initdb", "-D", self._data, "-U", "bench", "--auth=trust",
                        "--encoding=UTF8", "--locale=C", "--no-instructions"],
                       stdout=subprocess.DEVNULL, cwd="/", check=True, **user)
        settings = SETTINGS | (TINY_SETTINGS if tiny else {})
        settings["unix_socket_directories"] = str(self._data)
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        with open(self._folder / "postgres.log", "wb") as log:
            self._server = subprocess.Popen(
                [BINARIES / "postgres", "-D", self._data, *options], stderr=log, cwd="/",
                preexec_fn=_end_with_parent, **user)
        self._wait_until_ready()

    def _wait_until_ready(self):
        deadline = time.monotonic() + START_TIMEOUT_S
        ask = [BINARIES / "pg_isready", "-q", "-h", self._data, "-U", "bench", "-d", "postgres"]
        while subprocess.run(ask).returncode != 0:
            if self._server.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise RuntimeError(
                    "PostgreSQL did not start: " + (self._folder / "postgres.log").read_text())
            time.sleep(0.05)

    def stop(self):
        if self._server.poll() is None:
            self._server.send_signal(signal.SIGINT)
            self._server.wait(STOP_TIMEOUT_S)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _psql(self, *arguments, **more):
        return subprocess.run(
            [BINARIES / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-v", "VERBOSITY=sqlstate", "-h",
             self._data, "-U", "bench", "-d", "postgres", *arguments],
            text=True, capture_output=True, **more)

    def _sql(self, *statements, **more):
        run = self._psql(*(part for each in statements for part in ("-c", each)), **more)
        if run.returncode != 0:
            raise RuntimeError(f"{statements}: {run.stderr}")
        return run.stdout

    def _stage(self, stream, batch):
        """Lays the entries out inside the server, where a call finds its own by number, so that no
        client has to send them. Returns the schema that they are in."""
        schema = f'"{stream.name}_{batch}"'
        if schema in self._staged:
            return schema
        self._sql(f"create schema {schema}",
                  f"create unlogged table {schema}.stream (i int generated always as identity"
                  " (start 0 minvalue 0) primary key, key uuid, debit int, credit int,"
                  " amount bigint)")
        with open(stream.path, encoding="ascii") as lines:
            self._sql(f"copy {schema}.stream (key, debit, credit, amount) from stdin", stdin=lines)
        if batch > 1:
            columns = ("keys", "debits", "credits", "amounts")
            plain = ", ".join(f"alter {column} set storage external" for column in columns)
            self._sql(
                f"create unlogged table {schema}.batches (i int primary key, keys uuid[],"
                " debits int[], credits int[], amounts bigint[])",
                f"alter table {schema}.batches {plain}",  # not compressed
                f"insert into {schema}.batches select i / {batch}, array_agg(key order by i),"
                " array_agg(debit order by i), array_agg(credit order by i),"
                f" array_agg(amount order by i) from {schema}.stream group by i / {batch}")
        self._sql("vacuum analyze")
        self._staged.add(schema)
        return schema

    def measure(self, stream, work):
        """Posts the stream's first entries into a new book, and checks it. Throws WrongBook."""
        schema = self._stage(stream, work.batch)
        self._open_book(stream.accounts, work.indexed)
        meter = Meter()
        answer_us, calls_per_s = self._pgbench(schema, work)
        others_cores = meter.others_cores()
        self._check_refusals(stream)
        self._check_book(stream, work.entries)
        return Measured(work.entries, calls_per_s * work.batch, percentile(answer_us, 50),
                        percentile(answer_us, 99), others_cores)

    def _open_book(self, accounts, indexed):
        self._psql("-f", HERE / "postgres.sql", check=True)
        self._sql("insert into accounts select id, -1000000000000000, 0"
                  f" from generate_series(1, {accounts}) as id")
        if indexed:
            self._sql("create index on entries (debit)", "create index on entries (credit)")
        self._sql("vacuum analyze accounts", "checkpoint")

    def _pgbench(self, schema, work):
        """Microseconds of every call, and calls a second from the first to the last."""
        script = HERE / ("single.pgbench" if work.batch == 1 else "batch.pgbench")
        calls = work.calls // work.clients
        run = subprocess.run(
            [BINARIES / "pgbench", "-n", "-M", "prepared", "-h", self._data, "-U", "bench",
             "-f", script, "-c", str(work.clients), "-t", str(calls), "-D", "n=0",
             "-D", f"clients={work.clients}", "-l", f"--log-prefix={self._logs / 'calls'}",
             "postgres"],
            env=os.environ | {"PGOPTIONS": f"-c search_path=public,{schema}"},
            text=True, capture_output=True)
        rate = re.search(r"^tps = ([0-9.]+) ", run.stdout, re.MULTILINE)
        if run.returncode != 0 or not rate:
            raise RuntimeError(f"pgbench: {run.stdout}{run.stderr}")
        answer_us = []
        for log in self._logs.iterdir():
            answer_us += [int(line.split()[2]) for line in log.read_text().splitlines()]
            log.unlink()
        if len(answer_us) != work.calls:
            raise WrongBook(f"{len(answer_us)} of {work.calls} calls were answered")
        return answer_us, float(rate[1])

    def _check_refusals(self, stream):
        """The book refuses what it must; that nothing stays behind is seen by the next check."""
        key, debit, credit, amount = stream.lines(1)[0].split("\t")
        new = "00000000-0000-0000-ffff-ffffffffffff"
        too_much = 2 * 10**15
        for case, sqlstate in ((f"'{key}', {debit}, {credit}, {amount}", "23505"),  # known key
                               (f"'{new}', 2, 1, {too_much}", "23514"),  # beneath the floor
                               (f"'{new}', 1, {stream.accounts + 1}, 1", "23503")):  # no account
            arrays = ", ".join(
                f"array[{value}]::{kind}[]"
                for value, kind in zip(case.split(", "), ("uuid", "int", "int", "bigint")))
            for call in (f"post_entry({case})", f"post_batch({arrays})"):
                run = self._psql("-c", f"select {call}")
                if run.returncode == 0 or sqlstate not in run.stderr:
                    raise WrongBook(f"{call} should end with {sqlstate}: {run.stdout}{run.stderr}")

    def _check_book(self, stream, count):
        entries = self._sql("copy entries to stdout").splitlines()
        balances = dict(map(int, line.split("\t"))
                        for line in self._sql("copy (select id, balance from accounts) to stdout"
                                              ).splitlines())
        stream.check(count, entries, balances)
