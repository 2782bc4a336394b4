"""Blocks of a journal, from bytes to events, by docs/journal-format.md and nothing else.

Every rule about the bytes is asked here: framing, hash and checksum, and that the encoding is the
only one of its content. What the events may say, given those before them, is book.py's.
"""

import hashlib
import re
import struct

from crc32c import crc32c

HEADER = struct.Struct("<4sHBB16sQQ32sQIiqQI")
TRAILER_SIZE = 32 + 4
BLOCK_MAX = 1_048_576
EVENTS_MAX = 8190
AMOUNT_MAX = 10**17
DATE_MIN, DATE_MAX = -719_162, 2_932_896  # 0001-01-01 and 9999-12-31

COLUMNS = {
    1: "kind", 2: "debit", 3: "credit", 4: "amount", 5: "leg_count", 6: "leg_account",
    7: "leg_side", 8: "leg_amount", 9: "principal", 10: "key_form", 11: "key16", 12: "key_text",
    13: "key_hash", 14: "digest", 15: "batch_size", 16: "value_date", 17: "reversal_target",
    18: "reversal_legs", 19: "metadata", 20: "refusal", 21: "payload",
}
SIMPLE, ENTRY, REFUSED, REVERSED, OPENED = 1, 2, 3, 4, 5
GRANTED, REVOKED, ACCOUNT_OPENED, LIMITS_SET = 6, 7, 8, 9
FROZEN, UNFROZEN, ACCOUNT_CLOSED = 10, 11, 12
HELD, SETTLED, RELEASED, EXPIRED, DAY_CLOSED, MONTH_CLOSED = 13, 14, 15, 16, 17, 18
WITH_LEGS = (ENTRY, REVERSED, SETTLED)
ENTRIES = (SIMPLE, *WITH_LEGS)
NO_KEY, UUID, ULID, TEXT, HASH = range(5)

COOPERATIVE = re.compile(rb"[A-Z0-9-]{2,16}")
REFERENCE = re.compile(rb"[A-Za-z0-9\-./]{1,40}")
METADATA_NAME = re.compile(rb"[a-z][a-z0-9_]{0,15}")
KEY_TEXT = re.compile(rb"[\x21-\x7e]{1,64}")
UUID_TEXT = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ULID_TEXT = re.compile(rb"[0-7][0-9A-HJKMNP-TV-Z]{25}")
ZONE = re.compile(rb"Asia/(Jakarta|Makassar|Jayapura)|UTC")


class Damage(Exception):
    """Bytes that are not a block, or not the only encoding of what they say."""

    def __init__(self, what, column="", offset=None, event=None):
        super().__init__(what)
        self.what, self.column, self.offset, self.event = what, column, offset, event


class Event:
    """One row. `legs` are (account, side, amount), also of a simple entry. `metadata` and `refusal`
    are the bytes of their columns; `payload` is what read_payload made of `payload_bytes`."""

    __slots__ = ("no", "kind", "legs", "principal", "key_form", "key", "digest", "batch_size",
                 "value_date", "reversal_target", "reversal_legs", "metadata", "refusal",
                 "payload", "payload_bytes")


