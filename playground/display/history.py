"""Runs as the rows of a list, and of the bell's first tab: in progress or ended recently."""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import islice
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Q
from django.utils import timezone

from playground.display import renderers
from runs.file_kinds import KINDS
from runs.files import artifact_urls
from runs.files.own_addresses import OUR_ADDRESS
from runs.models import Artifact, Run
from runs.models.querysets import UNFINISHED, RunQuerySet
from runs.progress import watch_tokens
from runs.promises import places
from runs.promises.places import Place
from runs.results import error_messages

MAX_TRAY_ROWS = 500  # all are counted
ENDED_WITHIN = timedelta(hours=12)  # runs that ended earlier are not listed
MAX_VALUE_CHARS = 300
MAX_ROWS = 200  # of the input as a table; its JSON is shown below


@dataclass(frozen=True)
class Row:
    """One run in a list: its first picture or poster, watch token, and kind of result."""

    run: Run
    watch: str
    picture: renderers.ArtifactView | None
    seconds: float | None
    kind: str = ""
    may_cancel: bool = True
    may_delete: bool = True
    is_others: bool = False  # another user started it
    is_covered: bool = False  # the reader may only know that it happened

    @property
    def by(self) -> str:
        """Return the author of the run; empty if that is the reader."""
        return self.run.author if self.is_others else ""

    @property
    def reason(self) -> str:
        """Return why the run failed; empty if it did not, or if the row is covered."""
        if self.is_covered:
            return ""
        return error_messages.reason(self.run.error) if self.run.state == Run.State.FAILED else ""

    @cached_property
    def still(self) -> str:
        """Return the address of the picture's thumbnail; empty without a picture."""
        return (
            artifact_urls.thumbnail_url(self.picture.artifact, self.picture.src)
            if self.picture
            else ""
        )


def row(run: Run, view: str = "row") -> Row:
    """Return a run's row for a list in this view; its artifacts should be prefetched."""
    results = renderers.artifacts_with_urls(run)
    return Row(
        run,
        "" if run.is_final else watch_tokens.data_watch(run, view),
        _picture(results),
        seconds(run),
        next(
            (
                KINDS[result.artifact.kind].label
                for result in results
                if result.artifact.kind in KINDS
            ),
            "",
        ),
        watch_tokens.may(view, watch_tokens.CANCEL),
        watch_tokens.may(view, watch_tokens.DELETE),
        watch_tokens.is_of_others(view),
    )


def _picture(results: Sequence[renderers.ArtifactView]) -> renderers.ArtifactView | None:
    """The first file that has a thumbnail; starred files come first."""
    best_first = sorted(results, key=lambda result: not result.artifact.is_starred)
    has_still = (
        result for result in best_first if artifact_urls.thumbnail_url(result.artifact, result.src)
    )
    return next(has_still, None)


def item(run: Run, view: str) -> Row:
    """Return a run's row for a list without pictures."""
    watch = "" if run.is_final else watch_tokens.data_watch(run, view)
    return Row(run, watch, None, seconds(run))


def rows_for(user: User | AnonymousUser, runs: Iterable[Run]) -> list[Row]:
    """Return the rows of a list for this user, without actions that they may not perform."""
    viewer, all_runs = watch_tokens.Viewer(user), list(runs)
    covered = Run.objects.covered_among(user, all_runs)
    return [
        covered_row(run, viewer.view_of(run, "row"))
        if run.pk in covered
        else row(run, viewer.view_of(run, "row"))
        for run in all_runs
    ]


def covered_row(run: Run, view: str) -> Row:
    """Return the row of a run that the reader may only know to exist."""
    run.title = ""  # of the loaded instance, which is not saved
    run.is_starred = False
    return Row(
        run,
        "",
        None,
        seconds(run),
        may_cancel=watch_tokens.may(view, watch_tokens.CANCEL),
        may_delete=watch_tokens.may(view, watch_tokens.DELETE),
        is_others=True,
        is_covered=True,
    )


def seconds(run: Run) -> float | None:
    """Return the seconds from the run's creation to its end; None while it is in progress."""
    return run.took.total_seconds() if run.ended_at else None


@dataclass(frozen=True)
class ArgumentRow:
    """One argument as a line of text."""

    name: str
    value: str
    is_media: bool = False


def argument_rows(arguments: Any) -> list[ArgumentRow]:
    """Return the arguments as table rows; nested values are compact JSON."""
    if not isinstance(arguments, dict):
        return [ArgumentRow("input", json.dumps(arguments, ensure_ascii=False)[:MAX_VALUE_CHARS])]
    rows = []
    for name, value in islice(arguments.items(), MAX_ROWS):
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        is_media = isinstance(value, str) and OUR_ADDRESS.fullmatch(value) is not None
        rows.append(
            ArgumentRow(
                name[:MAX_VALUE_CHARS],
                text if len(text) <= MAX_VALUE_CHARS else f"{text[:MAX_VALUE_CHARS]}…",
                is_media,
            )
        )
    return rows


def newest_id(rows: Sequence[Row]) -> str:
    """Return the id of the first run in a list, which pages send as `?newest`."""
    return str(rows[0].run.pk) if rows else ""


def newest_moment(newest_first: Sequence[Run]) -> str:
    """Return when the newest run of a list was created, as ISO 8601; pages ask for later ones."""
    return (newest_first[0].created_at if newest_first else timezone.now()).isoformat()


def tray_runs(user: User | AnonymousUser, since: datetime | None) -> RunQuerySet:
    """Return the person's unfinished runs and those ended after `since`, newest first."""
    earliest = timezone.now() - ENDED_WITHIN
    is_ended_since = Q(ended_at__gt=max(since, earliest) if since else timezone.now())
    return Run.objects.kept().own(user).filter(Q(UNFINISHED) | is_ended_since).recent()


def tray_lines(
    user: User | AnonymousUser, since: datetime | None
) -> list[tuple[Place | None, list[Row]]]:
    """Return these runs as lines of the panel that the bell opens: one for each board or run.

    Ended runs come first, the newest first; then the others, the oldest first, which end earlier
    and are the ones that a page watches if there are many.
    """
    runs = list(tray_runs(user, since)[:MAX_TRAY_ROWS])
    runs = [run for run in runs if run.is_final] + [run for run in runs[::-1] if not run.is_final]
    boards = places.places_among(user, [run.pk for run in runs], "Board")
    lines: dict[object, tuple[Place | None, list[Row]]] = {}
    for run in runs:
        board = boards.get(run.pk)
        _, rows = lines.setdefault(board.address if board else run.pk, (board, []))
        rows.append(row(run, "tray") if run.is_final else item(run, "tray"))
    return list(lines.values())


def pictures_of(
    user: User | AnonymousUser, run_ids: Collection[uuid.UUID]
) -> Mapping[uuid.UUID, list[str]]:
    """Return the address of a small picture of each run's first file, if the user sees it.

    One query.
    """
    runs = Run.objects.shown_to(user).filter(pk__in=run_ids)
    firsts = Artifact.objects.filter(run__in=runs, position=0).defer("url")
    return {artifact.run_id: [artifact.still] for artifact in firsts if artifact.still}
