"""Sentences about files in an order: which one, and which ones a model does not take."""

from __future__ import annotations

NOUNS = {"image": "picture", "video": "film", "audio": "sound"}
_NUMBERS = ("none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


def number(count: int) -> str:
    """Return a number in words: `two`, `11`."""
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)


def ordinal(place: int) -> str:
    """Return the ordinal of a place, counted from 0: `first`, `9th`."""
    return _ORDINALS[place] if place < len(_ORDINALS) else f"{place + 1}th"


def unused(noun: str, used: int, count: int) -> str:
    """Return which of `count` files are left out: `The second picture is not used: …`."""
    if not used:
        unused_phrase = f"The {noun} is" if count == 1 else f"The {noun}s are"
    elif used + 1 == count:
        unused_phrase = f"The {ordinal(used)} {noun} is"
    else:
        unused_phrase = f"The {noun}s {used + 1} to {count} are"
    return f"{unused_phrase} not used: this model takes {number(used)}"