class Block:
    """The header's fields by their names, `start` and `end` in the file, `places` (offset of each
    column by its name) and `events`."""

    def __init__(self, data, start):
        left = len(data) - start
        if left < HEADER.size + TRAILER_SIZE:
            raise Damage(f"{left} bytes are no block", "length", start)
        (magic, self.version, self.codec, self.hash_algorithm, self.cooperative, self.block_no,
         self.epoch, self.previous, self.first_event, self.count, self.business_date,
         self.stamped_time, self.durable_block, self.length) = HEADER.unpack_from(data, start)
        if magic != b"LMBG":
            raise Damage("no block begins here", "magic", start)
        self.data, self.start = data, start
        self.hash_at = start + HEADER.size + self.length
        self.end = self.hash_at + TRAILER_SIZE
        if self.end - start > BLOCK_MAX:
            raise Damage("the block is longer than 1,048,576 bytes", "length", start + 104)
        if self.end > len(data):
            raise Damage("the file ends within the block", "length", start + 104)
        self.hash = bytes(data[self.hash_at:self.hash_at + 32])
        self.places = {}
        self.events = []

    def seal_damage(self):
        """What is wrong with hash and checksum: they speak for every byte before them."""
        body = memoryview(self.data)[self.start:self.end]
        found = []
        if crc32c(body[:-4]) != int.from_bytes(body[-4:], "little"):
            found.append(Damage("the checksum is not that of the bytes", "checksum", self.end - 4))
        if hashlib.sha256(body[:-TRAILER_SIZE]).digest() != self.hash:
            found.append(Damage("the hash is not that of the bytes", "hash", self.hash_at))
        return found

    def header_damage(self):
        """What no block may say in its header, whatever came before it. None: nothing."""
        for offset, column, good in (
                (4, "version", self.version == 1), (6, "codec", self.codec == 1),
                (7, "hash_algorithm", self.hash_algorithm == 1),
                (8, "cooperative", self.cooperative_id() is not None),
                (24, "block_no", self.block_no > 0), (72, "first_event", self.first_event > 0),
                (80, "count", 1 <= self.count <= EVENTS_MAX),
                (84, "business_date", DATE_MIN <= self.business_date <= DATE_MAX),
                (96, "durable_block", self.durable_block < self.block_no)):
            if not good:
                return Damage(f"{getattr(self, column)!r} may not stand here", column,
                              self.start + offset)
        return None

    def cooperative_id(self):
        """None when it is no id, or not padded by zero bytes alone."""
        name = self.cooperative.rstrip(b"\0")
        return name.decode() if COOPERATIVE.fullmatch(name) else None

    def read_events(self):
        """Fills `events`. Raises Damage."""
        columns = self._directory()
        count = self.count
        kinds = [1] * count
        if 1 in columns:
            kinds = columns[1].packed(count)
            columns[1].need(max(kinds) <= MONTH_CLOSED and min(kinds) >= SIMPLE, "unknown kind")
            columns[1].need(max(kinds) > 1, "all kinds are 1: the column has to be absent")
        events = self.events
        for i, kind in enumerate(kinds):
            event = Event()
            event.no, event.kind, event.legs = self.first_event + i, kind, ()
            event.principal, event.key_form, event.key = 0, UUID, None
            event.digest = event.batch_size = event.value_date = None
            event.reversal_target = event.reversal_legs = None
            event.metadata = event.refusal = event.payload = event.payload_bytes = None
            events.append(event)
        self._read_entries(columns)
        self._read_askers(columns)
        self._read_rows(columns)
        of_kind = lambda *wanted: [event for event in events if event.kind in wanted]
        reversals = of_kind(REVERSED)
        for number, name in (17, "reversal_target"), (18, "reversal_legs"):
            if column := self._needed(columns, number, reversals):
                for event, value in zip(reversals, column.packed(len(reversals))):
                    column.need(value > 0, "0 names nothing", event)
                    setattr(event, name, value)
        refused = of_kind(REFUSED)
        if column := self._needed(columns, 20, refused):
            for event, text in zip(refused, column.texts(len(refused))):
                event.refusal = text
                column.parse(read_refusal, text, event)
        rest = of_kind(*range(OPENED, MONTH_CLOSED + 1))
        if column := self._needed(columns, 21, rest):
            for event, text in zip(rest, column.texts(len(rest))):
                event.payload_bytes = text
                event.payload = column.parse(read_payload, text, event, event.kind)

    def _directory(self):
        data, at, end = self.data, self.start + HEADER.size, self.hash_at
        number = data[at] if at < end else 0
        place = at + 1 + 5 * number
        if place > end:
            raise Damage("the directory is longer than the block", "directory", at)
        columns, before = {}, 0
        for i in range(number):
            column, length = struct.unpack_from("<BI", data, at + 1 + 5 * i)
            if column not in COLUMNS:
                raise Damage(f"unknown column {column}", "directory", at + 1 + 5 * i)
            if column <= before:
                raise Damage("columns do not ascend", "directory", at + 1 + 5 * i)
            if length == 0 or place + length > end:
                raise Damage(f"a column cannot have {length} bytes here", COLUMNS[column],
                             at + 2 + 5 * i)
            columns[column] = Column(COLUMNS[column], data, place, place + length, self)
            self.places[COLUMNS[column]] = place
            before, place = column, place + length
        if place != end or number == 0:
            raise Damage("the columns do not fill the block", "directory", at)
        return columns

    def _needed(self, columns, number, rows):
        """The column when rows need it, None when none do; Damage when it is there otherwise."""
        column = columns.get(number)
        if rows and column is None:
            raise Damage(f"{len(rows)} rows need the column, it is absent", COLUMNS[number],
                         self.start + HEADER.size, rows[0].no)
        if column and not rows:
            raise Damage("no row needs the column", COLUMNS[number], column.start)
        return column

    def _read_entries(self, columns):
        simple = [event for event in self.events if event.kind == SIMPLE]
        of_simple = [self._needed(columns, number, simple) for number in (2, 3, 4)]
        if simple:
            debits, credits, amounts = (column.packed(len(simple)) for column in of_simple)
            of_simple[0].handles(debits, simple)
            of_simple[1].handles(credits, simple)
            of_simple[2].amounts(amounts, simple)
            for event, debit, credit, amount in zip(simple, debits, credits, amounts):
                event.legs = ((debit, 0, amount), (credit, 1, amount))
        entries = [event for event in self.events if event.kind in WITH_LEGS]
        leg_count, *of_legs = (self._needed(columns, number, entries) for number in (5, 6, 7, 8))
        if not entries:
            return
        leg_counts = leg_count.packed(len(entries))
        rows = []
        for event, legs in zip(entries, leg_counts):
            leg_count.need(2 <= legs <= 64, "an entry has 2 to 64 legs", event)
            rows += [event] * legs
        accounts, sides, amounts = (column.packed(len(rows)) for column in of_legs)
        of_legs[0].handles(accounts, rows)
        of_legs[1].need(max(sides) <= 1, "a side is 0 or 1")
        of_legs[2].amounts(amounts, rows)
        all_legs, at = list(zip(accounts, sides, amounts)), 0
        for event, legs in zip(entries, leg_counts):
            event.legs = tuple(all_legs[at:at + legs])
            at += legs
            if event.kind == ENTRY and legs == 2 and event.legs[0][2] == event.legs[1][2]:
                columns[1].need((event.legs[0][1], event.legs[1][1]) != (0, 1),
                                "this entry has to be of kind 1", event)

    def _read_askers(self, columns):
        events, count = self.events, self.count
        if column := columns.get(9):
            values = column.packed(count)
            column.need(max(values) > 0, "all principals are 0: the column has to be absent")
            column.need(max(values) < 2**32, "a principal is a u32")
            for event, value in zip(events, values):
                event.principal = value
        if column := columns.get(10):
            forms = column.packed(count)
            column.need(max(forms) <= HASH, "unknown form of key")
            column.need(min(forms) != UUID or max(forms) != UUID,
                        "all forms are 1: the column has to be absent")
            for event, form in zip(events, forms):
                event.key_form = form
        for number, forms in (11, (UUID, ULID)), (12, (TEXT,)), (13, (HASH,)):
            rows = [event for event in events if event.key_form in forms]
            column = self._needed(columns, number, rows)
            if column is None:
                continue
            if number != 12:
                keys = column.fixed(len(rows), 16 if number == 11 else 32)
            else:
                keys = column.texts(len(rows))
                for event, key in zip(rows, keys):
                    column.need(KEY_TEXT.fullmatch(key), "a key is 1 to 64 visible ASCII", event)
                    column.need(not UUID_TEXT.fullmatch(key) and not ULID_TEXT.fullmatch(key),
                                "this key has to be written in 16 bytes", event)
            for event, key in zip(rows, keys):
                event.key = key

    def _read_rows(self, columns):
        events = self.events
        batch_end = 0
        if column := columns.get(15):
            rows, rest = column.rows(events)
            for event, size in zip(rows, rest.packed(len(rows))):
                column.need(event.no >= batch_end, "a batch within a batch", event)
                batch_end = event.no + size
                column.need(1 <= size and batch_end <= self.first_event + self.count,
                            f"a batch of {size} does not fit its block", event)
                event.batch_size = size
        digests = [event for event in events if event.kind >= REFUSED or event.batch_size]
        if column := self._needed(columns, 14, digests):
            for event, digest in zip(digests, column.fixed(len(digests), 16)):
                event.digest = digest
        if column := columns.get(16):
            rows, rest = column.rows(events)
            for event, zigzag in zip(rows, rest.packed(len(rows))):
                column.need(event.kind in ENTRIES, "only entries have a value date", event)
                column.need(zigzag > 0, "valued on the day it is booked: no row", event)
                event.value_date = self.business_date + (zigzag >> 1 ^ -(zigzag & 1))
                column.need(DATE_MIN <= event.value_date <= DATE_MAX, "no date", event)
        if column := columns.get(19):
            rows, rest = column.rows(events)
            for event, text in zip(rows, rest.texts(len(rows))):
                column.need(event.kind in ENTRIES, "only entries have metadata", event)
                column.parse(read_metadata, text, event)
                event.metadata = text


