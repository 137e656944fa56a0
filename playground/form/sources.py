"""What a form can be filled in from: a preset, a run, a link's short id, the model's example."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.formats import date_format

from catalog.models import Endpoint
from playground.form import carrying, filling, mending
from playground.form.filling import Filled
from playground.models import Preset, Run, Share
from schemas.examples import example
from schemas.validation import validate

if TYPE_CHECKING:
    from django.contrib.auth.models import User

SHARE_ID = re.compile(r"[\w-]{1,16}", re.ASCII)
KINDS = ("preset", "run", "saved", "example")  # those that an address names, `?preset=12`


def fill(user: User, endpoint: Endpoint, what: str) -> Filled | None:
    """The form filled in from `preset:<id>`, `run:<uuid>`, `saved:<id>` or `example`.

    None where there is no such thing, or not for this person.
    """
    kind, _, key = what.partition(":")
    source = _SOURCES.get(kind)
    return source(user, endpoint, key) if source else None


def named(run: Run) -> str:
    """How a run is spoken of: `the run of 12 May, 14:03`."""
    return f"the run of {date_format(timezone.localtime(run.created_at), 'j F, H:i')}"


def mended(endpoint: Endpoint, arguments: Any, digest: str) -> Filled:
    """The form with what is in it made to fit, by the version of the schema that it was made for."""
    look = mending.look(endpoint, arguments, digest)
    if look is None:
        return replace(
            filling.from_arguments(endpoint, arguments), notice="All of it fits the model."
        )
    filled = filling.from_arguments(endpoint, look.arguments)
    return replace(filled, notice=mending.report(look.misfits))


def _preset(user: User, endpoint: Endpoint, key: str) -> Filled | None:
    if not key.isdecimal() or len(key) > 18:
        return None
    presets = Preset.objects.readable_by(user).select_related("endpoint")
    preset = presets.filter(pk=int(key)).first()
    if preset is None:
        return None
    digest = preset.schema_digest or mending.UNKNOWN
    name = f"“{preset.name}”"
    return _saved_arguments(endpoint, preset.endpoint, preset.arguments, digest, name)


def _saved(user: User, endpoint: Endpoint, key: str) -> Filled | None:
    if not SHARE_ID.fullmatch(key):
        return None
    share = Share.objects.filter(pk=key).select_related("endpoint", "user").first()
    if share is None:
        return None
    whose = "your" if share.user_id == user.pk else f"{share.user}'s"
    name = f"What {whose} link holds"
    return _saved_arguments(endpoint, share.endpoint, share.arguments, mending.UNKNOWN, name)


def _saved_arguments(
    endpoint: Endpoint, source: Endpoint, arguments: Any, digest: str, name: str
) -> Filled:
    if source.pk != endpoint.pk:
        carried = carrying.carry(endpoint, arguments)
        filled = filling.from_arguments(endpoint, carried.arguments)
        return replace(filled, notice=f"{name} is of {source.display_name}. {carried.notice}")
    return _of_this_model(endpoint, arguments, digest, f"{name} is filled in.")


def _of_this_model(endpoint: Endpoint, arguments: Any, digest: str, words: str) -> Filled:
    """What was made for the model, perhaps for an older version: as it is, with what does not fit."""
    filled = filling.from_arguments(endpoint, arguments)
    if filled.notice:
        return filled
    found = filling.model(endpoint)
    problems = [
        one
        for one in validate(found.contract, arguments, found.root)
        if one.path and one.path[0] in arguments
    ]
    look = mending.look(endpoint, arguments, digest)
    strange = [key for key in arguments if key not in {one.name for one in found.root.children}]
    filled = replace(filled, problems=problems)
    if look:
        words = f"{words} {mending.complaint(look.misfits)}"
        return filling.flagged(filled, words, digest, is_mendable=look.is_mendable)
    if strange and found.root.children:
        words = f"{words} Not in the model's schema: {', '.join(strange)}."
    return replace(filled, notice=words)


def _run(user: User, endpoint: Endpoint, key: str) -> Filled | None:
    try:
        pk = uuid.UUID(key)
    except ValueError:
        return None
    runs = (
        Run.objects.readable_by(user)
        .with_endpoint()
        .defer("logs", "output", "output_text", "metrics")
    )
    run = runs.filter(pk=pk).first()
    if run is None:
        return None
    if run.endpoint_id == endpoint.pk:
        words = f"The settings of {named(run)} are filled in."
        if run.schema_id != endpoint.schema_id and run.state != Run.State.FAILED:
            digest = run.schema_id or mending.UNKNOWN
            return _of_this_model(endpoint, run.arguments, digest, words)
        return replace(filling.from_run(endpoint, run), notice=words)
    carried = carrying.carry(endpoint, run.arguments)
    words = f"From {named(run)} on {run.endpoint.display_name}. {carried.notice}"
    return replace(filling.from_arguments(endpoint, carried.arguments), notice=words)


def _example(user: User, endpoint: Endpoint, key: str) -> Filled | None:
    arguments = example(filling.model(endpoint).root)
    if not arguments:
        return None
    filled = filling.from_arguments(endpoint, arguments)
    return replace(filled, notice="The model's own example is filled in.")


_SOURCES: dict[str, Callable[[Any, Endpoint, str], Filled | None]] = {
    "preset": _preset,
    "saved": _saved,
    "run": _run,
    "example": _example,
}
