#!/usr/bin/env python3
"""The journal reader on journals written by hand (block_writer.py): right ones are read with the
figures that were worked out beside them, wrong ones are found and named. Golden blocks are compared
with what their .json says."""

import contextlib
import hashlib
import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

import block_format
import block_writer as w
from crc32c import crc32c
from journal_reader import Reader

HERE = Path(__file__).resolve().parent
GOLDEN = HERE.parent / "golden"
DAY = 20_000  # 2024-10-04
OCTOBER = 2024 * 12 + 9
TILL, SAVINGS, SITI, BUDI, DOLLARS, DOLLARS_OWED = range(1, 7)


def read(data, **options):
    reader = Reader(**options)
    reader.read(data)
    return reader


def begun(cooperative="KOP-1"):
    """A chain whose first block opens the book, six accounts, and two principals; events 1 to 9."""
    chain = w.Chain(cooperative)
    chain.add(w.opened(), w.account("1102/KASIR", floor=0),
              w.account("2101", type=2, normal=1, is_control=True),
              w.account("2101/SITI", 2, 1, control=SAVINGS, floor=0, ceiling=50_000_000),
              w.account("2101/BUDI", 2, 1, control=SAVINGS),
              w.account("1103", currency=840), w.account("2901", 2, 1, currency=840),
              w.role(6, 3, "kasir-1"), w.role(6, 2, "ibu/ketua"))
    return chain


def told():
    """A chain with every kind of event in three blocks."""
    chain = begun()
    chain.add(
        w.post(TILL, SITI, 10_000_000, principal=1),                                        # 10
        w.entry([(DOLLARS, 0, 1_000), (DOLLARS_OWED, 1, 1_000), (TILL, 1, 500), (BUDI, 0, 500)],
                metadata=w.metadata(("due", ("date", DAY + 30)), ("loan", "L/7"), ("n", -42)),
                value_date=-3, key=(2, bytes(range(16)))),                                  # 11
        w.refused(70, (1, SITI), (3, 99), (4, -1), principal=2, key=(3, b"k!1")),           # 12
        w.hold(SITI, 4_000_000, DAY, key=(4, bytes(range(32)))),                            # 13
        w.settle(13, 1_000_000, [(SITI, 0, 1_000_000), (TILL, 1, 1_000_000)]),              # 14
        w.reverse(10, [(TILL, 1, 300), (SITI, 0, 300)], value_date=-1),                     # 15
        w.post(BUDI, SITI, 200, batch_size=3),                                              # 16
        w.post(SITI, BUDI, 100),                                                            # 17
        w.entry([(TILL, 1, 700), (BUDI, 0, 700)], metadata=w.metadata(("a", 1))),           # 18
        w.hold(BUDI, 5_000),                                                                # 19
        w.of_hold(15, 19),                                                                  # 20
        w.hold(BUDI, 6_000),                                                                # 21
        w.settle(21, 1_000, [(BUDI, 0, 1_000), (TILL, 1, 1_000)], release_rest=1),          # 22
        w.of_account(10, BUDI), w.of_account(11, BUDI),                                     # 24
        w.set_limits(BUDI, floor=-10**17), w.role(7, 3, "kasir-1"),                         # 26
        w.close_day(DAY, DAY + 31))                                                         # 27
    chain.add(
        w.of_hold(16, 13), w.close_month(OCTOBER),                                          # 29
        w.account("9", 6), w.of_account(12, 7),                                             # 31
        business_date=DAY + 31)
    return chain


# Worked out from the events above: debits, credits, held.
FIGURES = {
    "1102/KASIR": (10_000_000, 500 + 1_000_000 + 300 + 700 + 1_000, 0),
    "2101/SITI": (1_000_000 + 300 + 100, 10_000_000 + 200, 0),
    "2101/BUDI": (500 + 200 + 700 + 1_000, 100, 0),
    "2101": (1_000_400 + 2_400, 10_000_200 + 100, 0),
    "1103": (1_000, 0, 0), "2901": (0, 1_000, 0), "9": (0, 0, 0),
}


