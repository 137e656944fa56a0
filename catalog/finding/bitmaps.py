"""Sets of places as whole numbers: and, or and count of a hundred thousand cost microseconds.

Place 0 is the highest bit, so that the number written in binary is the set in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

_FEW = 48
_FLAGS = bytes.maketrans(b"01", b"\x00\x01")


def of(places: Sequence[int], size: int) -> int:
    """The set of these places below `size`."""
    if len(places) < _FEW:
        bits = 0
        for place in places:
            bits |= 1 << (size - 1 - place)
        return bits
    signs = bytearray(b"0") * size
    for place in places:
        signs[place] = 49
    return int(signs, 2)


def everything(size: int) -> int:
    """The set of all places."""
    return (1 << size) - 1


def signs(bits: int, size: int) -> str:
    """The set written out: the sign at a place is `1` where it is in."""
    return format(bits, f"0{size}b") if size else ""


def flags(bits: int, size: int) -> bytes:
    """The set as a byte for each place: 1 where it is in."""
    return signs(bits, size).encode().translate(_FLAGS)


def places(bits: int, size: int) -> list[int]:
    """The places of a set, in order."""
    count = bits.bit_count()
    if count * 64 > size:
        return list(compress(range(size), flags(bits, size)))
    text = signs(bits, size)
    found = []
    place = -1
    for _ in range(count):
        place = text.find("1", place + 1)
        found.append(place)
    return found
