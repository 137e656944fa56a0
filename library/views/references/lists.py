"""The list of references."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.limits.rate_limit import limit
from core.http.parameters import page_number, parse_uuid
from fal.db_safe import db_safe_text
from library.models import Reference
from library.prompts.using import endpoint_named
from library.references import using
from library.views.prompts.lists import no_store
from projects import current, roles

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

LISTED = 60
MAX_WORDS_CHARS = 100


@limit("search")
@require_safe
@no_store
def index(request: HtmxRequest) -> HttpResponse:
    """List the project's references, or one's own of all projects, the last changed first.

    With `?for=<model>` those that its form offers: each leads back to the form, filled in.
    """
    project = current.current(request)
    endpoint = endpoint_named(request.GET.get("for", ""))
    words = db_safe_text(request.GET.get("q", "")).strip()[:MAX_WORDS_CHARS]
    kind = request.GET.get("kind", "")
    kind = kind if kind in Reference.Kind.values else ""
    all_rows = (
        Reference.objects.offered_in(project, request.user)
        if endpoint
        else current.listed(Reference.objects.kept(), request)
    )
    rows = all_rows.with_words(words).select_related("user", "project")
    rows = rows.filter(kind=kind) if kind else rows
    page = Paginator(rows, LISTED).get_page(page_number(request.GET.get("page", "")))
    control = request.GET.get("field", "")
    context = {
        "page": page,
        "cards": [
            (
                row,
                using.address_in(endpoint, row, project, control)
                if endpoint
                else row.get_absolute_url(),
            )
            for row in page.object_list
        ],
        "words": words,
        "kind": kind,
        "kinds": Reference.Kind.choices,
        "endpoint": endpoint,
        "field": control[: using.MAX_FIELD_CHARS],
        "deleted": parse_uuid(request.GET.get("deleted", "")),
        "all_projects": current.is_of_all_projects(request),
        "why_not": roles.refusal_to_make(request.user, project),
    }
    return render(request, "library/references/index.html", context)
