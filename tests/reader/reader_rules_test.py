#!/usr/bin/env python3
"""One wrong block a rule: each must be found, at the column that breaks it. Everything else about
the block is right, its hash and checksum too."""

import hashlib
import struct
import unittest

import block_writer as w
from reader_test import BUDI, DAY, DOLLARS, DOLLARS_OWED, OCTOBER, SAVINGS, SITI, TILL, Case, begun

UUID_KEY = (1, bytes(15) + b"\x77")
DUE = w.metadata(("due", 1))


def simple(**more):
    return w.post(TILL, SITI, 1_000, **more)


def two_legs():
    return [(TILL, 0, 1_000), (SITI, 1, 1_000)]


THREE_LEGS = [(TILL, 0, 1_000), (SITI, 1, 600), (BUDI, 1, 400)]


class Bytes(Case):
    """`columns` are put in the place of those that the events have."""

    def bad(self, name, what, *events, **instead):
        chain = begun()
        chain.add(*events, **instead)
        self.assert_found(chain.bytes, name, what)

    def test_packed(self):
        two = simple(), w.post(TILL, SITI, 2_000)
        for packed, what in (
                (w.packed([1_000, 2_000], base=999), "base is not the least"),
                (w.packed([1_000, 2_000], base=1_500, width=8), "base is not the least"),
                (w.packed([1_000, 2_000], width=3), "width is not the least"),
                (w.packed([1_000, 2_000], width=8), "width is not the least"),
                (struct.pack("<QB", 1_000, 9) + bytes(18), "width 9"),
                (w.packed([1_000, 2_000]) + b"\0", "more bytes than values"),
                (w.packed([1_000, 2_000])[:-1], "cut short"),
                (bytes(8), "cut short"),
                (w.packed([0, 2_000]), "0 is no amount"),
                (w.packed([1_000, 10**17 + 1]), "100000000000000001 is no amount"),
                (w.packed([1_000, 2**64 - 1]), "is no amount")):
            with self.subTest(what):
                self.bad("amount", what, *two, columns={w.AMOUNT: packed})
        self.bad("amount", "width is not the least", simple(), simple(),
                 columns={w.AMOUNT: w.packed([1_000, 1_000], width=1)})
        self.bad("debit", "no account handle", simple(), columns={w.DEBIT: w.packed([0])})
        self.bad("credit", "no account handle", simple(), columns={w.CREDIT: w.packed([2**32])})

    def test_texts(self):
        event = simple(key=(3, b"abc"))
        for length in 2, 4, 2**64 - 1:
            self.bad("key_text", "the lengths are not those", event,
                     columns={w.KEY_TEXT: w.packed([length]) + b"abc"})

    def test_rows(self):
        events = simple(value_date=-1), simple()
        for column, what in ((b"\0" + w.packed([1]), "no row is set"),
                             (b"\5" + w.packed([1, 1]), "unused bit"), (b"", "cannot have 0 bytes"),
                             (b"\1", "cut short"), (b"\3" + w.packed([1]) + b"\0", "more bytes")):
            self.bad("value_date", what, *events, columns={w.VALUE_DATE: column})

    def test_directory(self):
        columns = sorted(w.columns_of([simple(key=UUID_KEY)]).items())
        right = w.directory(columns)
        places = 1 + 5 * len(columns)
        for what, body in (
                ("columns do not ascend", w.directory(columns[::-1])),
                ("columns do not ascend", w.directory(columns[:1] + columns)),
                ("unknown column 22", w.directory(columns + [(22, b"\0")])),
                ("unknown column 0", w.directory([(0, b"\0")] + columns)),
                ("do not fill the block", right + b"\0"), ("longer than the block", b""),
                ("do not fill the block", b"\0"),
                ("longer than the block", b"\xff" + right[1:places]),
                ("longer than the block", b"\1")):
            with self.subTest(what):
                self.bad("directory", what, simple(key=UUID_KEY), body=body)
        self.bad("key16", "cannot have 16 bytes", simple(key=UUID_KEY), body=right[:-1])

    def test_a_column_is_there_when_rows_need_it_and_only_then(self):
        everything = begun()
        everything.add(
            simple(batch_size=1), w.entry(THREE_LEGS, key=(3, b"a")),
            w.refused(70, key=(4, bytes(32))),
            w.reverse(10, [(TILL, 1, 100), (SITI, 0, 100)]), w.role(6, 1, "new"))
        self.assert_sound(everything.bytes)
        entry_columns = {name: w.packed([2]) for name in (
            w.LEG_COUNT, w.LEG_ACCOUNT, w.LEG_SIDE, w.LEG_AMOUNT)}
        unneeded = {
            "leg_count": entry_columns, "key_text": {w.KEY_TEXT: w.texts([b"a"])},
            "key_hash": {w.KEY_HASH: bytes(32)}, "digest": {w.DIGEST: bytes(16)},
            "reversal_target": {w.REVERSAL_TARGET: w.packed([1])},
            "reversal_legs": {w.REVERSAL_LEGS: w.packed([1])},
            "refusal": {w.REFUSAL: w.texts([b"\1"])}, "payload": {w.PAYLOAD: w.texts([b"\1"])}}
        for name, columns in unneeded.items():
            with self.subTest(name):
                self.bad(name, "no row needs the column", simple(), columns=columns)
        self.bad("debit", "no row needs", w.role(6, 1, "new"), columns={w.DEBIT: w.packed([1])})
        self.bad("key16", "no row needs", simple(key=(3, b"a")), columns={w.KEY16: bytes(16)})
        needed = {"debit": simple(), "credit": simple(), "amount": simple(), "key16": simple(),
                  "leg_count": w.entry(THREE_LEGS), "leg_side": w.entry(THREE_LEGS),
                  "key_text": simple(key=(3, b"a")), "key_hash": simple(key=(4, bytes(32))),
                  "digest": simple(batch_size=1), "payload": w.role(6, 1, "new"),
                  "refusal": w.refused(70),
                  "reversal_target": w.reverse(1, two_legs()),
                  "reversal_legs": w.reverse(1, two_legs())}
        for name, event in needed.items():
            with self.subTest(name):
                self.bad(name, "need the column", event, columns={getattr(w, name.upper()): None})
        for name, value in ("kind", 1), ("principal", 0), ("key_form", 1):
            self.bad(name, "has to be absent", simple(), simple(),
                     columns={getattr(w, name.upper()): w.packed([value] * 2)})

    def test_kinds_and_legs(self):
        self.bad("kind", "unknown kind", simple(), w.event(19))
        self.bad("kind", "unknown kind", simple(), columns={w.KIND: w.packed([0])})
        self.bad("kind", "has to be of kind 1", w.entry(two_legs()))
        chain = begun()  # credit first is no simple entry
        chain.add(w.entry([(SITI, 1, 900), (TILL, 0, 900)]))
        self.assert_sound(chain.bytes)
        self.bad("leg_count", "2 to 64 legs", w.entry(THREE_LEGS[:1]))
        self.bad("leg_count", "2 to 64 legs", w.entry(two_legs() * 32 + THREE_LEGS[:1]))
        self.bad("leg_side", "a side is 0 or 1", w.entry([(TILL, 2, 1)] + THREE_LEGS))
        self.bad("leg_account", "no account handle", w.entry([(0, 0, 1)] + THREE_LEGS))
        self.bad("leg_amount", "is no amount", w.entry([(TILL, 0, 0)] + THREE_LEGS))

    def test_keys(self):
        self.bad("key_form", "unknown form", simple(key=(5, b"")))
        self.bad("principal", "u32", simple(principal=2**32))
        for text in b"", b" ", b"a b", b"\x7f", b"x" * 65, "é".encode():
            self.bad("key_text", "visible ASCII", simple(key=(3, text)))
        for text in (b"018f3b5e-7c44-7d2a-9c57-0c0ffee00001", b"01HXXN6ZQ5J8T3V2W4Y6A8C0E1",
                     b"7ZZZZZZZZZZZZZZZZZZZZZZZZZ"):
            self.bad("key_text", "in 16 bytes", simple(key=(3, text)))
        chain = begun()
        for text in (b"018F3B5E-7C44-7D2A-9C57-0C0FFEE00001", b"018f3b5e7c447d2a9c570c0ffee00001",
                     b"01hxxn6zq5j8t3v2w4y6a8c0e1", b"8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
                     b"01HXXN6ZQ5J8T3V2W4Y6A8C0EU", b"x" * 64):
            chain.add(simple(key=(3, text)))
        self.assert_sound(chain.bytes)
        self.bad("key16", "not 1 × 16 bytes", simple(), columns={w.KEY16: bytes(17)})

    def test_value_dates_and_metadata(self):
        self.bad("value_date", "no row", simple(value_date=0))
        self.bad("value_date", "only entries", w.role(6, 1, "new", value_date=1))
        for days in 2_932_897 - DAY, -719_163 - DAY:
            self.bad("value_date", "no date", simple(value_date=days))
        self.bad("metadata", "only entries", w.refused(70, metadata=DUE))
        many = [(f"n{i}", i) for i in range(9)]
        for metadata, what in (
                (w.metadata(), "0 is not within 1 to 8"),
                (w.metadata(*many), "9 is not within 1 to 8"),
                (w.metadata(("b", 1), ("a", 1)), "ascend"),
                (w.metadata(("a", 1), ("a", 2)), "ascend"),
                (w.metadata(("A", 1)), "b'A' may not"), (w.metadata(("a" * 17, 1)), "may not"),
                (w.metadata(("1", 1)), "may not"), (w.metadata(("", 1)), "may not"),
                (w.metadata(("a", "x" * 41)), "may not"), (w.metadata(("a", "")), "may not"),
                (w.metadata(("a", "x y")), "may not"),
                (w.metadata(("a", ("date", 2_932_897))), "not within"),
                (b"\1\1a\3" + bytes(8), "3 is not within 0 to 2"),
                (DUE + b"\0", "1 bytes too many"), (DUE[:-1], "unpack"),
                (w.metadata(("a", "xyz"))[:-1], "may not")):
            with self.subTest(metadata=metadata):
                self.bad("metadata", what, simple(metadata=metadata))

    def test_batches(self):
        self.bad("batch_size", "a batch of 3", simple(batch_size=3), simple())
        self.bad("batch_size", "a batch of 0", simple(),
                 columns={w.BATCH_SIZE: b"\1" + w.packed([0]), w.DIGEST: bytes(16)})
        self.bad("batch_size", "within a batch", simple(batch_size=2), simple(batch_size=1))

    def test_refusals(self):
        for refusal, what in ((b"\0", "not within"), (b"", "unpack"), (b"\1\1", "unpack"),
                              (b"\1" + b"\0" + bytes(8), "0 is not within 1 to 8"),
                              (b"\1" + b"\x09" + bytes(8), "9 is not within 1 to 8"),
                              (b"\1" + (b"\1" + bytes(8)) * 5, "more than four")):
            self.bad("refusal", what, w.event(3, refusal=refusal, digest=bytes(16)))

    def test_payloads(self):
        nothing = struct.pack("<I", TILL)
        for event, what in (
                (w.event(10, payload=nothing + b"\0"), "1 bytes too many"),
                (w.event(10, payload=nothing[:-1]), "unpack"),
                (w.role(6, 0, "a"), "not within"), (w.role(6, 7, "a"), "not within"),
                (w.role(6, 1, "a_b"), "may not stand"), (w.role(6, 1, ""), "may not stand"),
                (w.role(6, 1, "x" * 41), "may not stand"),
                (w.account("a_b"), "may not stand"), (w.account("1", type=0), "not within"),
                (w.account("1", type=7), "not within"), (w.account("1", normal=2), "not within"),
                (w.account("1", currency=0), "not within"),
                (w.account("1", floor=10**17 + 1), "not within"),
                (w.account("1", ceiling=-10**17 - 1), "not within"),
                (w.event(8, payload=w.account("1")["payload"][:-1] + b"\x08"), "8 is not within"),
                (w.event(9, payload=nothing + b"\4"), "4 is not within"),
                (w.hold(TILL, 0), "not within"), (w.hold(TILL, 10**17 + 1), "not within"),
                (w.hold(TILL, 1, last_day=2_932_897), "not within"),
                (w.event(13, payload=w.hold(TILL, 1)["payload"][:-1] + b"\2"), "2 is not within"),
                (w.settle(1, 0, two_legs()), "not within"),
                (w.settle(1, 1, two_legs(), release_rest=2), "not within"),
                (w.close_day(DAY, 2_932_897), "not within")):
            with self.subTest(event=event):
                self.bad("payload", what, event)
        first = begun().bytes[:0]
        for opening in w.opened(zone="Europe/Paris"), w.opened(sen_allowed=2):
            chain = w.Chain()
            self.assert_found(first + chain.add(opening), "payload", "may not stand|not within")


