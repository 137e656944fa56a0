"""Settings that were made for an older version of a model's schema: whether they fit, and what mends them."""

from __future__ import annotations

from typing import Any

from catalog.models import Endpoint
from playground.form import filling
from playground.form.filling import Filled
from schemas.mending import Mended, Misfit, mend

UNKNOWN = "unknown"  # in place of a version, where settings do not say which one they were made for
_SHOWN = 4


def look(endpoint: Endpoint, arguments: Any, digest: str) -> Mended | None:
    """What no longer fits of arguments made under the schema of `digest`; None where all does."""
    if digest == (endpoint.schema_id or "") or not endpoint.schema_id:
        return None
    if not isinstance(arguments, dict):
        return None
    before = filling.former(endpoint, "" if digest == UNKNOWN else digest)
    found = mend(before, filling.model(endpoint), arguments)
    return found if found.misfits else None


def reminded(endpoint: Endpoint, filled: Filled) -> Filled:
    """A form that is drawn anew with nothing else to say: what of it was made for an older version does not fit."""
    digest = filling.made_for(filled.post)
    if not digest or filled.notice or filled.problems:
        return filled
    arguments, problems = filling.readable(endpoint, filled.post)
    found = None if problems else look(endpoint, arguments, digest)
    if found is None:
        return filled
    return filling.flagged(filled, complaint(found.misfits), digest, is_mendable=found.is_mendable)


def complaint(misfits: list[Misfit]) -> str:
    """What does not fit, in a sentence or two."""
    said = [f"{one.field} {one.said}" for one in misfits[:_SHOWN]]
    if len(misfits) > _SHOWN:
        said.append(f"and {len(misfits) - _SHOWN} more")
    return f"The model has changed since: {'; '.join(said)}."


def report(misfits: list[Misfit]) -> str:
    """What mending did, and what it left."""
    done = [f"{one.field} {one.mending}" for one in misfits if one.mending]
    left = [one.field for one in misfits if not one.mending]
    parts = [
        f"Repaired: {'; '.join(done[:12])}." if done else "Nothing could be repaired by itself."
    ]
    if left:
        parts.append(f"Still to be put right: {', '.join(dict.fromkeys(left))}.")
    return " ".join(parts)
