"""Variations as one grid: each run of a batch with its results and seed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser, User

from playground.display import history, more_like, placeholder_size, renderers
from playground.models import Run
from playground.runs.progress import watch_tokens

MOST_PLACES = 4  # reserved in one tile


@dataclass(frozen=True)
class Variation:
    """One run of the grid: its results, or the places for them while it runs."""

    row: history.Row
    shown: list[renderers.Shown]
    texts: list[renderers.Text]
    places: list[placeholder_size.Size]
    seed: str
    may_star: bool = True
    may_delete: bool = False
    more: more_like.MoreLike | None = None  # None where it is not offered

    @property
    def is_any_starred(self) -> bool:
        """Whether one of its files is starred."""
        return any(one.artifact.is_starred for one in self.shown)

    @property
    def run(self) -> Run:
        """The run."""
        return self.row.run

    @property
    def watch(self) -> str:
        """The token to watch it with; empty once it has ended."""
        return self.row.watch


@dataclass(frozen=True)
class Batch:
    """The runs that one press started together, in order."""

    pk: uuid.UUID
    variations: list[Variation]

    @property
    def is_awaited(self) -> bool:
        """Whether a run may still change."""
        return any(one.run.is_awaited for one in self.variations)

    @property
    def title(self) -> str:
        """`4 variations`; `8 variations in 2 runs` where runs make several."""
        results = sum(max(len(one.shown), len(one.places), 1) for one in self.variations)
        runs = len(self.variations)
        return f"{results} variations" + (f" in {runs} runs" if results > runs else "")


def batch(pk: uuid.UUID, runs: Sequence[Run], user: User | AnonymousUser) -> Batch:
    """The grid of these runs for a person; their endpoints and artifacts should be loaded."""
    views = [watch_tokens.view_for(user, run, "variation") for run in runs]
    return Batch(pk, variations(runs, views))


def variation(run: Run, view: str = "variation") -> Variation:
    """A run in the grid; `view` as in `watch_tokens.view_for`."""
    return variations([run], [view])[0]


def variations(runs: Sequence[Run], views: Sequence[str]) -> list[Variation]:
    """Runs in the grid, each in the view of this name."""
    done = [run for run in runs if run.state == Run.State.SUCCEEDED and run.endpoint.is_runnable]
    more = dict(zip((run.pk for run in done), more_like.more_like_each(done), strict=True))
    return [_variation(run, view, more.get(run.pk)) for run, view in zip(runs, views, strict=True)]


def _variation(run: Run, view: str, more: more_like.MoreLike | None) -> Variation:
    is_done = run.state == Run.State.SUCCEEDED
    return Variation(
        history.row(run, view),
        renderers.shown(run) if is_done else [],
        renderers.texts(run) if is_done else [],
        [] if run.is_final else placeholder_size.sizes_of(run)[:MOST_PLACES],
        renderers.seed_of(run) or _requested_seed(run),
        watch_tokens.may(view, watch_tokens.STAR),
        run.is_final and watch_tokens.may(view, watch_tokens.DELETE),
        more if watch_tokens.may(view, watch_tokens.SEE) else None,
    )


def address(run: Run) -> str:
    """The model's page with the grid that a run belongs to on its stage."""
    return f"{run.endpoint.get_absolute_url()}?{urlencode({'batch': str(run.batch)})}"


def _requested_seed(run: Run) -> str:
    """The seed that was asked for, until the output says which one was used."""
    given = run.arguments.get("seed") if isinstance(run.arguments, dict) else None
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else ""
