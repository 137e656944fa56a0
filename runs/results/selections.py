"""Parses a posted selection of results or runs: the ticked ones, or all that a list found."""

from __future__ import annotations

import uuid
from copy import copy
from typing import TYPE_CHECKING, NamedTuple

from django.http import QueryDict

from core.http.parameters import parse_uuid
from core.http.posts import hidden
from runs.promises.places import Places
from runs.promises.registry import registered

if TYPE_CHECKING:
    from django.http import HttpRequest

    from runs.models.querysets import RunQuerySet

RUN, ARTIFACT = "run", "artifact"  # <uuid>; <run uuid>/<position>
ALL, FILTERS = "all", "filters"  # `1`, and the query of the list beside the selection
MAX_FILTER_CHARS = 2000
MOST_COUNTED = 100_000


class RunKeys(NamedTuple):
    """The runs of a selection, and the number of runs in the list beyond the limit."""

    keys: list[uuid.UUID]
    left_out: int = 0


def run_keys(query: QueryDict) -> list[uuid.UUID]:
    """Return the runs of a posted selection, once each, in its order.

    They are named by `run=<uuid>`, or by one of their results, `artifact=<run uuid>/<position>`.
    Malformed values are left out.
    """
    of_results = (key.partition("/")[0] for key in query.getlist(ARTIFACT))
    texts = (*query.getlist(RUN), *of_results)
    return list(dict.fromkeys(key for text in texts if (key := parse_uuid(text))))


def posted_runs(request: HttpRequest, most: int) -> RunKeys:
    """Return the runs that a request selects, at most `most`; of a whole list, the newest."""
    runs = all_found(request)
    if runs is None:
        keys = run_keys(request.POST)
        return RunKeys(keys[:most], len(keys[most:]))
    return newest(runs, most)


def newest(runs: RunQuerySet, most: int) -> RunKeys:
    """Return the newest of these runs, at most `most`."""
    ordered = runs.order_by("-created_at", "pk").values_list("pk", flat=True)
    keys = list(ordered[: most + 1])
    if len(keys) <= most:
        return RunKeys(keys)
    return RunKeys(keys[:most], runs.order_by()[:MOST_COUNTED].count() - most)


def all_found(request: HttpRequest) -> RunQuerySet | None:
    """Return all runs of the list beside the selection; None if single ones were chosen."""
    if hidden(request, ALL) != "1":
        return None
    listing = copy(request)
    listing.GET = QueryDict(listed_query(request).urlencode())
    vars(listing).pop("_named_project", None)  # of the posted address
    lists = (owner.listed_runs(listing) for owner in registered(Places))
    return next((runs for runs in lists if runs is not None), None)


def listed_query(request: HttpRequest) -> QueryDict:
    """Return the query of the list beside the selection; may be changed."""
    return QueryDict(hidden(request, FILTERS)[:MAX_FILTER_CHARS], mutable=True)