class Column:
    """The bytes of one column, read as one of the three ways to write values."""

    def __init__(self, name, data, start, end, block):
        self.name, self.data, self.start, self.end, self.block = name, data, start, end, block

    def need(self, good, what, event=None):
        if not good:
            raise Damage(what, self.name, self.start, event.no if event else None)

    def handles(self, values, events):
        if min(values) < 1 or max(values) >= 2**32:
            for value, event in zip(values, events):
                self.need(0 < value < 2**32, f"{value} is no account handle", event)

    def amounts(self, values, events):
        if min(values) < 1 or max(values) > AMOUNT_MAX:
            for value, event in zip(values, events):
                self.need(0 < value <= AMOUNT_MAX, f"{value} is no amount", event)

    def parse(self, reader, text, event, *more):
        try:
            return reader(text, *more)
        except (ValueError, IndexError, struct.error) as error:
            raise Damage(f"{error}", self.name, self.start, event.no) from None

    def packed(self, count):
        """`count` (above 0) values; they have to be all of the column."""
        values, at = self._packed(count)
        self.need(at == self.end, "the column has more bytes than values")
        return values

    def _packed(self, count):
        self.need(self.end - self.start >= 9, "the column is cut short")
        base, width = struct.unpack_from("<QB", self.data, self.start)
        at = self.start + 9
        self.need(width <= 8, f"width {width}")
        self.need(at + width * count <= self.end, "the column is cut short")
        if width == 0:
            return [base] * count, at
        wide = bytearray(8 * count)
        for byte in range(width):
            wide[byte::8] = self.data[at + byte:at + width * count:width]
        stored = struct.unpack(f"<{count}Q", wide)
        self.need(min(stored) == 0, "base is not the least value")
        self.need(max(stored) >> 8 * (width - 1) > 0, "width is not the least")
        self.need(base + max(stored) < 2**64, "base is not the least value")
        values = [base + value for value in stored] if base else list(stored)
        return values, at + width * count

    def texts(self, count):
        lengths, at = self._packed(count)
        self.need(at + sum(lengths) == self.end, "the lengths are not those of the texts")
        found = []
        for length in lengths:
            found.append(bytes(self.data[at:at + length]))
            at += length
        return found

    def fixed(self, count, size):
        self.need(self.end - self.start == count * size, f"not {count} × {size} bytes")
        return [bytes(self.data[at:at + size]) for at in range(self.start, self.end, size)]

    def rows(self, events):
        """The events whose bit is set, and the rest of the column."""
        size = (len(events) + 7) // 8
        self.need(self.start + size <= self.end, "the column is cut short")
        bits = int.from_bytes(self.data[self.start:self.start + size], "little")
        self.need(bits > 0, "no row is set: the column has to be absent")
        self.need(bits >> len(events) == 0, "an unused bit is set")
        rest = Column(self.name, self.data, self.start + size, self.end, self.block)
        return [event for i, event in enumerate(events) if bits >> i & 1], rest


