"""Writes blocks, right ones and wrong ones, for the reader's tests: docs/journal-format.md a second
time, sharing nothing with the reader, so that a slip in one of them shows. Slow and plain."""

import hashlib
import struct

KIND, DEBIT, CREDIT, AMOUNT, LEG_COUNT, LEG_ACCOUNT, LEG_SIDE, LEG_AMOUNT = range(1, 9)
PRINCIPAL, KEY_FORM, KEY16, KEY_TEXT, KEY_HASH, DIGEST, BATCH_SIZE, VALUE_DATE = range(9, 17)
REVERSAL_TARGET, REVERSAL_LEGS, METADATA, REFUSAL, PAYLOAD = range(17, 22)


def bitwise_crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def packed(values, base=None, width=None):
    """A base or a width that is given is used, right or wrong."""
    if base is None:
        base = min(values)
    stored = [(value - base) % 2**64 for value in values]
    if width is None:
        width = (max(stored).bit_length() + 7) // 8
    return struct.pack("<QB", base, width) + b"".join(v.to_bytes(width, "little") for v in stored)


def texts(values):
    return packed([len(value) for value in values]) + b"".join(values)


def rows(events, has):
    bits = sum(1 << i for i, event in enumerate(events) if has(event))
    return bits.to_bytes((len(events) + 7) // 8, "little")


def zigzag(value):
    return value * 2 if value >= 0 else -value * 2 - 1


def text(value):
    return bytes([len(value)]) + value.encode()


def event(kind, legs=(), **fields):
    """Fields: legs as (account, side, amount), principal, key (form, bytes), digest, batch_size,
    value_date (days after the business date), target, target_legs, metadata, refusal, payload. The
    digest of a kind that is its own request is filled in, of others it is zero bytes."""
    made = {"kind": kind, "legs": list(legs), "principal": 0, "key": (0, b""), "digest": None,
            "batch_size": None, "value_date": None, "metadata": None, "refusal": None,
            "payload": None, "target": None, "target_legs": None}
    made.update(fields)
    if made["digest"] is None and (kind >= 3 or made["batch_size"]):
        request = bytes([kind]) + made["payload"] if made["payload"] is not None else b""
        made["digest"] = hashlib.sha256(request).digest()[:16]
    return made


def columns_of(events):
    """All columns the events need, by number."""
    simple = [e for e in events if e["kind"] == 1]
    entries = [e for e in events if e["kind"] in (2, 4, 14)]
    legs = [leg for e in entries for leg in e["legs"]]
    found = {}
    if len(simple) < len(events):
        found[KIND] = packed([e["kind"] for e in events])
    if simple:
        found[DEBIT] = packed([e["legs"][0][0] for e in simple])
        found[CREDIT] = packed([e["legs"][1][0] for e in simple])
        found[AMOUNT] = packed([e["legs"][0][2] for e in simple])
    if entries:
        found[LEG_COUNT] = packed([len(e["legs"]) for e in entries])
        for column, part in (LEG_ACCOUNT, 0), (LEG_SIDE, 1), (LEG_AMOUNT, 2):
            found[column] = packed([leg[part] for leg in legs])
    if any(e["principal"] for e in events):
        found[PRINCIPAL] = packed([e["principal"] for e in events])
    if any(e["key"][0] != 1 for e in events):
        found[KEY_FORM] = packed([e["key"][0] for e in events])
    for column, forms in (KEY16, (1, 2)), (KEY_TEXT, (3,)), (KEY_HASH, (4,)):
        keys = [e["key"][1] for e in events if e["key"][0] in forms]
        if keys:
            found[column] = texts(keys) if column == KEY_TEXT else b"".join(keys)
    digests = [e["digest"] for e in events if e["digest"] is not None]
    if digests:
        found[DIGEST] = b"".join(digests)
    for column, name, write in (
            (BATCH_SIZE, "batch_size", packed),
            (VALUE_DATE, "value_date", lambda values: packed([zigzag(v) for v in values])),
            (METADATA, "metadata", texts)):
        values = [e[name] for e in events if e[name] is not None]
        if values:
            found[column] = rows(events, lambda e: e[name] is not None) + write(values)
    for column, name, write in (
            (REVERSAL_TARGET, "target", packed), (REVERSAL_LEGS, "target_legs", packed),
            (REFUSAL, "refusal", texts), (PAYLOAD, "payload", texts)):
        values = [e[name] for e in events if e[name] is not None]
        if values:
            found[column] = write(values)
    return found


def directory(columns):
    """`columns`: (number, bytes) in the order they are to stand."""
    return (bytes([len(columns)])
            + b"".join(struct.pack("<BI", number, len(data)) for number, data in columns)
            + b"".join(data for _, data in columns))


def seal(header, body):
    """`header`: the fields of the page but length. Hash and checksum are always right."""
    block = struct.pack(
        "<4sHBB16sQQ32sQIiqQI", header["magic"], header["version"], header["codec"],
        header["hash_algorithm"], header["cooperative"], header["block_no"], header["epoch"],
        header["previous"], header["first_event"], header["count"], header["business_date"],
        header["stamped_time"], header["durable_block"], len(body)) + body
    return reseal(block + bytes(36))


def reseal(block):
    """The block with the hash and the checksum of what stands before them."""
    block = block[:-36] + hashlib.sha256(block[:-36]).digest()
    return block + struct.pack("<I", bitwise_crc32c(block))


class Chain:
    """Blocks of one cooperative, each following the one before; `bytes` are all of them."""

    def __init__(self, cooperative="KOP-1", date=20_000):
        self.bytes = b""
        self.header = {
            "magic": b"LMBG", "version": 1, "codec": 1, "hash_algorithm": 1,
            "cooperative": cooperative.encode().ljust(16, b"\0"), "block_no": 0, "epoch": 1,
            "previous": bytes(32), "first_event": 1, "count": 0, "business_date": date,
            "stamped_time": 1_700_000_000_000_000, "durable_block": 0}
        self._keys = 0

    def key(self):
        """A UUID that was not used before."""
        self._keys += 1
        return 1, self._keys.to_bytes(16, "big")

    def add(self, *events, body=None, columns=None, **header):
        """Seals the events into the next block and returns its bytes. Events without a key get one,
        but within a batch. `header` overrides fields of it for this block and what comes after;
        `columns` overrides columns (None: left out), `body` all of them."""
        events = [dict(one) for one in events]
        in_batch = 0
        for one in events:
            if one["key"] == (0, b"") and not in_batch:
                one["key"] = self.key()
            in_batch = one["batch_size"] - 1 if one["batch_size"] else max(in_batch - 1, 0)
        if body is None:
            by_number = columns_of(events) | (columns or {})
            body = directory(sorted((n, data) for n, data in by_number.items() if data is not None))
        self.header["first_event"] += self.header["count"]
        self.header["block_no"] += 1
        self.header["durable_block"] = self.header["block_no"] - 1
        self.header["count"] = len(events)
        self.header.update(header)
        block = seal(self.header, body)
        self.header["previous"] = block[-36:-4]
        self.bytes += block
        return block


# Events by what they say.

def opened(currency=360, zone="Asia/Jakarta", first_day=20_000, sen_allowed=0, **more):
    return event(5, payload=struct.pack("<H", currency) + text(zone)
                 + struct.pack("<iB", first_day, sen_allowed), **more)


def role(kind, number, name, **more):
    return event(kind, payload=bytes([number]) + text(name), **more)


def limits(floor, ceiling, flags=0):
    """flags, and the limits that they announce."""
    flags |= (floor is not None) | (ceiling is not None) << 1
    given = [value for value in (floor, ceiling) if value is not None]
    return bytes([flags]) + b"".join(struct.pack("<q", value) for value in given)


def account(code, type=1, normal=0, currency=360, control=0, floor=None, ceiling=None,
            is_control=False, **more):
    return event(8, payload=text(code) + struct.pack("<BBHI", type, normal, currency, control)
                 + limits(floor, ceiling, 4 * is_control), **more)


def set_limits(account, floor=None, ceiling=None, **more):
    return event(9, payload=struct.pack("<I", account) + limits(floor, ceiling), **more)


def of_account(kind, account, **more):
    return event(kind, payload=struct.pack("<I", account), **more)


def hold(account, amount, last_day=None, **more):
    return event(13, payload=struct.pack("<Iq?", account, amount, last_day is not None)
                 + (b"" if last_day is None else struct.pack("<i", last_day)), **more)


def settle(hold, taken, legs, release_rest=0, **more):
    return event(14, legs, payload=struct.pack("<QqB", hold, taken, release_rest), digest=bytes(16),
                 **more)


def of_hold(kind, hold, **more):
    return event(kind, payload=struct.pack("<Q", hold), **more)


def close_day(date, next, **more):
    return event(17, payload=struct.pack("<ii", date, next), **more)


def close_month(month, **more):
    return event(18, payload=struct.pack("<i", month), **more)


def post(debit, credit, amount, **more):
    return event(1, [(debit, 0, amount), (credit, 1, amount)], **more)


def entry(legs, **more):
    return event(2, legs, **more)


def reverse(target, legs, target_legs=0b11, **more):
    return event(4, legs, target=target, target_legs=target_legs, digest=bytes(16), **more)


def refused(code, *parameters, **more):
    return event(3, refusal=bytes([code]) + b"".join(struct.pack("<Bq", *p) for p in parameters),
                 digest=bytes(16), **more)


def metadata(*items):
    """(name, integer), (name, ("date", days)) or (name, reference)."""
    written = bytes([len(items)])
    for name, value in items:
        written += text(name)
        if isinstance(value, int):
            written += struct.pack("<Bq", 0, value)
        elif isinstance(value, tuple):
            written += struct.pack("<Bi", 1, value[1])
        else:
            written += b"\2" + text(value)
    return written
