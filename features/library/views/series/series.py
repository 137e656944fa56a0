"""The pages of series: the list, one series in its order, and changes of its items."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from catalog.schema_versions import version_of
from core.http.caching import no_store
from core.http.parameters import parse_uuid
from core.http.posts import hidden, is_posted
from core.refusals import Refused
from features.library import selection
from features.library.models import Series
from features.library.prompts.using import endpoint_named
from features.library.search.conditions import SERIES as SERIES_CONDITION
from features.library.search.conditions import Condition
from features.library.series import display as shown_series
from features.library.series import filling, items, mentions
from features.library.series.filling import MAX_FIELD_CHARS
from features.library.series.form import SeriesForm
from features.library.series.items import NameForm
from features.library.views import selection_actions
from projects import current, roles
from projects.kept.resource import Resource
from runs.results import selections
from schemas.uses.archives import rules_at
from schemas.uses.mentioned import MAX_PICTURES

if TYPE_CHECKING:
    from django.core.paginator import Page

    from catalog.models import Endpoint
    from core.http.htmx import HtmxRequest
    from schemas.uses.archives import Rules

MAX_OFFERED = 200


class AllSeries(Resource[Series]):
    """Series, each with a cover; `?for=<model>&field=` chooses one for a model's form.

    A field that takes a ZIP gets its contents packed; other fields, and the prompt, its mention.
    """

    model, form = Series, SeriesForm
    at, list_route = "series/", "library:all-series"
    on_page = 48
    list_template = "features/library/series/index.html"
    page_template = "features/library/series/series.html"

    def rows_of_list(self, request: HtmxRequest) -> Any:
        """Return the project's series, or those that the model's form can mention."""
        endpoint, field = _taker(request)
        if endpoint is None or _rules(endpoint, field):
            return super().rows_of_list(request)
        return self.rows().mentioned_in(current.current(request), request.user)

    def list_context(self, request: HtmxRequest, page: Page[Series]) -> Mapping[str, Any]:
        """Return the cards, each with the address that it leads to."""
        keys = [row.pk for row in page.object_list]
        endpoint, field = _taker(request)
        project = current.current(request)
        cards = shown_series.cards(request.user, Series.objects.filter(pk__in=keys))
        is_for_zip = endpoint is not None and _rules(endpoint, field) is not None
        return {
            "cards": [
                (
                    card,
                    filling.address_in(endpoint, card.series, project, field)
                    if endpoint and not is_for_zip
                    else card.series.get_absolute_url(),
                )
                for card in sorted(cards, key=lambda card: keys.index(card.series.pk))
            ],
            "endpoint": endpoint,
            "field": field,
            "is_for_zip": is_for_zip,
        }

    def page_context(self, request: HtmxRequest, row: Series) -> Mapping[str, Any]:
        """Return its items in their order, and what its name for prompts means here."""
        contents = shown_series.contents_of(request.user, row)
        is_cut = len(contents) == shown_series.MAX_SHOWN
        gaps = sum(item.is_gap for item in contents)
        context = {
            "contents": contents,
            "number": len(contents) - gaps,
            "gaps": gaps,
            "search_for_all": Condition(SERIES_CONDITION, (row.name,)).word if is_cut else "",
            "takes_new_results": row.destinations.filter(endpoint=None, board=None).exists(),
        }
        if row.mention:
            namesakes = Series.objects.namesakes(request.user, row.project, row.mention)
            context["used_by_prompts"] = MAX_PICTURES if len(contents) > MAX_PICTURES else 0
            context["mention"] = mentions.mention_of(row, request.user, row.project)
            context["is_one_of_several"] = namesakes.exclude(pk=row.pk).exists()
        return context

    def announce_save(self, request: HtmxRequest, row: Series, form: SeriesForm) -> None:
        """Add a message on how to use its name for prompts, if it has a new one."""
        is_named = bool(row.mention) and "mention" in form.changed_data
        hint = f" Write @{row.mention} in any prompt." if is_named else ""
        messages.success(request, f"“{row}” is saved.{hint}")


SERIES = AllSeries()


def _taker(request: HtmxRequest) -> tuple[Endpoint | None, str]:
    """Return the model, and the control of its form, for which a series is chosen."""
    endpoint = endpoint_named(request.GET.get("for", ""))
    return endpoint, request.GET.get("field", "")[:MAX_FIELD_CHARS]


def _rules(endpoint: Endpoint, field: str) -> Rules | None:
    """Return the rules of the model's field for a ZIP; None if it takes none."""
    return rules_at(version_of(endpoint).root, field, endpoint.endpoint_id)


@require_POST
def additions(request: HtmxRequest) -> HttpResponseBase:
    """Add the posted results and uploads to the series with the key `series` or the name `named`.

    A new name creates a series. Without either, or with `choose`, show the form to choose one.
    """
    try:
        posted = selection.posted(request)
    except Refused as refusal:
        return selection_actions.refuse(request, str(refusal))
    form = NameForm(request.POST if hidden(request, "named") else None)
    is_chosen = form.is_bound or hidden(request, "series")
    if is_posted(request, "choose") or not is_chosen:
        return _form(request, posted, NameForm())
    try:
        series = _chosen(request, form)
        added_results = items.add(request.user, series, posted)
    except Refused as refusal:
        if request.htmx:
            return selection_actions.refuse(request, str(refusal))
        return _form(request, posted, form, "" if form.errors else str(refusal))
    message = selection_actions.sentence(added_results, f"are in the series “{series.name}”")
    if request.htmx:
        return selection_actions.done(request, message, kept=True)
    messages.success(request, message)
    return redirect(series)


def _chosen(request: HtmxRequest, form: NameForm) -> Series:
    if form.is_bound:
        return items.find_or_create(request.user, current.current(request), form)
    pk = parse_uuid(hidden(request, "series"))
    series = Series.objects.taking_results_of(request.user).filter(pk=pk).first() if pk else None
    if series is None:
        raise Refused("That series no longer exists. Choose another one, or create a new one.")
    return series


@require_safe
@no_store
def offered(request: HtmxRequest) -> HttpResponse:
    """Render the names of the project's series as options, to suggest while typing."""
    of_project = Series.objects.taking_results_of(request.user).filter(
        project=current.current(request)
    )
    context = {"offered": of_project[:MAX_OFFERED]}
    return render(request, "features/library/series/_options.html", context)


def _form(
    request: HtmxRequest, posted: selection.Selection, form: NameForm, error: str = ""
) -> HttpResponse:
    project = current.current(request)
    offered_series = sorted(
        Series.objects.taking_results_of(request.user)[:MAX_OFFERED],
        key=lambda series: series.project_id != project.pk,
    )
    context = {
        "posted": posted.fields,
        "number": len(posted),
        "offered": offered_series,
        "form": form,
        "error": error,
        "why_not": roles.refusal_to_make(request.user, project),
        "filters": selections.listed_query(request).urlencode(),
        "back": selection_actions.back_to(request),
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if error or form.errors else HTTPStatus.OK
    return render(request, "features/library/selected/additions.html", context, status=status)
