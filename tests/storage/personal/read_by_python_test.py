#!/usr/bin/env python3
"""The personal store read and written by docs/personal-data.md alone.

    read_by_python_test.py MAKE_STORE

XChaCha20-Poly1305 is written here from RFC 8439 and draft-irtf-cfrg-xchacha-03 and held to their
examples; HMAC, SHA-256 and SQLite are Python's. What MAKE_STORE has put must be found in the bytes
of its files, and what is sealed here must be read by it.
"""

import hashlib
import hmac
import os
import sqlite3
import struct
import subprocess
import sys
import tempfile
import unittest

MAKE_STORE = ""


# --- RFC 8439, draft-irtf-cfrg-xchacha-03 ---

def quarter_round(x, a, b, c, d):
    for left, other, rotated, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
        x[left] = (x[left] + x[other]) & 0xffffffff
        mixed = x[rotated] ^ x[left]
        x[rotated] = ((mixed << bits) | (mixed >> (32 - bits))) & 0xffffffff


def rounds(key, sixteen_bytes):
    start = list(struct.unpack("<16I", b"expand 32-byte k" + key + sixteen_bytes))
    x = list(start)
    for _ in range(10):
        for a, b, c, d in ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                           (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14)):
            quarter_round(x, a, b, c, d)
    return start, x


def hchacha20(key, sixteen_bytes):
    _, x = rounds(key, sixteen_bytes)
    return struct.pack("<8I", *(x[0:4] + x[12:16]))