class Case(unittest.TestCase):
    def assert_sound(self, data):
        reader = read(data)
        self.assertEqual(reader.findings, [])
        return reader.result()

    def assert_found(self, data, column, what, event=None):
        """One finding at least names this column (and event) and says `what`."""
        findings = read(data).findings
        place = rf"column {re.escape(column)}" + (rf" event {event}" if event else r"( event \d+)?")
        self.assertTrue(any(re.search(rf"{place}: .*{what}", finding) for finding in findings),
                        f"{column}, {event}, {what!r} not in {findings}")


class Sums(unittest.TestCase):
    def test_crc32c_is_that_of_rfc_3720(self):
        # RFC 3720, appendix B.4, its bytes read as little-endian numbers.
        read_pdu = bytes.fromhex("01c00000000000000000000000000000140000000000040000000014"
                                 "00000018280000000000000002000000" "00000000")
        for data, crc in ((bytes(32), 0x8A9136AA), (b"\xff" * 32, 0x62A8AB43),
                          (bytes(range(32)), 0x46DD794E), (bytes(range(31, -1, -1)), 0x113FDB5C),
                          (read_pdu, 0xD9963A56), (b"123456789", 0xE3069283), (b"", 0)):
            self.assertEqual(crc32c(data), crc)

    def test_eight_bytes_a_step_are_one_bit_a_step(self):
        data = bytes(i * i % 251 for i in range(100))
        for size in range(100):
            self.assertEqual(crc32c(data[:size]), w.bitwise_crc32c(data[:size]))


class Right(Case):
    def test_every_kind_is_read_and_added_up(self):
        chain = told()
        found, = self.assert_sound(chain.bytes)["cooperatives"]
        self.assertEqual(found["id"], "KOP-1")
        self.assertEqual((found["blocks"], found["events"]), (3, 31))
        self.assertEqual(found["open_day"], "2024-11-04")
        self.assertEqual(found["head"], {"block_no": 3, "hash": chain.header["previous"].hex(),
                                         "last_event": 31})
        rows = found["accounts"]
        self.assertEqual(
            {row["code"]: tuple(int(row[name]) for name in ("debits", "credits", "held"))
             for row in rows}, FIGURES)
        self.assertEqual({(row["type"], row["currency"], row["normal"]) for row in rows},
                         {("asset", 360, "debit"), ("liability", 360, "credit"),
                          ("asset", 840, "debit"), ("liability", 840, "credit"),
                          ("memo", 360, "debit")})

    def test_a_block_spelled_out_by_hand(self):
        payload = "6801 0c 417369612f4a616b61727461 204e0000 00"
        digest = hashlib.sha256(bytes.fromhex("05" + payload)).hexdigest()[:32]
        block = ("4c4d4247 0100 01 01 4b4f502d310000000000000000000000 0100000000000000"
                 " 0300000000000000" + "00" * 32 + "0100000000000000 01000000 204e0000"
                 " 00401e18240a0600 0000000000000000 5b000000"
                 # kind, key16, digest, payload: their lengths,
                 " 04 01 09000000 0b 10000000 0e 10000000 15 1d000000"
                 # 5 in no bytes, a UUID, the digest, one text of 20 bytes.
                 " 0500000000000000 00" + "00" * 15 + "01" + digest
                 + "1400000000000000 00" + payload)
        found, = self.assert_sound(w.reseal(bytes.fromhex(block) + bytes(36)))["cooperatives"]
        self.assertEqual((found["id"], found["open_day"], found["events"]),
                         ("KOP-1", "2024-10-04", 1))

    def test_cooperatives_may_stand_between_each_other(self):
        one, two = begun("KOP-A"), begun("KOP-B")
        data = one.bytes + two.bytes
        data += one.add(w.post(TILL, SITI, 700)) + two.add(w.post(TILL, SITI, 300))
        found = self.assert_sound(data)["cooperatives"]
        self.assertEqual([(row["id"], row["accounts"][0]["debits"]) for row in found],
                         [("KOP-A", "700"), ("KOP-B", "300")])

    def test_what_was_held_may_be_taken_below_a_floor_raised_since(self):
        chain = begun()
        chain.add(w.post(TILL, SITI, 1_000), w.hold(SITI, 800), w.set_limits(SITI, floor=900),
                  w.settle(11, 300, [(SITI, 0, 300), (TILL, 1, 300)]),
                  w.post(TILL, SITI, 100))
        self.assert_sound(chain.bytes)

    def test_a_limit_binds_only_the_movement_towards_it(self):
        chain = begun()
        chain.add(w.post(TILL, SITI, 10_000), w.set_limits(SITI, ceiling=2_000),
                  w.post(SITI, TILL, 1_000), w.set_limits(SITI, floor=50_000),
                  w.post(TILL, SITI, 100),
                  w.entry([(SITI, 0, 900), (BUDI, 1, 100), (SITI, 1, 800)]))
        self.assert_found(chain.bytes, "leg_amount", "floor", 15)
        self.assertEqual(len(read(chain.bytes).findings), 1)

    def test_leaves(self):
        # The bytes of the page's list, for the entry with most of it and for the simplest.
        chain = told()
        leaves = read(chain.bytes, with_leaves=True).result()["cooperatives"][0]["leaves"]
        self.assertEqual(len(leaves), 31)
        begin = "01" "4b4f502d310000000000000000000000" "{:02x}00000000000000" "204e0000" \
                "00401e18240a0600" "{:02x}"
        legs = "06 1b00 02 01000000 00 8096980000000000 03000000 01 8096980000000000"
        key = "0a 1100 01" + "00" * 15 + "0a"
        self.assertEqual(leaves[9], self.leaf_hash(
            begin.format(10, 1) + legs + "09 0400 01000000" + key))
        legs = ("06 1b00 02 01000000 01 bc02000000000000 04000000 00 bc02000000000000")
        self.assertEqual(leaves[17], self.leaf_hash(
            begin.format(18, 2) + legs + "09 0400 00000000" "13 0c00 01 01 61 00 0100000000000000"))
        legs = ("06 1b00 02 01000000 01 2c01000000000000 03000000 00 2c01000000000000")
        self.assertEqual(leaves[14], self.leaf_hash(
            begin.format(15, 4) + legs + "09 0400 00000000" "0a 1100 01" + "00" * 15 + "0c"
            "0e 1000" + "00" * 16 + "10 0400 1f4e0000" "11 0800 0a00000000000000"
            "12 0800 0300000000000000"))

    def leaf_hash(self, leaf):
        return hashlib.sha256(b"\0" + bytes.fromhex(leaf)).hexdigest()


