"""The pages of checks: the list, a new one, and one with its results and its question."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from core.http.posts import hidden
from core.refusals import Refused
from features.retirement import checking
from features.retirement.check_form import CheckForm
from features.retirement.models import ModelCheck
from playground.display import tiles
from projects.kept.resource import Resource
from runs.models import Run

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

MOST_OFFERED = 12
TAKES = ("Original", "Now", "Now, again")


class Checks(Resource[ModelCheck]):
    """Checks of models; members see them, makers answer them."""

    model, form = ModelCheck, CheckForm
    parts = ("list", "new", "page", "deletion")
    at, list_route = "checks/", "retirement:checks"
    about = (
        "A check runs kept inputs again, every month and when the model changes, and asks you "
        "whether the results are still the same. Begin one on a model's page: “What uses it”."
    )
    row_template = "features/retirement/_check_row.html"
    page_template = "features/retirement/check.html"
    form_template = "features/retirement/new_check.html"

    def rows(self) -> Any:
        """Return the checks with their models."""
        return super().rows().select_related("endpoint", "project", "user")

    def page_context(self, request: HtmxRequest, row: ModelCheck) -> Mapping[str, Any]:
        """Return the results of each input that the user may see, beside its original."""
        rows = [*row.runs.all()]
        runs = Run.objects.visible_to(request.user).filter(pk__in=[one.run_id for one in rows])
        run_by_key = {run.pk: run for run in runs.recent()}
        inputs: dict[int, list[tuple[str, tiles.Tile | None]]] = {}
        for one in rows:
            run = run_by_key.get(one.run_id)
            results = inputs.setdefault(one.place, [])
            results.append((TAKES[one.take], tiles.tile(run) if run else None))
        return {"inputs": [*inputs.values()]}

    def form_context(self, request: HtmxRequest, form: CheckForm) -> Mapping[str, Any]:
        """Return the model and the results that the form offers, each with its tile."""
        chosen = {str(key) for key in form["run"].value() or ()}
        runs = form.offered.light()[:MOST_OFFERED]
        offered = [(tile, str(tile.run.pk) in chosen) for tile in tiles.tiles_of(runs)]
        return {"endpoint": form.model, "offered": offered, "most": checking.MOST_INPUTS}

    def initial(self, request: HtmxRequest) -> dict[str, Any]:
        """Return the model from the URL, and a limit."""
        return {"limit_usd": 1} | super().initial(request)

    def announce_save(self, request: HtmxRequest, row: ModelCheck, form: Any) -> None:
        """Add a message about the first round."""
        messages.success(request, "The check is saved. Its first round begins in a moment.")


CHECKS = Checks()


@require_POST
def answer(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Answer the latest round: the results are `same` or `different`."""
    check: ModelCheck = CHECKS.find_changeable(request, pk)
    try:
        is_different = hidden(request, "answer") == ModelCheck.State.DIFFERENT
        checking.answer(check, request.user, is_different=is_different)
    except Refused as refusal:
        messages.info(request, str(refusal))
    return redirect(check)
