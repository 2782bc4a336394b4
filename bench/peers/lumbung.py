"""Our own rows, by `lumbung bench`, which checks each of them itself."""

import json
import subprocess

from measure import Measured
from stream import WrongBook


class Lumbung:
    def __init__(self, program, folder, scale):
        self._program = program
        self._folder = folder
        self._scale = scale
        self.machine = {}  # as the last run saw it

    def version(self):
        return subprocess.run([self._program, "--version"], stdout=subprocess.PIPE, text=True,
                              check=True).stdout.split()[1]

    def measure(self, names):
        """The named rows, each once. Throws WrongBook."""
        rows = [part for name in names for part in ("--row", name)]
        run = subprocess.run([self._program, "bench", "--quiet", "--quick", "--json", "--scale",
                              str(self._scale), "--data", self._folder, *rows],
                             stdout=subprocess.PIPE, text=True)
        if run.returncode not in (0, 1):  # 1: it measured, and a row is not what it claims to be
            raise RuntimeError(f"lumbung bench ended with {run.returncode}")
        report = json.loads(run.stdout)
        self.machine = report["machine"]
        if run.returncode == 1:
            raise WrongBook(f"lumbung bench says: {report['rows']}")
        return {row["name"]: Measured(row["count"], row["rate_per_s"], row["p50_us"], row["p99_us"],
                                      row["others_cores"])
                for row in report["rows"]}
