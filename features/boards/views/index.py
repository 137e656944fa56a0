"""The list of *Compare*."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from core.http.caching import no_store
from core.http.parameters import parse_moment
from fal.db_safe import db_safe_text
from projects import current, roles
from runs.promises import owners
from runs.promises.owners import ComparisonKind, Line

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

LISTED = 50


@require_safe
@no_store
def index(request: HtmxRequest) -> HttpResponse:
    """List comparisons in the project, or the user's own of all projects; `?q=` searches."""
    search_text = db_safe_text(request.GET.get("q", "")).strip()[:200]
    before = parse_moment(request.GET.get("before", ""))
    kinds = [kind for owner in owners.registered() for kind in owner.compared(request)]
    chosen_kinds = [kind for kind in kinds if kind.kind == request.GET.get("kind")]
    lines = [line for kind in chosen_kinds or kinds for line in _newest(kind, search_text, before)]
    lines.sort(key=lambda line: line.at, reverse=True)
    context = {
        "kind": chosen_kinds[0].kind if chosen_kinds else "",
        "entries": lines[:LISTED],
        "more": lines[LISTED - 1].at.isoformat() if len(lines) > LISTED else "",
        "search_text": search_text,
        "all_projects": current.is_of_all_projects(request),
        "why_not": roles.refusal_to_make(request.user, current.current(request)),
    }
    return render(request, "features/boards/compared.html", context)


def _newest(kind: ComparisonKind, text: str, before: datetime | None) -> list[Line]:
    rows = kind.rows.filter(**{f"{kind.name}__icontains": text}) if text else kind.rows
    rows = rows.filter(**{f"{kind.at}__lt": before}) if before else rows
    return kind.describe(list(rows.order_by(f"-{kind.at}", "pk")[: LISTED + 1]))
