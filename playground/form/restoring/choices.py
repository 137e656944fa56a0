"""Lists the forms that a person may choose from, by the sources that fill them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from core.http.parameters import parse_uuid
from runs import starting
from runs.files.artifact_urls import artifact_url, thumbnail_url
from runs.models import Run, Share

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MOST = 24


@dataclass(frozen=True)
class Choice:
    """One form: what it is of, its model's name, the filled-in page, and a picture."""

    title: str
    model: str
    address: str
    picture: str = ""


def of(user: User, fills: Sequence[str]) -> list[Choice]:
    """Return the choices for sources `run:<uuid>` and `recipe:<id>`, without those not to be read.

    Three queries at most.
    """
    parts = [fill.partition(":") for fill in fills[:MOST]]
    runs = {pk for kind, _, key in parts if kind == "run" and (pk := parse_uuid(key))}
    rows = {key for kind, _, key in parts if kind == "recipe"}
    choices: dict[str, Choice] = {}
    if runs:
        visible = Run.objects.visible_to(user).filter(pk__in=runs).recent()
        choices |= {f"run:{run.pk}": of_run(run) for run in visible}
    if rows:
        shares = Share.objects.filter(pk__in=rows, user=user).select_related("endpoint")
        choices |= {f"recipe:{share.pk}": _of_share(share) for share in shares}
    return [choices[fill] for fill in fills[:MOST] if fill in choices]


def of_run(run: Run) -> Choice:
    """Return the choice of a run's settings; its endpoint and artifacts should be loaded."""
    stills = (thumbnail_url(one, artifact_url(one)) for one in run.artifacts.all())
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
