"""Variations as one grid: each run of a batch with its results and seed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser, User

from playground.display import history, placeholder_size, renderers
from playground.models import Run
from playground.runs import watch_tokens

MOST_PLACES = 4  # reserved in one tile


@dataclass(frozen=True)
class Variation:
    """One run of the grid: its results, or the places for them while it runs."""

    row: history.Row
    shown: list[renderers.Shown]
    texts: list[renderers.Text]
    places: list[placeholder_size.Size]
    seed: str

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
    views = (watch_tokens.view_for(user, run, "variation") for run in runs)
    return Batch(pk, [variation(run, view) for run, view in zip(runs, views, strict=True)])


def variation(run: Run, view: str = "variation") -> Variation:
    """A run in the grid; `view` as in `watch_tokens.view_for`."""
    is_done = run.state == Run.State.SUCCEEDED
    return Variation(
        history.row(run, view),
        renderers.shown(run) if is_done else [],
        renderers.texts(run) if is_done else [],
        [] if run.is_final else placeholder_size.sizes_of(run)[:MOST_PLACES],
        renderers.seed_of(run) or _asked_seed(run),
    )


def address(run: Run) -> str:
    """The model's page with the grid that a run belongs to on its stage."""
    return f"{run.endpoint.get_absolute_url()}?{urlencode({'batch': str(run.batch)})}"


def _asked_seed(run: Run) -> str:
    """The seed that was asked for, until the output says which one was used."""
    given = run.arguments.get("seed") if isinstance(run.arguments, dict) else None
    return str(given) if isinstance(given, int) and not isinstance(given, bool) else ""
