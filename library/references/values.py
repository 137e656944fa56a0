"""What is typed of a reference, and what is wrong with it."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

from fal.db_safe import db_safe_text
from library.models import Reference
from schemas.uses import mentions
from schemas.uses.references import MAX_PICTURES

__all__ = ["MAX_DESCRIPTION_CHARS", "MAX_PICTURES", "Values", "problems", "read"]

MAX_DESCRIPTION_CHARS = 2_000
_RESERVED = {"me"}  # `@me/bottle` is one's own


class Values(NamedTuple):
    """A reference's own values besides its pictures."""

    name: str
    kind: str = Reference.Kind.PRODUCT
    description: str = ""
    lora: str = ""


def read(typed: Mapping[str, str]) -> Values:
    """Return the values that were typed, tidied."""
    kind = typed.get("kind", "")
    return Values(
        unicodedata.normalize(
            "NFC", " ".join(db_safe_text(typed.get("name", "")).split())
        ).removeprefix("@"),
        kind if kind in Reference.Kind.values else Reference.Kind.PRODUCT,
        " ".join(db_safe_text(typed.get("description", "")).split()),
        typed.get("lora", "").strip(),
    )


def problems(values: Values) -> dict[str, str]:
    """Return what prevents that the values are saved: a sentence by the name of the field."""
    wrong = {}
    if sentence := _name_problem(values.name):
        wrong["name"] = sentence
    if len(values.description) > MAX_DESCRIPTION_CHARS:
        wrong["description"] = (
            f"The description has {len(values.description):,} characters; the most is "
            f"{MAX_DESCRIPTION_CHARS:,}. It stands in prompts, so a sentence is best."
        )
    return wrong


def _name_problem(name: str) -> str:
    if not name:
        return "Give it a name, such as “bottle”: prompts call it @bottle."
    if len(name) > mentions.MAX_NAME_CHARS:
        return f"Keep the name to {mentions.MAX_NAME_CHARS} characters."
    if not mentions.NAME.fullmatch(name):
        return (
            "A name is letters, digits, - and _, begins with a letter and has no spaces: "
            f"“{name}” is none. Try “brand-bottle”."
        )
    if mentions.key_of(name) in _RESERVED:
        return "“@me” means your own. Choose another name."
    return ""
