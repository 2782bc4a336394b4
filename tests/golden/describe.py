#!/usr/bin/env python3
"""Says what golden blocks hold, read by docs/journal-format.md alone: no code of the engine is used,
and SHA-256 is hashlib's.

    python3 tests/golden/describe.py tests/golden/*.block           adds each NAME.json not there yet
    python3 tests/golden/describe.py --check tests/golden/*.block   compares, and fails on a difference
"""

import datetime
import hashlib
import json
import struct
import sys
from pathlib import Path

ENTRY_KINDS = {1, 2, 4, 14}
LEG_KINDS = {2, 4, 14}
EPOCH = datetime.date(1970, 1, 1)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


class Bytes:
    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, n):
        piece = self.data[self.at : self.at + n]
        assert len(piece) == n, "cut short"
        self.at += n
        return piece

    def number(self, form):
        return struct.unpack("<" + form, self.take(struct.calcsize(form)))[0]

    def packed(self, k):
        base, width = self.number("Q"), self.number("B")
        raw = [int.from_bytes(self.take(width), "little") for _ in range(k)]
        return [(base + r) % 2**64 for r in raw]

    def texts(self, k):
        return [self.take(n) for n in self.packed(k)]

    def rows(self, count):
        bits = int.from_bytes(self.take((count + 7) // 8), "little")
        assert bits and not bits >> count
        return [row for row in range(count) if bits >> row & 1]


def read_header(block):
    b = Bytes(block)
    assert b.take(4) == b"LMBG" and b.take(4) == b"\x01\x00\x01\x01"
    header = {
        "cooperative": b.take(16).rstrip(b"\0").decode(),
        "block_no": b.number("Q"),
        "epoch": b.number("Q"),
        "previous": b.take(32).hex(),
        "first_event": b.number("Q"),
        "count": b.number("I"),
        "business_date": (EPOCH + datetime.timedelta(b.number("i"))).isoformat(),
        "stamped_time": b.number("q"),
        "durable_block": b.number("Q"),
    }
    length = b.number("I")
    assert b.at == 108 and len(block) == 108 + length + 36
    return header


def read_directory(block):
    b = Bytes(block[108:-36])
    entries = [(b.number("B"), b.number("I")) for _ in range(b.number("B"))]
    assert [c for c, _ in entries] == sorted({c for c, _ in entries})
    columns = {column: Bytes(b.take(length)) for column, length in entries}
    assert b.at == len(b.data)
    return columns


def read_columns(count, columns):
    """Per column what its rows hold, as {row: value}."""
    out = {}

    def spread(column, rows, read):
        if column in columns:
            out[column] = dict(zip(rows, read(columns[column], len(rows)), strict=True))
        else:
            assert column in (1, 9, 10) or not rows, f"column {column} missing"

    every = range(count)
    numbers = Bytes.packed

    def pieces(size):
        return lambda b, k: [b.take(size) for _ in range(k)]

    spread(1, every, numbers)
    kinds = out.get(1, {row: 1 for row in every})

    def of(*wanted):
        return [row for row in every if kinds[row] in wanted]

    for column in (2, 3, 4):
        spread(column, of(1), numbers)
    spread(5, of(*LEG_KINDS), numbers)
    legs = sum(out.get(5, {}).values())
    for column in (6, 7, 8):
        spread(column, range(legs), numbers)
    spread(9, every, numbers)
    spread(10, every, numbers)
    forms = out.get(10, {row: 1 for row in every})
    spread(11, [r for r in every if forms[r] in (1, 2)], pieces(16))
    spread(12, [r for r in every if forms[r] == 3], Bytes.texts)
    spread(13, [r for r in every if forms[r] == 4], pieces(32))
    for column, read in ((15, numbers), (16, numbers), (19, Bytes.texts)):
        if column in columns:
            rows = columns[column].rows(count)
            spread(column, rows, read)
    spread(14, sorted({*of(*range(3, 19)), *out.get(15, {})}), pieces(16))
    for column in (17, 18):
        spread(column, of(4), numbers)
    spread(20, of(3), Bytes.texts)
    spread(21, of(*range(5, 19)), Bytes.texts)
    for column, b in columns.items():
        assert b.at == len(b.data), f"column {column} has bytes left"
    return kinds, forms, out


def leaf(block, header, row, kinds, forms, columns, first_leg):
    business_date = struct.unpack_from("<i", block, 84)[0]
    out = b"\x01" + block[8:24]
    out += struct.pack("<QiqB", header["first_event"] + row, business_date,
                       header["stamped_time"], kinds[row])  # fmt: skip

    def field(column, value):
        nonlocal out
        out += struct.pack("<BH", column, len(value)) + value

    if kinds[row] in ENTRY_KINDS:
        if kinds[row] == 1:
            amount = columns[4][row]
            legs = [(columns[2][row], 0, amount), (columns[3][row], 1, amount)]
        else:
            places = range(first_leg[row], first_leg[row] + columns[5][row])
            legs = [tuple(columns[c][p] for c in (6, 7, 8)) for p in places]
        field(6, bytes([len(legs)]) + b"".join(struct.pack("<IBq", *leg) for leg in legs))
    field(9, struct.pack("<I", columns.get(9, {}).get(row, 0)))
    if forms[row]:
        key = columns[{1: 11, 2: 11, 3: 12, 4: 13}[forms[row]]][row]
        field(10, bytes([forms[row]]) + key)
    if row in columns.get(14, {}):
        if 5 <= kinds[row] <= 18 and kinds[row] != 14:  # happened just as it was asked
            asked = bytes([kinds[row]]) + columns[21][row]
            assert columns[14][row] == hashlib.sha256(asked).digest()[:16], "digest"
        field(14, columns[14][row])
    if row in columns.get(15, {}):
        field(15, struct.pack("<I", columns[15][row]))
    if row in columns.get(16, {}):
        zigzag = columns[16][row]
        field(16, struct.pack("<i", business_date + (zigzag >> 1 ^ -(zigzag & 1))))
    for column in (17, 18):
        if row in columns.get(column, {}):
            field(column, struct.pack("<Q", columns[column][row]))
    for column in (19, 20, 21):
        if row in columns.get(column, {}):
            field(column, columns[column][row])
    return out


def describe(block):
    header = read_header(block)
    digest = hashlib.sha256(block[:-36]).digest()
    assert block[-36:-4] == digest, "hash"
    assert struct.unpack("<I", block[-4:])[0] == crc32c(block[:-4]), "checksum"
    kinds, forms, columns = read_columns(header["count"], read_directory(block))
    first_leg, legs = {}, 0
    for row, count in columns.get(5, {}).items():
        first_leg[row], legs = legs, legs + count
    events = []
    for row in range(header["count"]):
        bytes_ = leaf(block, header, row, kinds, forms, columns, first_leg)
        assert len(bytes_) <= 65535
        events.append({
            "no": header["first_event"] + row,
            "kind": kinds[row],
            "leaf": bytes_.hex(),
            "leaf_hash": hashlib.sha256(b"\0" + bytes_).hexdigest(),
        })
    return {**header, "hash": digest.hex(), "checksum": crc32c(block[:-4]), "events": events}


def main(arguments):
    check = arguments[:1] == ["--check"]
    files = [Path(name) for name in arguments[check:]]
    wrong = 0 if files else 1
    for path in files:
        said = json.dumps(describe(path.read_bytes()), indent=1) + "\n"
        target = path.with_suffix(".json")
        if not target.exists() and not check:
            target.write_text(said, encoding="utf-8")
            print(target)
        elif not target.exists() or target.read_text(encoding="utf-8") != said:
            print(f"{target} does not say what {path} holds", file=sys.stderr)
            wrong = 1
    return wrong


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
