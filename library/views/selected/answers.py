"""What a page says after something was done with a selection."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django_htmx.http import trigger_client_event

from core.formatting import counted
from runs.selections import listed_query

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest
    from library.selection import Chosen


def sentence(chosen: Chosen, done: str) -> str:
    """Return what was done with the results of a selection, and with how many it was not.

    `done` follows their number: "3 results" + "are starred".
    """
    number, left = len(chosen.results), chosen.out_of_reach
    verb = done if number != 1 else done.replace("are ", "is ", 1)
    words = f"{counted(number, 'result')} {verb}." if number else "Nothing was changed."
    if left:
        stay = "stays as it is: it is" if left == 1 else "stay as they are: they are"
        words += f" {left:,} {stay} gone, or not yours to change."
    if chosen.left_out:
        words += f" {counted(chosen.left_out, 'older run')} of the list were left out: that is more"
        words += " than one selection holds. Narrow the list, for example by a date."
    return words


def done(request: HtmxRequest, words: str, **event: object) -> HttpResponseBase:
    """Answer a verb: a toast that leaves the page as it is, or the list again with the words.

    With script the page gets the event `results:changed`, which `event` describes.
    """
    if request.htmx:
        response = trigger_client_event(HttpResponse(status=204), "toast", {"text": words})
        return trigger_client_event(response, "results:changed", event)
    messages.success(request, words)
    return redirect(back_to(request))


def back_to(request: HtmxRequest) -> str:
    """Return the address of the list with the filters that were posted beside the selection."""
    filters = listed_query(request)
    filters.pop("deleted", None)
    query = filters.urlencode()
    return reverse("library:runs") + (f"?{query}" if query else "")


def refuse(request: HtmxRequest, why: str) -> HttpResponse:
    """Answer that nothing was done, and why: a toast, or a page with the way back; 422."""
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if request.htmx:
        return trigger_client_event(HttpResponse(status=status), "toast", {"text": why})
    context = {"why": why, "back": back_to(request)}
    return render(request, "library/selected/refused.html", context, status=status)
