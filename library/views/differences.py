"""The page that says what differs between two runs."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.http import Http404, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from library.differences.choice import choice_of
from library.differences.comparison import compare
from runs import selections
from runs.models import Run

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

MOST_NAMED = 50  # runs; the address would become too long
no_store = cache_control(private=True, no_store=True)


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def differences(request: HtmxRequest) -> HttpResponseBase:
    """Compare `?run=…&run=…`; the form for them, with 422 if what was given is not two runs.

    A list of runs posts those that are selected, the wall `artifact=<run>/<position>`; both are led
    to the address of their comparison.
    """
    if request.method == "POST":
        keys = [str(key) for key in selections.posted_runs(request, MOST_NAMED).keys]
        chosen = urlencode({"run": keys}, doseq=True)
        return redirect(f"{reverse('library:differences')}?{chosen}")
    choice = choice_of(request.GET.getlist("run"))
    if choice.keys is None:
        status = HTTPStatus.UNPROCESSABLE_ENTITY if choice.is_wrong else HTTPStatus.OK
        return render(request, "library/differences/choice.html", {"choice": choice}, status=status)
    readable = Run.objects.readable_by(request.user).with_endpoint()
    loaded = readable.light("arguments", "output", "metrics").prefetch_related("artifacts")
    by_key = loaded.in_bulk(choice.keys)
    if len(by_key) < len(choice.keys):
        raise Http404("No such run.")
    comparison = compare(*(by_key[key] for key in choice.keys))
    context = {"comparison": comparison, "panes": comparison.panes, "kind": comparison.kind}
    return render(request, "library/differences/differences.html", context)