def chacha20(key, nonce12, counter, data):
    out = bytearray()
    for at in range(0, len(data), 64):
        start, x = rounds(key, struct.pack("<I", counter + at // 64) + nonce12)
        block = struct.pack("<16I", *((a + b) & 0xffffffff for a, b in zip(start, x)))
        out += bytes(p ^ q for p, q in zip(data[at:at + 64], block))
    return bytes(out)


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0ffffffc0ffffffc0ffffffc0fffffff
    total = 0
    for at in range(0, len(message), 16):
        piece = message[at:at + 16]
        total = (total + int.from_bytes(piece + b"\x01", "little")) * r % ((1 << 130) - 5)
    return ((total + int.from_bytes(key[16:], "little")) % (1 << 128)).to_bytes(16, "little")


def tag_of(key, nonce12, bound, sealed):
    padded = lambda data: data + bytes(-len(data) % 16)
    message = padded(bound) + padded(sealed) + struct.pack("<QQ", len(bound), len(sealed))
    return poly1305(chacha20(key, nonce12, 0, bytes(32)), message)


def seal(key, bound, plain, nonce):
    subkey, nonce12 = hchacha20(key, nonce[:16]), bytes(4) + nonce[16:]
    sealed = chacha20(subkey, nonce12, 1, plain)
    return nonce + sealed + tag_of(subkey, nonce12, bound, sealed)


def unseal(key, bound, whole):
    nonce, sealed, tag = whole[:24], whole[24:-16], whole[-16:]
    subkey, nonce12 = hchacha20(key, nonce[:16]), bytes(4) + nonce[16:]
    if tag != tag_of(subkey, nonce12, bound, sealed):
        raise ValueError("does not open")
    return chacha20(subkey, nonce12, 1, sealed)


# --- docs/personal-data.md ---

def mac(key, *pieces):
    return hmac.new(key, b"".join(pieces), hashlib.sha256).digest()


def derived(key, what):
    return mac(key, b"lumbung.personal." + what + b".v1")


def bound_key(coop, person, generation):
    return b"lumbung.personal.key.v1" + coop + struct.pack("<QI", person, generation)


def bound_document(what, coop, person, kind, number):
    return b"lumbung.personal." + what + b".v1" + coop + struct.pack("<QBQ", person, kind, number)


def keys_of(path):
    with open(path, "rb") as file:
        text = file.read()
    lines = text.decode("ascii").splitlines()
    assert lines[0] == "lumbung personal keys 1"
    assert lines[-1] == "sha256 " + hashlib.sha256(text[:text.rindex(b"sha256 ")]).hexdigest()
    keys = {}
    for line in lines[1:-1]:
        word, coop, generation, key = line.split(" ")
        assert word == "key"
        keys[coop.encode().ljust(16, b"\0"), int(generation)] = bytes.fromhex(key)
    return keys


def unsigned(number):
    return number % (1 << 64)


class Store:
    """The files of a directory. Nothing of them is believed that was not checked."""

    def __init__(self, directory):
        self.database = sqlite3.connect(os.path.join(directory, "personal.db"))
        self.keys = keys_of(os.path.join(directory, "keys"))
        self.slots = dict(self.database.execute("SELECT slot, bytes FROM secret"))
        assert all(len(slot) == 80 for slot in self.slots.values())

    def person_key(self, coop, person):
        signed = person - (1 << 64) if person >> 63 else person
        (slot,), = self.database.execute(
            "SELECT key_slot FROM person WHERE coop = ? AND person = ?", (coop, signed))
        kind, generation = struct.unpack_from("<BI", self.slots[slot])
        assert kind == 1
        wrap = derived(self.keys[coop, generation], b"wrap")
        return generation, unseal(wrap, bound_key(coop, person, generation),
                                  self.slots[slot][5:77])

    def documents(self):
        for row in self.database.execute(
                "SELECT coop, person, kind, number, lookups, sealed FROM document"):
            coop, person, kind, number = row[0], unsigned(row[1]), row[2], unsigned(row[3])
            generation, key = self.person_key(coop, person)
            plain = unseal(derived(key, b"document"),
                           bound_document(b"document", coop, person, kind, number), row[5])
            salt, at, lookups = plain[:32], 33, []
            for _ in range(plain[32]):
                lookups.append(plain[at + 1:at + 1 + plain[at]])
                at += 1 + plain[at]
            content = plain[at:]
            digest = mac(derived(key, b"digest"),
                         bound_document(b"digest", coop, person, kind, number), salt, content)
            slots = struct.unpack(f"<{len(row[4]) // 8}q", row[4])
            lookup_key = derived(self.keys[coop, generation], b"lookup")
            for slot, text in zip(slots, lookups, strict=True):
                expected = struct.pack("<B16sQBQ", 2, coop, person, kind, number) + mac(
                    lookup_key, bytes([kind]), text)
                assert self.slots[slot] == expected.ljust(80, b"\0")
            yield (coop.rstrip(b"\0").decode(), person, kind, number), digest, content, lookups


class Examples(unittest.TestCase):
    def test_hchacha20(self):  # draft, 2.2.1
        self.assertEqual(
            hchacha20(bytes(range(32)), bytes.fromhex("000000090000004a0000000031415927")).hex(),
            "82413b4227b27bfed30e42508a877d73a0f9e4d58a74a853c12ec41326d3ecdc")

    def test_xchacha20_poly1305(self):  # draft, A.3.1
        plain = (b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for "
                 b"the future, sunscreen would be it.")
        sealed = seal(bytes(range(0x80, 0xa0)), bytes.fromhex("50515253c0c1c2c3c4c5c6c7"), plain,
                      bytes(range(0x40, 0x58)))
        self.assertEqual(sealed[-16:].hex(), "c0875924c1c7987947deafd8780acf49")
        self.assertEqual(sealed[24:56].hex(),
                         "bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb")


class Files(unittest.TestCase):
    def setUp(self):
        self.room = tempfile.TemporaryDirectory()
        self.addCleanup(self.room.cleanup)
        self.directory = os.path.join(self.room.name, "personal")
        told = subprocess.run([MAKE_STORE, "make", self.directory], check=True,
                              capture_output=True, text=True).stdout
        self.told = {}
        for line in told.splitlines():
            coop, person, kind, number, digest, *rest = line.split(" ")
            content, *lookups = (bytes.fromhex(word.split(":")[1]) for word in rest)
            self.told[coop, int(person), int(kind), int(number)] = (
                bytes.fromhex(digest), content, lookups)

    def test_hold_what_was_put(self):
        erased = [name for name in self.told if name[:2] == ("DESA-SATU", 2)]
        self.assertEqual(len(erased), 1)
        del self.told[erased[0]]
        found = {name: (digest, content, lookups)
                 for name, digest, content, lookups in Store(self.directory).documents()}
        self.assertEqual(found, self.told)

    def test_the_keys_are_those_that_are_needed(self):
        store = Store(self.directory)
        self.assertEqual(sorted(store.keys), [(b"DESA-SATU".ljust(16, b"\0"), 3),
                                              (b"KOPERASI-DESA-12", 2)])
        for coop, generation, proof in store.database.execute("SELECT * FROM generation"):
            self.assertEqual(proof, mac(store.keys[coop, generation], b"lumbung.personal.proof.v1",
                                        coop, struct.pack("<I", generation)))

    def test_what_is_sealed_here_is_read_there(self):
        store = Store(self.directory)
        coop, content, salt = b"KOPERASI-DESA-12", b"sealed by another hand", bytes(range(32))
        _, key = store.person_key(coop, 2)
        name = (coop, 2, 7, 3)
        sealed = seal(derived(key, b"document"), bound_document(b"document", *name),
                      salt + b"\0" + content, os.urandom(24))
        with store.database:
            store.database.execute("UPDATE document SET sealed = ? WHERE coop = ? AND person = 2 "
                                   "AND kind = 7 AND number = 3", (sealed, coop))
        store.database.close()
        digest = mac(derived(key, b"digest"), bound_document(b"digest", *name), salt, content)
        told = subprocess.run([MAKE_STORE, "read", self.directory, coop.decode(), "2", "7", "3",
                               digest.hex()], check=True, capture_output=True, text=True).stdout
        self.assertEqual(told, content.hex() + " matches\n")


if __name__ == "__main__":
    MAKE_STORE = sys.argv.pop(1)
    unittest.main()
