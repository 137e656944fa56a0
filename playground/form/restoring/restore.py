"""Finds the settings that made a file: by its content first, then by a recipe in it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING
from urllib.parse import urlencode

from core.http.parameters import parse_uuid
from playground.form.restoring.by_content import NotFound, Outcome, by_digest
from playground.form.restoring.by_recipe import by_recipe
from runs.files.artifact_urls import artifact_url, thumbnail_url
from runs.models import Run, Share
from runs.start import starting

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST_FILE_BYTES = 2 << 30
MOST = 24


def by_file(user: User, file: IO[bytes], size_bytes: int) -> Outcome:
    """Find the settings that made an open file.

    Raises NotFound, and ValueError for a broken recipe or a file that is too large.
    """
    if size_bytes > MOST_FILE_BYTES:
        raise ValueError("This file is too large to look up.")
    file.seek(0)
    digest = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    try:
        by_content = by_digest(user, digest)
    except NotFound:
        restored = by_recipe(user, file, size_bytes)
        if restored is None:
            raise
        return restored
    if by_content.is_weak:  # an upload, which may carry a recipe as well
        with suppress(ValueError):
            return by_recipe(user, file, size_bytes) or by_content
    return by_content


@dataclass(frozen=True)
class Choice:
    """One form: its title, its model's name, the address of the filled-in page, and a picture."""

    title: str
    model: str
    address: str
    picture: str = ""


def choices_of(user: User, fills: Sequence[str]) -> list[Choice]:
    """Return the choices for sources `run:<uuid>` and `recipe:<id>` that the user may read.

    Three queries at most.
    """
    parts = [fill.partition(":") for fill in fills[:MOST]]
    runs = {pk for kind, _, key in parts if kind == "run" and (pk := parse_uuid(key))}
    rows = {key for kind, _, key in parts if kind == "recipe"}
    choices: dict[str, Choice] = {}
    if runs:
        visible = Run.objects.visible_to(user).filter(pk__in=runs).recent()
        choices |= {f"run:{run.pk}": choice_of_run(run) for run in visible}
    if rows:
        shares = Share.objects.filter(pk__in=rows, user=user).select_related("endpoint")
        choices |= {f"recipe:{share.pk}": _of_share(share) for share in shares}
    return [choices[fill] for fill in fills[:MOST] if fill in choices]


def choice_of_run(run: Run) -> Choice:
    """Return the choice of a run's settings; its endpoint and artifacts should be loaded."""
    stills = (thumbnail_url(artifact, artifact_url(artifact)) for artifact in run.artifacts.all())
    return Choice(
        run.title or run.endpoint.name,
        run.endpoint.name,
        f"{run.endpoint.get_absolute_url()}?run={run.pk}",
        next((still for still in stills if still), ""),
    )


def _of_share(share: Share) -> Choice:
    return Choice(
        starting.title(share.arguments) or share.endpoint.name,
        share.endpoint.name,
        f"{share.endpoint.get_absolute_url()}?{urlencode({'recipe': share.pk})}",
    )
