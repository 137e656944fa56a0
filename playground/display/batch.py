"""A batch of variations as one grid: each run with its results and seed."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser, User

from core.formatting import counted
from playground.display import history, placeholder_size, renderers
from playground.display.result import caption
from playground.variations import MoreLike, offer_more_like_each
from runs.models import Run
from runs.progress import watch_tokens
from runs.results import excerpts

MOST_PLACES = 4  # placeholders in one tile


@dataclass(frozen=True)
class Variation:
    """One run of the grid: its results, or placeholders for them while it is in progress."""

    row: history.Row
    shown: list[renderers.ArtifactView]
    texts: list[renderers.Text]
    places: list[placeholder_size.Size]
    seed: str
    may_star: bool = True
    may_delete: bool = False
    more: MoreLike | None = None  # None: no button

    @property
    def is_any_starred(self) -> bool:
        """Whether one of its files is starred."""
        return any(result.artifact.is_starred for result in self.shown)

    @property
    def run(self) -> Run:
        """Return the run."""
        return self.row.run

    @property
    def watch(self) -> str:
        """Return the token that watches the run; empty once it has ended."""
        return self.row.watch


@dataclass(frozen=True)
class Batch:
    """The runs that were started by one press of the button, in order."""

    pk: uuid.UUID
    variations: list[Variation]

    @property
    def is_awaited(self) -> bool:
        """Whether any of its runs may still change."""
        return any(variation.run.is_awaited for variation in self.variations)

    @property
    def prompt(self) -> str:
        """Return the prompt of the first run."""
        return caption.prompt_of(self.variations[0].run)

    @property
    def billed(self) -> str:
        """Return the total cost of the runs."""
        return caption.billed_together([variation.run for variation in self.variations])

    @property
    def title(self) -> str:
        """Return `4 variations`, or `8 variations in 2 runs` where runs return several results."""
        results = sum(
            max(len(variation.shown), len(variation.places), 1) for variation in self.variations
        )
        runs = len(self.variations)
        title = counted(results, "variation")
        return f"{title} in {counted(runs, 'run')}" if results > runs else title


def batch(pk: uuid.UUID, runs: Sequence[Run], user: User | AnonymousUser) -> Batch:
    """Return the grid of these runs for a user; endpoints and artifacts should be loaded."""
    viewer = watch_tokens.Viewer(user)
    views = [viewer.view_of(run, "variation") for run in runs]
    return Batch(pk, variations(runs, views))


def variation(run: Run, view: str = "variation") -> Variation:
    """Return a run as a tile of the grid; `view` as in `watch_tokens.view_for`."""
    return variations([run], [view])[0]


def variations(runs: Sequence[Run], views: Sequence[str]) -> list[Variation]:
    """Return runs as tiles of the grid, each in the view at the same position of `views`."""
    done = [run for run in runs if run.state == Run.State.SUCCEEDED]
    ready = [run for run in done if run.endpoint.is_runnable and run.arguments is not None]
    plans = dict(zip((run.pk for run in ready), offer_more_like_each(ready), strict=True))
    excerpts_of_large = excerpts.texts_of(run for run in done if run.output is None)
    return [
        _variation(run, view, plans.get(run.pk), excerpts_of_large.get(run.pk, ""))
        for run, view in zip(runs, views, strict=True)
    ]


def _variation(run: Run, view: str, more_like_run: MoreLike | None, excerpt: str) -> Variation:
    is_done = run.state == Run.State.SUCCEEDED
    texts = renderers.excerpt(excerpt) if excerpt else renderers.texts(run) if is_done else []
    return Variation(
        history.row(run, view),
        renderers.artifacts_with_urls(run) if is_done else [],
        texts,
        [] if run.is_final else placeholder_size.sizes_of(run)[:MOST_PLACES],
        renderers.seed_of(run) or caption.requested_seed(run),
        watch_tokens.may(view, watch_tokens.STAR),
        run.is_final and watch_tokens.may(view, watch_tokens.DELETE),
        more_like_run if watch_tokens.may(view, watch_tokens.SEE) else None,
    )


def address(run: Run) -> str:
    """Return the address of the model's page with the run's batch on its stage."""
    return f"{run.endpoint.get_absolute_url()}?{urlencode({'batch': str(run.batch)})}"
