"""What was spent: the sums, the runs, and both as CSV."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts.audit import trail
from core.http.caching import no_store
from core.http.downloads import download
from core.http.parameters import page_number
from features.spending.sums import export, links, listing
from features.spending.sums.question import Each, QuestionForm
from features.spending.sums.report import chips_of, in_words, report
from features.spending.visibility import Scope
from projects.current import filters_by_project
from schemas.estimate.wording import nobody_pays

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest


@filters_by_project
@require_safe
@no_store
def spend(request: HtmxRequest) -> HttpResponse:
    """Show the sums; 422 with a sentence for each wrong parameter."""
    today = timezone.localdate()
    form = QuestionForm(request.GET, today)
    scope = Scope.of_user(request.user)
    question = form.question() if form.is_valid() else None
    context: dict[str, Any] = {
        "form": form,
        "scope": scope,
        "each": Each,
        "times": links.times(today, question),
    }
    if question is None:
        status = HTTPStatus.UNPROCESSABLE_ENTITY
        return render(request, "features/spending/spend.html", context, status=status)
    context |= {
        "question": question,
        "report": report(scope, question, today),
        "ways": links.ways(question),
        "headings": links.headings(question),
        "formats": export.Columns,
    }
    return render(request, "features/spending/spend.html", context)


@filters_by_project
@require_safe
@no_store
def runs(request: HtmxRequest) -> HttpResponse:
    """List the runs of the sums, the newest or the dearest first."""
    form = QuestionForm(request.GET, timezone.localdate())
    if nobody_pays() or not form.is_valid():
        return spend(request)
    question = form.question()
    order = listing.Order.named(request.GET.get("order", ""))
    number = page_number(request.GET.get("page", ""))
    scope = Scope.of_user(request.user)
    context = {
        "question": question,
        "page": listing.page_of_runs(scope, question, order, number),
        "order": order,
        "orders": listing.Order,
        "chips": chips_of(question, scope),
        "days_in_words": in_words(question.days),
    }
    return render(request, "features/spending/runs.html", context)


@filters_by_project
@require_safe
@no_store
def table(request: HtmxRequest) -> HttpResponseBase:
    """Send the sums, or their runs, as CSV, and record that in the audit log."""
    form = QuestionForm(request.GET, timezone.localdate())
    if not form.is_valid():
        return spend(request)
    question = form.question()
    columns = export.Columns.named(request.GET.get("columns", ""))
    detail = f"what was spent, {columns.label}: {question.query}"
    trail.record_export(request, [request.user], detail)
    lines = export.lines(Scope.of_user(request.user), question, columns)
    name = f"spend{'' if columns == export.Columns.SUMS else f'-{columns.value}'}"
    days = f"{question.days.first:%Y-%m-%d}-{question.days.last:%Y-%m-%d}"
    return download(lines, f"{name}-{days}.csv")
