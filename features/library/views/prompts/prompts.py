"""The pages of prompts: the list with its facets, a prompt with its results, its form."""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from accounts.limits.rate_limit import limit
from core.db.name_order import sort_key
from core.http.caching import no_store
from core.http.parameters import search_words
from core.http.posts import controls
from core.refusals import Refused
from fal.db_safe import db_safe_text
from features.library.models import Prompt, PromptTag
from features.library.prompts import using
from features.library.prompts.form import PromptForm, folder_of
from playground.display import tiles
from projects import current
from projects.kept.resource import Resource
from runs.models import Run

if TYPE_CHECKING:
    from django.core.paginator import Page

    from core.http.htmx import HtmxRequest
    from features.library.models.prompt import PromptQuerySet

SHOWN = 20  # of the prompts that a template makes; the others are folded
RECENT_RUNS, RECENT_MODELS = 100, 8
MAX_TAGS_SHOWN = 40
OFFERED = 12
MAX_FIELD_CHARS = 100


@dataclass(frozen=True)
class Facet:
    """A folder or tag with the number of its prompts; `depth` is for folders."""

    name: str
    label: str
    number: int
    is_chosen: bool
    depth: int = 0


class Prompts(Resource[Prompt]):
    """Prompts by words, folder and tag; `?for=` and `?field=` choose one for a model's field."""

    model, form = Prompt, PromptForm
    at, list_route = "prompts/", "library:prompts"
    filters = ("q", "folder", "tag")
    list_template = "features/library/prompts/index.html"
    row_template = "features/library/prompts/_row.html"
    page_template = "features/library/prompts/prompt.html"

    def rows(self) -> Any:
        """Return the prompts with their tags."""
        return super().rows().prefetch_related("tags")

    def search_rows(self, rows: PromptQuerySet, request: HtmxRequest) -> PromptQuerySet:
        """Return the prompts that match `q`, `folder` and `tag`."""
        rows = super().search_rows(rows, request)
        folder, tag = _folder(request), _tag(request)
        rows = rows.below(folder) if folder else rows
        return rows.filter(tags__name=tag) if tag else rows

    def list_context(self, request: HtmxRequest, page: Page[Prompt]) -> Mapping[str, Any]:
        """Return the facets, and the field for which a prompt is chosen."""
        all_rows = current.rows_in_scope(Prompt.objects.kept(), request)
        carried = {name: request.GET[name] for name in ("for", "field") if request.GET.get(name)}
        return {
            "folder": _folder(request),
            "tag": _tag(request),
            "folders": _folders(all_rows, _folder(request)),
            "tags": _tags(all_rows, _tag(request)),
            "endpoint": using.endpoint_named(request.GET.get("for", "")),
            "field": request.GET.get("field", "")[:200],
            "address_suffix": f"?{urlencode(carried)}" if carried else "",
        }

    def page_context(self, request: HtmxRequest, row: Prompt) -> Mapping[str, Any]:
        """Return the prompts that it makes with the address's values, and its latest results."""
        is_asked = "use" in request.GET
        use = using.read(row, request.GET, is_asking=is_asked)
        model_name = request.GET.get("for", "").strip()
        endpoint = using.endpoint_named(model_name)
        is_whole = all(item.value or item.slot.options for item in use.controls)
        field = request.GET.get("field", "")[:200]
        target = None
        if endpoint and is_whole and use.texts:
            target = using.target(use, endpoint, field, current.current(request))
        is_wrong = is_asked and (bool(use.refusal) or any(item.error for item in use.controls))
        return {
            "status": HTTPStatus.UNPROCESSABLE_ENTITY if is_wrong else HTTPStatus.OK,
            "use": use,
            "is_whole": is_whole,
            "model_name": model_name[: using.MAX_ID_CHARS],
            "field": field,
            "unknown_model": bool(model_name) and endpoint is None,
            "target": target,
            "first_texts": use.texts[:SHOWN],
            "other_texts": use.texts[SHOWN:],
            "recent_models": _recent_models(request),
            "tiles": tiles.tiles_of(using.latest_runs(request.user, row)),
        }


PROMPTS = Prompts()


def _folder(request: HtmxRequest) -> str:
    return folder_of(search_words(request, "folder"))


def _tag(request: HtmxRequest) -> str:
    return search_words(request, "tag").lower()


def _folders(rows: PromptQuerySet, chosen_folder: str) -> list[Facet]:
    """Return all folders of the rows as an ordered tree; counts include subfolders."""
    numbers: Counter[str] = Counter()
    folder_counts = rows.order_by().values_list("folder").annotate(Count("pk"))
    for folder, number in folder_counts.exclude(folder=""):
        parts = folder.split("/")
        for depth in range(1, len(parts) + 1):
            numbers["/".join(parts[:depth])] += number
    return [
        Facet(name, name.rpartition("/")[2], number, name == chosen_folder, name.count("/"))
        for name, number in sorted(numbers.items(), key=lambda pair: pair[0].split("/"))
    ]


def _tags(rows: PromptQuerySet, chosen_tag: str) -> list[Facet]:
    """Return the most frequent tags of the rows, by name."""
    row_tags = PromptTag.objects.filter(prompt__in=rows.order_by()).order_by()
    most = row_tags.values_list("name").annotate(number=Count("pk")).order_by("-number", "name")
    return [
        Facet(name, name, number, name == chosen_tag)
        for name, number in sorted(most[:MAX_TAGS_SHOWN], key=lambda pair: sort_key(pair[0]))
    ]


def _recent_models(request: HtmxRequest) -> list[str]:
    runs = Run.objects.owned_by(request.user).order_by("-created_at")
    names = runs.values_list("endpoint__endpoint_id", flat=True)[:RECENT_RUNS]
    return [*dict.fromkeys(names)][:RECENT_MODELS]


# Requests of the menu of a prompt field: the offered prompts, and the text of one.


@limit("search")
@require_safe
@no_store
def offered(request: HtmxRequest) -> HttpResponse:
    """Render the prompts with the words in `?q=` as options of a list."""
    search_text = db_safe_text(request.GET.get("q", ""))[:MAX_FIELD_CHARS]
    rows = Prompt.objects.offered_in(current.current(request), request.user).with_words(search_text)
    options = [(row, bool(using.slots_to_fill(row))) for row in rows[:OFFERED]]
    return render(request, "features/library/prompts/_options.html", {"options": options})


@limit("search")
@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def text(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Render the form for a prompt's variables; a POST returns the text with their values."""
    prompt = PROMPTS.find(request, pk)
    if request.method != "POST":
        context = {"prompt": prompt, "slots": using.slots_to_fill(prompt)}
        return render(request, "features/library/prompts/_filling.html", context)
    try:
        filled_text = using.one_text(prompt, controls(request))
    except Refused as refusal:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return HttpResponse(str(refusal), content_type="text/plain", status=status)
    return HttpResponse(filled_text, content_type="text/plain; charset=utf-8")
