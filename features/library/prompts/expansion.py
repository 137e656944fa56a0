"""Expands a template into prompts, after computing their number."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import prod

from core.refusals import Refused
from features.library.prompts.grammar import Slot, Template

MAX_PROMPTS = 400  # at once: the most rows of a board
MAX_CHARS = 20_000  # of one prompt with its values
MAX_CHARS_OF_ALL = 1_000_000  # a page and a board's plan hold all prompts
_SPELLED_OUT = 10**15


def count(template: Template, values: Mapping[str, str]) -> int:
    """Return how many prompts the template makes with these values by group."""
    return prod(1 if slot.key in values else slot.size for slot in template.slots)


def expand(template: Template, values: Mapping[str, str]) -> list[str]:
    """Return all prompts that the template makes, as many as `count` says.

    `values` has the chosen or typed texts by group. A group without value and alternatives stays
    as it was written, `{subject}`. Raises Refused if the prompts are too many or too long.
    """
    number = count(template, values)
    if number > MAX_PROMPTS:
        raise Refused(
            f"This makes {in_words(number)} prompts, and up to {MAX_PROMPTS} can be made at once. "
            "Choose one of some alternatives."
        )
    texts = {slot.key: _texts(slot, values) for slot in template.slots}
    longest = {key: max(options, key=len) for key, options in texts.items()}
    length = sum(
        len(longest[part.key] if isinstance(part, Slot) else part) for part in template.parts
    )
    if length > MAX_CHARS:
        raise Refused(
            f"A prompt would have {length:,} characters; the most is {MAX_CHARS:,}. Shorten the "
            "values, or use their names less often."
        )
    if length * number > MAX_CHARS_OF_ALL:
        raise Refused(
            f"These prompts would have {length * number:,} characters together; the most is "
            f"{MAX_CHARS_OF_ALL:,}. Shorten them, or make fewer at once."
        )
    return [
        "".join(choice[part.key] if isinstance(part, Slot) else part for part in template.parts)
        for values_of_one in product(*texts.values())
        for choice in [dict(zip(texts, values_of_one, strict=True))]
    ]


def in_words(number: int) -> str:
    """Return a number with digits in groups, or the magnitude of a very large number."""
    if number < _SPELLED_OUT:
        return f"{number:,}"
    return f"more than 10^{len(str(number)) - 1}"


def _texts(slot: Slot, values: Mapping[str, str]) -> list[str]:
    """Return the texts that a group stands for, in the order of its alternatives."""
    if slot.key in values:
        return [values[slot.key]]
    return list(slot.options) or [f"{{{slot.name}}}"]