class Headers(Case):
    def bad(self, column, what, **header):
        chain = begun()
        chain.add(simple())
        chain.add(simple(), **header)
        self.assert_found(chain.bytes, column, what)

    def test_fields(self):
        for column, value in (("version", 2), ("version", 0), ("codec", 0), ("codec", 2),
                              ("hash_algorithm", 0), ("hash_algorithm", 2), ("count", 0),
                              ("durable_block", 3), ("business_date", 2_932_897)):
            with self.subTest(column, value=value):
                self.bad(column, "may not stand here", **{column: value})
        for name in (b"K" + bytes(15), b"kop-1".ljust(16, b"\0"), b"KOP-1" + bytes(10) + b"1",
                     bytes(16), b"KOP\0001".ljust(16, b"\0")):
            self.bad("cooperative", "may not stand here", cooperative=name)
        self.bad("magic", "no block begins here", magic=b"LMBH")
        chain = begun()
        self.assert_found(chain.bytes + b"LMBG", "length", "4 bytes are no block")
        self.assert_found(chain.add(*[simple() for _ in range(10)], body=bytes(2**20)), "length",
                          "longer than 1,048,576")

    def test_count_is_at_most_8190(self):
        chain = begun()
        chain.add(*[w.post(TILL, BUDI, 100) for _ in range(8_190)])
        self.assert_sound(chain.bytes)
        chain.add(*[w.post(TILL, BUDI, 100) for _ in range(8_191)])
        self.assert_found(chain.bytes, "count", "8191 may not")

    def test_chain(self):
        for column, value, what in (
                ("block_no", 4, "4 instead of 3"), ("block_no", 2, "2 instead of 3"),
                ("first_event", 12, "12 instead of 11"), ("first_event", 10, "10 instead of 11"),
                ("previous", bytes(32), "instead of"), ("epoch", 0, "0 after 1"),
                ("stamped_time", 1_699_999_999_999_999, "after 1700000000000000"),
                ("durable_block", 0, "0 after 1"),
                ("business_date", DAY + 1, "2024-10-05 instead of 2024-10-04")):
            with self.subTest(column, value=value):
                self.bad(column, what, **{column: value})
        for column, value in ("block_no", 2), ("first_event", 2), ("previous", b"\1" * 32):
            self.assert_found(w.Chain().add(w.opened(), **{column: value}), column, "instead of")


