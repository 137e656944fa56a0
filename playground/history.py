"""The history: which runs a person looks for, and how each is shown in a line."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, TextField
from django.db.models.functions import Cast
from django.http import QueryDict
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from playground import live_marks, renderers, words
from playground.files import inputs, stills
from playground.models import Run
from playground.querysets import RunQuerySet

UNFINISHED = "unfinished"
STATES = [
    (UNFINISHED, "Under way"),
    *[(s.value, s.label) for s in (Run.State.UNCONFIRMED, *Run.FINAL)],
]
DAYS = {"1": "Today", "7": "Last 7 days", "30": "Last 30 days"}
SHOWN_VALUE = 300
KINDS = {"image": "Picture", "video": "Film", "audio": "Sound", "mesh": "3D", "file": "File"}


@dataclass(frozen=True)
class Filters:
    """What the address asks for; nonsense asks for nothing."""

    q: str = ""
    model: str = ""
    state: str = ""
    days: str = ""
    is_starred: bool = False
    before: datetime | None = None

    @classmethod
    def read(cls, get: QueryDict) -> Filters:
        """The filters in a query string."""
        state, days = get.get("state", ""), get.get("days", "")
        return cls(
            q=get.get("q", "").strip()[:200].replace("\x00", ""),
            model=get.get("model", "").strip()[:255].replace("\x00", ""),
            state=state if state in dict(STATES) else "",
            days=days if days in DAYS else "",
            is_starred=get.get("starred") == "1",
            before=moment(get.get("before", "")),
        )

    @property
    def day_choices(self) -> Mapping[str, str]:
        """What the date filter offers."""
        return DAYS

    @property
    def is_narrow(self) -> bool:
        """Whether anything is filtered out."""
        return bool(self.q or self.model or self.state or self.days or self.is_starred)

    def apply(self, runs: RunQuerySet) -> RunQuerySet:
        """Those of `runs` that fit."""
        if self.q:
            # The arguments are JSON text with non-ASCII escaped: look for the words as written there.
            escaped = json.dumps(self.q)[1:-1]
            runs = runs.annotate(arguments_text=Cast("arguments", TextField())).filter(
                Q(title__icontains=self.q) | Q(arguments_text__icontains=escaped)
            )
        if self.model:
            runs = runs.filter(endpoint__endpoint_id=self.model)
        if self.state == UNFINISHED:
            runs = runs.unfinished()
        elif self.state:
            runs = runs.filter(state=self.state)
        if self.days:
            runs = runs.filter(created_at__gt=timezone.now() - timedelta(days=int(self.days)))
        if self.is_starred:
            runs = runs.filter(is_starred=True)
        if self.before:
            runs = runs.filter(created_at__lt=self.before)
        return runs


@dataclass(frozen=True)
class Row:
    """One run in a list: its first picture or film, if any, how to watch it, and what it made."""

    run: Run
    watch: str
    picture: renderers.Shown | None
    seconds: float | None
    kind: str = ""

    @property
    def reason(self) -> str:
        """Why it failed; empty where it did not."""
        return words.reason(self.run.error) if self.run.state == Run.State.FAILED else ""

    @property
    def still(self) -> str:
        """The address of the picture in a size for lists; empty where there is none."""
        return stills.of(self.picture.artifact, self.picture.src) if self.picture else ""


def row(run: Run, view: str = "row") -> Row:
    """A run ready for a list, which shows it in this view; its artifacts were fetched with the others'."""
    found = renderers.shown(run)
    return Row(
        run,
        "" if run.is_final else live_marks.watch(run, view),
        next((one for one in found if stills.of(one.artifact, one.src)), None),
        seconds(run),
        next((KINDS[one.artifact.kind] for one in found if one.artifact.kind in KINDS), ""),
    )


def seconds(run: Run) -> float | None:
    """How long the run took from being asked for to its end."""
    return (run.ended_at - run.created_at).total_seconds() if run.ended_at else None


@dataclass(frozen=True)
class ArgumentRow:
    """One argument as a readable line."""

    name: str
    value: str
    is_media: bool = False


def argument_rows(arguments: Any) -> list[ArgumentRow]:
    """The arguments as a table; nested values as compact JSON."""
    if not isinstance(arguments, dict):
        return [ArgumentRow("input", json.dumps(arguments, ensure_ascii=False))]
    rows = []
    for name, value in arguments.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        is_media = isinstance(value, str) and inputs.OURS.fullmatch(value) is not None
        rows.append(
            ArgumentRow(
                name, text if len(text) <= SHOWN_VALUE else f"{text[:SHOWN_VALUE]}…", is_media
            )
        )
    return rows


def newest(rows: Sequence[Row]) -> str:
    """Which run a list begins with: what its page says that it has."""
    return str(rows[0].run.pk) if rows else ""


def since(newest_first: Sequence[Run]) -> str:
    """The moment after which a run is new to who was shown these."""
    return (newest_first[0].created_at if newest_first else timezone.now()).isoformat()


def moment(text: str) -> datetime | None:
    """A time in an address."""
    try:
        found = parse_datetime(text.replace(" ", "+"))
    except ValueError:
        return None
    return found if found and found.tzinfo else None