class Changed(Case):
    def test_every_byte_of_a_block_is_guarded(self):
        chain = told()
        start = len(begun().bytes)
        for at in range(start, len(chain.bytes), 7):
            changed = bytearray(chain.bytes)
            changed[at] ^= 1 << at % 8
            self.assertTrue(read(changed).findings, f"byte {at}")
        block = begun().add(w.post(TILL, SITI, 1))
        for at in range(len(block)):
            changed = bytearray(begun().bytes + block)
            changed[at - len(block)] ^= 0x10
            self.assertTrue(read(changed).findings, f"byte {at} of the last block")

    def test_a_journal_cut_within_a_block_is_found(self):
        whole = begun()
        kept = len(whole.bytes)
        whole.add(w.post(TILL, SITI, 1))
        self.assert_sound(whole.bytes[:kept])
        for size in range(kept + 1, len(whole.bytes)):
            self.assertTrue(read(whole.bytes[:size]).findings, size)

    def test_equal_content_has_one_encoding(self):
        """Whatever bit is changed and sealed anew: it is found, or is other content, which written
        again gives these very bytes."""
        chain = told()
        data, start, accepted = chain.bytes, 0, 0
        while start < len(data):
            block = block_format.Block(data, start)
            start = block.end
            written = data[block.start:block.end]
            self.assertEqual(self.written_again(written), written)
            for bit in range(8 * 108, 8 * (len(written) - 36)):
                changed = bytearray(written)
                changed[bit // 8] ^= 1 << bit % 8
                with contextlib.suppress(block_format.Damage):
                    self.assertEqual(self.written_again(changed), bytes(changed), f"bit {bit}")
                    accepted += 1
        self.assertGreater(accepted, 2_000)  # amounts, digests and keys may be any

    def written_again(self, changed):
        block = block_format.Block(changed, 0)
        block.read_events()
        names = {"kind": "kind", "legs": "legs", "principal": "principal", "digest": "digest",
                 "batch_size": "batch_size", "metadata": "metadata", "refusal": "refusal",
                 "payload": "payload_bytes", "target": "reversal_target",
                 "target_legs": "reversal_legs"}
        events = []
        for event in block.events:
            one = {name: getattr(event, its) for name, its in names.items()}
            one["key"] = event.key_form, event.key or b""
            one["value_date"] = (None if event.value_date is None
                                 else event.value_date - block.business_date)
            events.append(one)
        body = w.directory(sorted(w.columns_of(events).items()))
        return bytes(changed[:108]) + body + bytes(changed[-36:])

    def test_after_an_unreadable_block_the_chain_is_still_checked(self):
        chain = begun()
        chain.add(w.post(TILL, SITI, 1), body=b"\0")
        chain.add(w.post(TILL, SITI, 1), block_no=7)
        findings = read(chain.bytes).findings
        self.assertTrue(any("not replayed" in finding for finding in findings))
        self.assertTrue(any("column block_no: 7 instead of 3" in finding for finding in findings))


class Program(Case):
    def run_reader(self, data, *options):
        with tempfile.NamedTemporaryFile() as file:
            file.write(data)
            file.flush()
            return subprocess.run([sys.executable, "-B", HERE / "journal_reader.py", file.name,
                                   *options], capture_output=True, text=True)

    def test_exit_codes_and_streams(self):
        right = self.run_reader(told().bytes, "--json", "--leaves")
        self.assertEqual((right.returncode, right.stderr), (0, ""))
        self.assertEqual(right.stdout.count("\n"), 1)
        self.assertEqual(len(json.loads(right.stdout)["cooperatives"][0]["leaves"]), 31)
        wrong = self.run_reader(told().bytes[:-1] + b"\0")
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("KOP-1 block 3 offset", wrong.stderr)
        self.assertIn("column checksum", wrong.stderr)
        self.assertEqual(json.loads(wrong.stdout)["cooperatives"][0]["id"], "KOP-1")
        missing = subprocess.run([sys.executable, "-B", HERE / "journal_reader.py", "/nowhere"],
                                 capture_output=True, text=True)
        self.assertEqual((missing.returncode, missing.stdout), (1, ""))
        self.assertEqual(missing.stderr, "/nowhere: No such file or directory\n")

    def test_a_flood_of_findings_is_cut(self):
        chain = begun()
        chain.add(*[w.post(99, SITI, 1) for _ in range(150)])
        self.assertIn("and 50 more", self.run_reader(chain.bytes).stderr)


class Golden(Case):
    def test_blocks_are_what_their_json_says(self):
        files = sorted(GOLDEN.glob("*.block"))
        if not files:
            self.skipTest("no golden blocks")
        blocks = {}
        for file in files:
            data, said = file.read_bytes(), json.loads(file.with_suffix(".json").read_text())
            block = block_format.Block(data, 0)
            self.assertEqual(block.end, len(data))
            self.assertEqual(block.seal_damage(), [])
            self.assertIsNone(block.header_damage())
            block.read_events()
            blocks[block.cooperative, block.block_no] = data
            with self.subTest(file.name):
                self.assertEqual(block.hash.hex(), said["hash"])
                self.assertEqual(int.from_bytes(data[-4:], "little"), said["checksum"])
                self.assertEqual(
                    [(event.no, event.kind, block_format.leaf(block, event).hex(),
                      block_format.leaf_hash(block, event)) for event in block.events],
                    [(event["no"], event["kind"], event["leaf"], event["leaf_hash"])
                     for event in said["events"]])
        self.assert_sound(b"".join(data for _, data in sorted(blocks.items())))


if __name__ == "__main__":
    unittest.main()
