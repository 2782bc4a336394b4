"""CRC-32C (Castagnoli), as RFC 3720 uses it: reflected polynomial 0x82F63B78, all ones in,
inverted out. Python's zlib has only the other CRC-32. Eight bytes a step ("slicing by 8"): table k
gives what a byte does to the register when k more bytes follow it."""

import struct


def _tables():
    first = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
        first.append(value)
    tables = [first]
    for _ in range(7):
        tables.append([value >> 8 ^ first[value & 0xFF] for value in tables[-1]])
    return tables


_TABLES = _tables()
_EIGHT = struct.Struct("<I4B")


def crc32c(data):
    """Of any bytes-like object."""
    t0, t1, t2, t3, t4, t5, t6, t7 = _TABLES
    crc = 0xFFFFFFFF
    whole = len(data) & ~7
    view = memoryview(data)
    for low, e, f, g, h in _EIGHT.iter_unpack(view[:whole]):
        low ^= crc
        crc = (t7[low & 0xFF] ^ t6[low >> 8 & 0xFF] ^ t5[low >> 16 & 0xFF] ^ t4[low >> 24]
               ^ t3[e] ^ t2[f] ^ t1[g] ^ t0[h])
    for byte in view[whole:]:
        crc = crc >> 8 ^ t0[(crc ^ byte) & 0xFF]
    return crc ^ 0xFFFFFFFF
