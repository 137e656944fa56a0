"""Joins the films of one line of descent, each of which goes on from a frame of the one before."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING

from catalog.models import Revision
from catalog.related.use_index import uses
from features.library import pictures
from features.library.descent import Lineage
from features.library.selection import ResultKey
from playground.display.navigation.destinations import Place
from playground.display.navigation.offers import place
from playground.form.prefill import place_of_run
from projects import current, roles
from projects.rules import gallery
from runs.models import Artifact, Run
from schemas.meanings import operations_of

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

OPERATION = "merge"


def films_of(lineage: Lineage, run: Run) -> list[ResultKey]:
    """Return the films that lead to a run's film by their frames, it, and the newest ones after it.

    A film that was made of a whole film, such as an upscaled one, takes its place.
    """
    until_here = [*_back(lineage, run.pk)][::-1]
    return [*until_here, *_onward(lineage, run.pk)][-pictures.MOST :]


def offer(request: HtmxRequest, films: list[ResultKey]) -> Place | None:
    """Return the form of a model that merges films, with these filled in.

    None for a single film, without such a model, or if the project's rules lock all of them.
    """
    if len(films) < 2:
        return None
    project = place_of_run.project_of(request.user, films[-1].run) or current.current(request)
    if roles.refusal_to_make(request.user, project):
        return None
    index = uses(Revision.current())
    locks = gallery.locks_in(project, Revision.current())
    takers = {
        taker.key: taker
        for of_use in index.takers("video").values()
        for taker in of_use
        if pictures.takes_several(taker)
        and taker.key not in locks.reasons
        and not index.need(taker.key, path=taker.input.path)
    }
    cards = index.search.cards(takers)
    merging = [key for key in cards if OPERATION in operations_of(cards[key].endpoint_id)]
    best = min(merging, key=index.search.places.__getitem__, default=None)
    if best is None:
        return None
    return place(cards[best], pictures.address_in(cards[best], takers[best], films), locks)


def _back(lineage: Lineage, key: uuid.UUID) -> Iterator[ResultKey]:
    """Yield the film of a run, and those before it."""
    position, passed = None, set[uuid.UUID]()
    is_shown = True
    while key in lineage.runs and key not in passed:
        passed.add(key)
        film = _film(lineage.runs[key], position)
        if film is None:
            return
        if is_shown:
            yield film
        sources = lineage.made_of[key]
        frames = (lineage.uploads[source] for source in sources if source in lineage.uploads)
        frame = next((frame for frame in frames if frame.origin_run), None)
        if frame and frame.origin_run:
            key, position, is_shown = frame.origin_run, frame.origin_position, True
        else:  # made of a whole film, whose place it takes
            key = next((source for source in sources if source in lineage.runs), key)
            position, is_shown = None, False


def _onward(lineage: Lineage, key: uuid.UUID) -> Iterator[ResultKey]:
    """Yield the newest film that goes on from a run's film, and so on."""
    passed = {key}
    while True:
        frames = {pk for pk, frame in lineage.uploads.items() if frame.origin_run == key}
        later = (
            run
            for pk, run in lineage.runs.items()
            if pk not in passed and frames.intersection(lineage.made_of[pk]) and _film(run)
        )
        newest = max(later, key=lambda run: run.created_at, default=None)
        film = newest and _film(newest)
        if not film:
            return
        yield film
        key = film.run
        passed.add(key)


def _film(run: Run, position: int | None = None) -> ResultKey | None:
    """Return a run's film at a position, by default a starred one or the first."""
    films = [
        file
        for file in run.artifacts.all()
        if file.kind == "video" and file.state != Artifact.State.LOST
    ]
    films.sort(key=lambda film: (film.position != position, not film.is_starred))
    return ResultKey(run.pk, films[0].position) if films else None
