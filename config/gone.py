"""Pages that were removed in 0.3.0. Each answers 410 with a sentence and a link to what is kept.

The next version removes these rows. `api/contract/gone.py` has the operations of the API.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import NamedTuple

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.shortcuts import render

from core.http import errors


class Page(NamedTuple):
    """A removed page, or several with similar addresses."""

    address: str  # a regular expression of the path, without its first slash
    why: str  # the sentence that says what was removed, and where people find what they made
    link: str  # the address of the page to go on from
    link_text: str


PAGES: tuple[Page, ...] = (
    Page(
        r"flows/(account|of-model)/.*",
        "Workflows of the fal account have no pages of their own any more: each is a model.",
        "/models/?q=category:workflow",
        "Workflows among the models",
    ),
    Page(
        r"flows/(new|then|[0-9a-f-]{36}/(edit|then|copy))/",
        "Flows can be run and deleted, but no longer made or changed.",
        "/flows/",
        "All flows",
    ),
    Page(
        r"compare/(import/|[0-9a-f-]{36}/(board\.json|sheet/))",
        "Boards are exported as a table, and print as the report of their share. They are not "
        "imported.",
        "/compare/",
        "All boards",
    ),
    Page(
        r"changes/feed/.*",
        "What changed in the catalogue has no feed. The bell tells you of models that you use.",
        "/changes/",
        "What changed",
    ),
    Page(
        r"prompts/(import/|prompts\.(csv|json)|[0-9a-f-]{36}/versions/(\d+/recovery/)?)",
        "Prompts are not imported or exported any more, and each has its newest text only.",
        "/prompts/",
        "All prompts",
    ),
    Page(
        r"runs/[0-9a-f-]{36}/artifacts/\d+/like/",
        "Results are not compared by looks any more. Find them by words, model, series or date.",
        "/runs/",
        "All results",
    ),
    Page(
        r"runs/differences/",
        "What differs between tries stands beside them on the model's page; pin one there to see "
        "all others against it.",
        "/runs/",
        "All results",
    ),
    Page(
        r"restorations/models/",
        "Pictures of other programs are an input like any other: their recipes are not read.",
        "/restorations/",
        "Open a file that was made here",
    ),
    Page(
        r"training/weights/.*",
        "Weights are results: “Use as…” offers the models that take them. Those that were listed "
        "here are in series.",
        "/series/",
        "All series",
    ),
    Page(
        r"training/.*",
        "Data sets are series now, with their files and captions. A model's field for a ZIP packs "
        "one.",
        "/series/",
        "All series",
    ),
    Page(
        r"references/.*",
        "References are series now, with the name that prompts call them by. Earlier versions are "
        "series of their own.",
        "/series/",
        "All series",
    ),
    Page(
        r"checks(/.*)?",
        "Checks of models have left. The results of each are in a series; a board compares models.",
        "/series/",
        "All series",
    ),
    Page(
        r"admin/playground/projectkey/.*",
        "Projects have no fal keys of their own any more: the house's key sends every run. Budgets "
        "limit what a project spends.",
        "/spend/budgets/",
        "Budgets",
    ),
    Page(
        r"spend/(alarms|differences)/.*",
        "Alarms and differences have no pages any more. The bell tells you of a bill far above its "
        "estimate, and each run has its bill.",
        "/spend/runs/?order=dearest",
        "The dearest runs of this month",
    ),
    Page(
        r"spend/requests/",
        "Requests have no list any more. The inbox has those that wait for you, and your answers.",
        "/inbox/",
        "Inbox",
    ),
    Page(
        r"chats(/.*)?",
        "Chats have left. The answers of each are in a series with its title. Language models run "
        "on their own pages.",
        "/series/",
        "All series",
    ),
)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """Django's `handler404`: 410 for a removed page, otherwise the answer of `core.http.errors`."""
    path = request.path_info.removeprefix("/")
    for page in PAGES:
        if re.fullmatch(page.address, path):
            return render(request, "410.html", {"page": page}, status=HTTPStatus.GONE)
    return errors.page_not_found(request, exception)