class Fields:
    """Values one after the other, all of the text."""

    def __init__(self, text):
        self.rest = text

    def __call__(self, form):
        size = struct.calcsize("<" + form)
        value, = struct.unpack("<" + form, self.rest[:size])
        self.rest = self.rest[size:]
        return value

    def text(self, pattern):
        size = self("B")
        value, self.rest = self.rest[:size], self.rest[size:]
        if len(value) != size or not pattern.fullmatch(value):
            raise ValueError(f"{value!r} may not stand here")
        return value.decode()

    def one_of(self, form, least, most):
        value = self(form)
        if not least <= value <= most:
            raise ValueError(f"{value} is not within {least} to {most}")
        return value

    def date(self):
        return self.one_of("i", DATE_MIN, DATE_MAX)

    def end(self):
        if self.rest:
            raise ValueError(f"{len(self.rest)} bytes too many")


def read_metadata(text):
    fields, found = Fields(text), []
    for _ in range(fields.one_of("B", 1, 8)):
        name = fields.text(METADATA_NAME)
        if found and name <= found[-1][0]:
            raise ValueError("names do not ascend")
        tag = fields.one_of("B", 0, 2)
        found.append((name, tag, fields("q") if tag == 0 else fields.date() if tag == 1
                      else fields.text(REFERENCE)))
    fields.end()
    return found


