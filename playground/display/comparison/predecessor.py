"""The run that a run is most naturally compared with: what it repeats, or what came before it."""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, NamedTuple

from runs import starting
from runs.models import Run
from runs.models.querysets import RunQuerySet
from runs.starting import Source

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

_ORIGINAL = re.compile(
    rf"(?:{Source.RERUN}|{Source.VARIATION})-([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})-"
)


class Predecessor(NamedTuple):
    """A run to compare with, and which it is: `the run that it repeats`."""

    pk: uuid.UUID
    description: str


def predecessor_of(user: User | AnonymousUser, run: Run) -> Predecessor | None:
    """Return the run that a run was repeated from, else the one before it of its press or model.

    Only one that the user may read; None if there is none. Takes one query, up to three where the
    first ones are gone.
    """
    readable = Run.objects.readable_by(user).order_by("-created_at", "-pk")
    candidates: list[tuple[str, RunQuerySet]] = []
    if original := _ORIGINAL.match(run.form_token):
        is_rerun = starting.is_of(run, Source.RERUN)
        description = "the run that it repeats" if is_rerun else "the run that it varies"
        candidates.append((description, readable.filter(pk=original[1])))
    earlier = readable.filter(created_at__lt=run.created_at)
    if run.batch:
        candidates.append(("the variation before it", earlier.filter(batch=run.batch)))
    of_model = earlier.filter(user_id=run.user_id, endpoint_id=run.endpoint_id)
    candidates.append(("the run before it", of_model))
    for description, runs in candidates:
        if pk := runs.values_list("pk", flat=True).first():
            return Predecessor(pk, description)
    return None
