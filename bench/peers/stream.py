"""The entries that everyone posts, and how a book of them is judged."""

import subprocess
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path


class WrongBook(Exception):
    """A peer's book is not what was posted: its figure is none."""


@dataclass(frozen=True)
class Stream:
    """Entries that follow from a seed. The lines are written once, into `folder`."""
    program: Path  # peer_stream
    folder: Path
    seed: int
    accounts: int
    count: int
    hot: bool = False
    ordered_keys: bool = False

    @property
    def name(self):
        return (f"{self.seed}{'_hot' if self.hot else ''}{'_ordered' if self.ordered_keys else ''}"
                f"_{self.accounts}")

    @property
    def distribution(self):
        return "hot" if self.hot else "uniform"

    @cached_property
    def path(self):
        path = self.folder / f"stream_{self.name}"
        keys = "ordered" if self.ordered_keys else "random"
        with open(path, "wb") as out:
            subprocess.run([self.program, "lines", str(self.seed), str(self.accounts),
                            self.distribution, keys, str(self.count)], stdout=out, check=True)
        return path

    def lines(self, count):
        """The first `count` entries as "key debit credit amount", separated by tabs."""
        with open(self.path, encoding="ascii") as lines:
            return [line.rstrip("\n") for line in islice(lines, count)]

    def balances(self, count):
        """Credits less debits of every account after the first `count` entries, by addition."""
        balances = dict.fromkeys(range(1, self.accounts + 1), 0)
        for line in self.lines(count):
            _, debit, credit, amount = line.split("\t")
            balances[int(debit)] -= int(amount)
            balances[int(credit)] += int(amount)
        return balances

    def check(self, count, entries, balances):
        """Whether a book holds the first `count` entries, each once, and their balances. `entries`
        are lines as above in any order, `balances` goes from account to minor units."""
        if sorted(entries) != sorted(self.lines(count)):
            raise WrongBook("its entries are not those that were posted")
        self.check_balances(count, balances)

    def check_balances(self, count, balances):
        if sum(balances.values()) != 0:
            raise WrongBook("its balances do not add up to zero")
        if balances != self.balances(count):
            raise WrongBook("its balances are not the sums of its entries")