def read_refusal(text):
    fields = Fields(text)
    code, parameters = fields.one_of("B", 1, 255), []
    while fields.rest:
        parameters.append((fields.one_of("B", 1, 8), fields("q")))
    if len(parameters) > 4:
        raise ValueError("more than four parameters")
    return code, parameters


def _limits(fields, flags):
    floor = fields.one_of("q", -AMOUNT_MAX, AMOUNT_MAX) if flags & 1 else None
    ceiling = fields.one_of("q", -AMOUNT_MAX, AMOUNT_MAX) if flags & 2 else None
    return {"floor": floor, "ceiling": ceiling}


def read_payload(text, kind):
    """A dict by the names of the page."""
    fields = Fields(text)
    if kind == OPENED:
        found = {"currency": fields.one_of("H", 1, 999), "zone": fields.text(ZONE),
                 "first_day": fields.date(), "sen_allowed": fields.one_of("B", 0, 1)}
    elif kind in (GRANTED, REVOKED):
        found = {"role": fields.one_of("B", 1, 6), "principal": fields.text(REFERENCE)}
    elif kind == ACCOUNT_OPENED:
        found = {"code": fields.text(REFERENCE), "type": fields.one_of("B", 1, 6),
                 "normal": fields.one_of("B", 0, 1), "currency": fields.one_of("H", 1, 999),
                 "control": fields("I"), "flags": fields.one_of("B", 0, 7)}
        found |= _limits(fields, found["flags"])
    elif kind == LIMITS_SET:
        found = {"account": fields("I"), "flags": fields.one_of("B", 0, 3)}
        found |= _limits(fields, found["flags"])
    elif kind in (FROZEN, UNFROZEN, ACCOUNT_CLOSED):
        found = {"account": fields("I")}
    elif kind == HELD:
        found = {"account": fields("I"), "amount": fields.one_of("q", 1, AMOUNT_MAX),
                 "last_day": fields.date() if fields.one_of("B", 0, 1) else None}
    elif kind == SETTLED:
        found = {"hold": fields("Q"), "taken": fields.one_of("q", 1, AMOUNT_MAX),
                 "release_rest": fields.one_of("B", 0, 1)}
    elif kind in (RELEASED, EXPIRED):
        found = {"hold": fields("Q")}
    elif kind == DAY_CLOSED:
        found = {"date": fields.date(), "next": fields.date()}
    else:
        found = {"month": fields("i")}
    fields.end()
    return found


def leaf(block, event):
    """One event as bytes of its own."""
    parts = [struct.pack("<B16sQiqB", 1, block.cooperative, event.no, block.business_date,
                         block.stamped_time, event.kind)]

    def field(column, text):
        parts.append(struct.pack("<BH", column, len(text)) + text)

    if event.legs:
        legs = [struct.pack("<IBq", *leg) for leg in event.legs]
        field(6, bytes([len(legs)]) + b"".join(legs))
    field(9, struct.pack("<I", event.principal))
    if event.key_form != NO_KEY:
        field(10, bytes([event.key_form]) + event.key)
    for column, form, value in ((14, "16s", event.digest), (15, "I", event.batch_size),
                                (16, "i", event.value_date), (17, "Q", event.reversal_target),
                                (18, "Q", event.reversal_legs)):
        if value is not None:
            field(column, struct.pack("<" + form, value))
    for column, text in (19, event.metadata), (20, event.refusal), (21, event.payload_bytes):
        if text is not None:
            field(column, text)
    return b"".join(parts)


def leaf_hash(block, event):
    return hashlib.sha256(b"\0" + leaf(block, event)).hexdigest()
