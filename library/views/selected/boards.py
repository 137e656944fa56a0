"""Takes selected results to where they are compared: two side by side, more on a board."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from core.refusals import Refused
from library import selection
from library.views.selected import answers
from runs.models import Run

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest
    from library.selection import Chosen

PAIR = 2
MOST_NAMED = 100  # results in the address of a plan
KINDS = ("inputs", "pictures")


@require_POST
def comparison(request: HtmxRequest) -> HttpResponseBase:
    """Show what differs between two runs; plan a board with the inputs of more."""
    try:
        chosen = _chosen(request)
        keys = chosen.run_keys
        if len(keys) < PAIR:
            raise Refused("Select results of two runs or more to compare them.")
    except Refused as refused:
        return answers.refuse(request, str(refused))
    if len(keys) == PAIR:
        query = urlencode({"run": [str(key) for key in keys]}, doseq=True)
        return redirect(f"{reverse('library:differences')}?{query}")
    return redirect(_plan(chosen, KINDS[0]))


@require_POST
def board(request: HtmxRequest) -> HttpResponseBase:
    """Plan a board with the inputs of the posted results, or with their pictures as an axis."""
    try:
        chosen = _chosen(request)
    except Refused as refused:
        return answers.refuse(request, str(refused))
    of = request.POST.get("of", "")
    return redirect(_plan(chosen, of if of in KINDS else KINDS[0]))


def _chosen(request: HtmxRequest) -> Chosen:
    chosen = selection.choose(selection.posted(request), Run.objects.readable_by(request.user))
    if not chosen.results:
        raise Refused("None of these results is there any more, or yours to see.")
    return chosen


def _plan(chosen: Chosen, of: str) -> str:
    named = [str(result) for result in chosen.results[:MOST_NAMED]]
    return f"{reverse('boards:plan')}?{urlencode({'of': of, 'result': named}, doseq=True)}"
