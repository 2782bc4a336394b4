#!/usr/bin/env python3
"""Reads an exported journal of Lumbung, checks all that can be checked and prints the balances.

    python3 tests/reader/journal_reader.py FILE [--json] [--leaves]

Written from docs/journal-format.md and docs/accounting.md alone, with Python's standard library and
without any of Lumbung's code, so that agreement means something. stdout gets one JSON object:

    {"cooperatives": [{"id", "blocks", "events", "head": {"block_no", "hash", "last_event"},
                       "open_day", "accounts": [{"code", "type", "normal", "currency", "control",
                                                 "debits", "credits", "held"}, ...]}, ...]}

Currencies are ISO 4217 numbers; figures are decimal strings of minor units, debits and credits of a
control account the sum of its members. --json puts it on one line; --leaves adds "leaves", the
RFC 6962 leaf hash of each event in hex. Findings go to stderr, one a line. Exit code: 0 nothing
found, 2 findings, 1 no file.

A block that cannot be read ends the replay of its cooperative: what comes after it is only checked
for bytes and chain, and the figures are those before it.
"""

import argparse
import json
import sys

from block_format import Block, Damage, leaf_hash
from book import Book, date_text

FINDINGS_SHOWN = 100


class Cooperative:
    """The chain of one cooperative so far."""

    def __init__(self):
        self.last = None
        self.blocks = self.events = 0
        self.book = Book()
        self.replaying = True
        self.leaves = []


class Reader:
    """Reads the blocks of a file; `findings` are sentences, `cooperatives` by id in order of the
    file."""

    def __init__(self, with_leaves=False):
        self.with_leaves = with_leaves
        self.cooperatives = {}
        self.findings = []

    def read(self, data):
        at = 0
        while at < len(data):
            try:
                block = Block(data, at)
            except Damage as damage:
                self._find(None, damage, at)
                return
            self._block(block)
            at = block.end

    def _find(self, block, damage, at=0):
        cooperative = block and block.cooperative_id()
        offset = damage.offset
        if offset is None:
            offset = block.places.get(damage.column, block.start) if block else at
        self.findings.append(
            (f"{cooperative} " if cooperative else "")
            + (f"block {block.block_no} " if block else f"block at {at} ")
            + f"offset {offset} column {damage.column}"
            + (f" event {damage.event}" if damage.event else "") + f": {damage.what}")

    def _block(self, block):
        damages = block.seal_damage()
        in_header = block.header_damage()
        try:
            if in_header:
                raise in_header
            block.read_events()
        except Damage as damage:
            damages.append(damage)
        for damage in damages:
            self._find(block, damage)
        name = block.cooperative_id()
        if name is None:
            return
        cooperative = self.cooperatives.setdefault(name, Cooperative())
        for damage in self._chain(cooperative, block):
            self._find(block, damage)
        cooperative.last = block
        cooperative.blocks += 1
        if damages and cooperative.replaying:
            cooperative.replaying = False
            self.findings.append(f"{name} block {block.block_no}: not replayed from here on")
        if cooperative.replaying:
            self._replay(cooperative, block)

    def _chain(self, cooperative, block):
        """What does not follow from the block before."""
        last, book = cooperative.last, cooperative.book
        fields = [
            ("block_no", 24, block.block_no, last.block_no + 1 if last else 1),
            ("previous", 40, block.previous.hex(), last.hash.hex() if last else "00" * 32),
            ("first_event", 72, block.first_event, last.first_event + last.count if last else 1),
        ]
        if cooperative.replaying and last and book.open_day is not None:
            fields.append(("business_date", 84, date_text(block.business_date),
                           date_text(book.open_day)))
        found = [Damage(f"{value} instead of {due}", column, block.start + offset)
                 for column, offset, value, due in fields if value != due]
        for column, offset in ("epoch", 32), ("stamped_time", 88), ("durable_block", 96):
            before = getattr(last, column) if last else None
            if last and getattr(block, column) < before:
                found.append(Damage(f"{getattr(block, column)} after {before}", column,
                                    block.start + offset))
        return found

    def _replay(self, cooperative, block):
        book = cooperative.book
        for event in block.events:
            book.apply(block, event)
            if book.found:
                for number, column, what in book.found:
                    self._find(block, Damage(what, column, None, number))
                book.found.clear()
            if self.with_leaves:
                cooperative.leaves.append(leaf_hash(block, event))
        cooperative.events += block.count
        block.events = []  # only the header is needed from here on

    def result(self):
        found = []
        for name, cooperative in self.cooperatives.items():
            last, book = cooperative.last, cooperative.book
            found.append({
                "id": name, "blocks": cooperative.blocks, "events": cooperative.events,
                "head": {"block_no": last.block_no, "hash": last.hash.hex(),
                         "last_event": last.first_event + last.count - 1},
                "open_day": None if book.open_day is None else date_text(book.open_day),
                "accounts": book.balances()})
            if self.with_leaves:
                found[-1]["leaves"] = cooperative.leaves
        return {"cooperatives": found}


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("file")
    parser.add_argument("--json", action="store_true", help="on one line")
    parser.add_argument("--leaves", action="store_true", help="with the hash of each event's leaf")
    arguments = parser.parse_args()
    try:
        with open(arguments.file, "rb") as file:
            data = file.read()
    except OSError as error:
        print(f"{arguments.file}: {error.strerror}", file=sys.stderr)
        return 1
    reader = Reader(arguments.leaves)
    reader.read(data)
    print(json.dumps(reader.result(), indent=None if arguments.json else 1))
    for finding in reader.findings[:FINDINGS_SHOWN]:
        print(finding, file=sys.stderr)
    if len(reader.findings) > FINDINGS_SHOWN:
        print(f"and {len(reader.findings) - FINDINGS_SHOWN} more", file=sys.stderr)
    return 2 if reader.findings else 0


if __name__ == "__main__":
    sys.exit(main())