class Rules(Case):
    """Each case: what comes before, the event at fault, and how it is named."""

    def bad(self, column, what, *events, **header):
        *before, wrong = events
        chain = begun()
        if before:
            chain.add(*before)
            self.assert_sound(chain.bytes)
        if before and before[-1]["kind"] == 17:
            header["business_date"] = struct.unpack("<ii", before[-1]["payload"])[1]
        chain.add(wrong, **header)
        self.assert_found(chain.bytes, column, what, 10 + len(before))

    def test_who_asks(self):
        self.bad("principal", "never granted", simple(principal=3))
        self.bad("key_form", "used this key before", simple(key=UUID_KEY), simple(key=UUID_KEY))
        self.bad("key_form", "used this key before", w.refused(70, principal=1, key=(3, b"a")),
                 simple(principal=1, key=(3, b"a")))
        chain = begun()  # another's key, or another form of the same bytes, is another key
        chain.add(simple(key=UUID_KEY), simple(key=UUID_KEY, principal=1),
                  simple(key=(2, UUID_KEY[1]), principal=1))
        self.assert_sound(chain.bytes)
        self.bad("digest", "not that of the event", w.role(6, 1, "new", digest=bytes(16)))
        self.bad("payload", "kasir-1 has this role", w.role(6, 3, "kasir-1"))
        self.bad("payload", "kasir-1 does not have", w.role(7, 1, "kasir-1"))
        self.bad("payload", "nobody does not have", w.role(7, 1, "nobody"))

    def test_batches(self):
        def batch(*events):
            chain = begun()
            chain.add(*events)
            return chain.bytes
        self.assert_found(batch(simple(batch_size=2), simple(key=UUID_KEY)), "key_form",
                          "no key of its own", 11)
        self.assert_found(batch(simple(batch_size=2), simple(principal=1)), "key_form",
                          "no key of its own", 11)
        self.assert_found(batch(w.hold(BUDI, 100, batch_size=1)), "kind", "of entries", 10)
        self.assert_found(batch(simple(batch_size=2), w.hold(BUDI, 100)), "kind", "of entries", 11)
        chain = begun()
        chain.add(simple(key=(3, b"a")), columns={w.KEY_FORM: w.packed([0]), w.KEY_TEXT: None})
        self.assert_found(chain.bytes, "key_form", "has no key", 10)

    def test_the_opening(self):
        self.assert_found(w.Chain().add(w.account("1")), "kind", "begins with", 1)
        self.assert_found(w.Chain().add(w.opened(first_day=DAY + 1)), "payload", "first day", 1)
        self.assert_found(w.Chain().add(w.opened(principal=1)), "principal", "nobody|never", 1)
        self.bad("kind", "begins with", w.opened())

    def test_accounts(self):
        for account, what in (
                (w.account("2101"), "given before"),
                (w.account("1", floor=2, ceiling=1), "floor is above"),
                (w.account("1", 2, 1, control=9), "no account 9"),
                (w.account("1", 2, 1, control=7), "no account 7"),
                (w.account("1", 2, 1, control=SITI), "cannot be the control"),
                (w.account("1", 1, 1, control=SAVINGS), "cannot be the control"),
                (w.account("1", 2, 0, control=SAVINGS), "cannot be the control"),
                (w.account("1", 2, 1, currency=840, control=SAVINGS), "cannot be the control"),
                (w.set_limits(7), "no account 7"), (w.set_limits(0), "no account 0"),
                (w.set_limits(SITI, 2, 1), "floor is above"),
                (w.of_account(10, 7), "no account 7"), (w.of_account(11, SITI), "not frozen"),
                (w.of_account(12, SAVINGS), "open members")):
            with self.subTest(what):
                self.bad("payload", what, account)
        self.bad("payload", "is frozen", w.of_account(10, SITI), w.of_account(10, SITI))
        self.bad("payload", "has a balance", simple(), w.of_account(12, SITI))
        self.bad("payload", "a hold", w.hold(BUDI, 100), w.of_account(12, BUDI))
        closed = w.of_account(12, SITI)
        for event in (w.of_account(12, SITI), w.of_account(10, SITI), w.of_account(11, SITI),
                      w.set_limits(SITI), w.hold(SITI, 100)):
            self.bad("payload", "is closed", closed, event)
        self.bad("payload", "given before", closed, w.account("2101/SITI", 2, 1))

    def test_entries(self):
        self.bad("leg_account", "no account 7", w.post(TILL, 7, 100))
        self.bad("leg_account", "control account", w.post(TILL, SAVINGS, 100))
        self.bad("leg_account", "is frozen", w.of_account(10, SITI), simple())
        self.bad("leg_account", "is closed", w.of_account(12, SITI), simple())
        self.bad("leg_account", "sen", w.post(TILL, SITI, 101))
        self.bad("amount", "two currencies", w.post(DOLLARS, SITI, 100))
        self.bad("leg_amount", "= -100 in currency 360",
                 w.entry([(TILL, 0, 900), (SITI, 1, 600), (BUDI, 1, 400)]))
        self.bad("leg_amount", "= 1 in currency 840",
                 w.entry([(DOLLARS, 0, 101), (DOLLARS_OWED, 1, 100), *two_legs()]))
        self.bad("amount", "100 below its floor", simple(), w.post(SITI, BUDI, 1_100))
        self.bad("amount", "100 below its floor", simple(), w.hold(SITI, 600),
                 w.post(SITI, BUDI, 500))
        self.bad("amount", "100 above its ceiling", w.post(TILL, SITI, 50_000_100))
        chain = w.Chain()
        chain.add(w.opened(sen_allowed=1), w.account("1"), w.account("2"), w.post(1, 2, 1))
        self.assert_sound(chain.bytes)

    def test_reversals(self):
        back = [(TILL, 1, 600), (SITI, 0, 600)]
        self.bad("reversal_target", "no entry before it", w.reverse(9, back))
        self.bad("reversal_target", "no entry before it", w.reverse(10, back))
        self.bad("reversal_target", "not itself reversed", simple(), w.reverse(10, back),
                 w.reverse(11, [(TILL, 0, 600), (SITI, 1, 600)]))
        self.bad("leg_amount", "600 of leg 0 are taken back, 400 are left", simple(),
                 w.reverse(10, back), w.reverse(10, back))
        self.bad("leg_account", "not swapped", simple(), w.reverse(10, two_legs()))
        self.bad("leg_account", "not swapped", simple(), w.reverse(10, back[::-1]))
        self.bad("leg_account", "not swapped", simple(),
                 w.reverse(10, [(TILL, 1, 600), (BUDI, 0, 600)]))
        for legs in 0b1, 0b101, 1 << 63 | 1:
            self.bad("reversal_legs", "one a leg", simple(), w.reverse(10, back, legs))
        three = w.entry(THREE_LEGS)
        chain = begun()
        chain.add(three, w.reverse(10, [(TILL, 1, 400), (BUDI, 0, 400)], 0b101))
        self.assert_sound(chain.bytes)
        self.bad("leg_amount", "of leg 2 are taken back, 400 are left", three,
                 w.reverse(10, [(TILL, 1, 500), (BUDI, 0, 500)], 0b101))
        self.bad("leg_amount", "below its floor", simple(), w.post(SITI, BUDI, 500),
                 w.reverse(10, [(TILL, 1, 600), (SITI, 0, 600)]))

    def test_holds(self):
        pay = [(SITI, 0, 500), (TILL, 1, 500)]
        self.bad("payload", "does not have", simple(), w.hold(SITI, 1_100))
        self.bad("payload", "control account", w.hold(SAVINGS, 100))
        self.bad("payload", "no account 8", w.hold(8, 100))
        self.bad("payload", "sen", w.hold(BUDI, 1))
        self.bad("payload", "last day is over", w.hold(BUDI, 100, DAY - 1))
        self.bad("payload", "more than 10.17", w.hold(BUDI, 10**17), w.hold(BUDI, 100))
        self.bad("payload", "is frozen", w.of_account(10, BUDI), w.hold(BUDI, 100))
        held = simple(), w.hold(SITI, 1_000)
        self.bad("payload", "event 10 is no hold", *held, w.settle(10, 500, pay))
        self.bad("payload", "event 10 is no hold", *held, w.of_hold(15, 10))
        self.bad("payload", "taken is 400, the entry takes 500", *held, w.settle(11, 400, pay))
        self.bad("payload", "taken is 500, the entry takes 0", *held,
                 w.settle(11, 500, [(BUDI, 0, 500), (TILL, 1, 500)]))
        self.bad("payload", "600 are taken, 500 are held", *held, w.settle(11, 500, pay),
                 w.settle(11, 600, [(SITI, 0, 600), (TILL, 1, 600)]))
        for end in w.settle(11, 500, pay, release_rest=1), w.of_hold(15, 11):
            self.bad("payload", "hold 11 has ended", *held, end, w.of_hold(15, 11))
            self.bad("payload", "hold 11 has ended", *held, end, w.settle(11, 500, pay))
        self.bad("leg_account", "is frozen", *held, w.of_account(10, SITI), w.settle(11, 500, pay))
        self.bad("payload", "not over", *held, w.of_hold(16, 11))
        self.bad("payload", "not over", w.hold(BUDI, 100, DAY), w.of_hold(16, 10))
        chain = begun()
        chain.add(*held, w.settle(11, 500, pay), w.settle(11, 500, pay))
        self.assert_sound(chain.bytes)

    def test_days_and_months(self):
        self.bad("payload", "2024-10-05 is not the open day", w.close_day(DAY + 1, DAY + 2))
        self.bad("payload", "2024-10-03 is not the open day", w.close_day(DAY - 1, DAY + 1))
        self.bad("payload", "does not come after", w.close_day(DAY, DAY))
        self.bad("payload", "month is not over", w.close_month(OCTOBER))
        turn = w.close_day(DAY, DAY + 28)  # 1 November
        self.bad("payload", "this month's turn", turn, w.close_month(OCTOBER - 1))
        self.bad("payload", "this month's turn", turn, w.close_month(OCTOBER + 1))
        chain = begun()
        chain.add(turn)
        chain.add(w.close_month(OCTOBER), business_date=DAY + 28)
        self.assert_sound(chain.bytes)
        chain.add(w.close_month(OCTOBER))
        self.assert_found(chain.bytes, "payload", "this month's turn")
        chain = begun()
        chain.add(w.close_day(DAY, DAY + 1), simple())
        self.assert_found(chain.bytes, "kind", "a closed day ends its block", 10)

    def test_digests_of_what_is_asked_are_those_of_the_page(self):
        payload = struct.pack("<I", SITI)
        digest = hashlib.sha256(b"\x0a" + payload).digest()[:16]
        self.assertEqual(w.of_account(10, SITI)["digest"], digest)
        self.bad("digest", "not that", w.of_account(10, SITI, digest=digest[:15] + b"\0"))


if __name__ == "__main__":
    unittest.main()
