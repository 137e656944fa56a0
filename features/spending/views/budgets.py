"""Budgets: the list, one of them, and its end."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from core.http.parameters import parse_key
from core.http.refusals import refusals_as_messages
from features.spending import visibility
from features.spending.budgets import access, editing, listing, wording
from features.spending.budgets.form import BudgetForm
from features.spending.models import Budget
from projects import current

if TYPE_CHECKING:
    from django.http import HttpResponse

    from core.http.htmx import HtmxRequest

NOBODYS = "Budgets are made by who looks after money, and by the managers of shared projects."


@require_safe
def index(request: HtmxRequest) -> HttpResponse:
    """List the budgets that the user sees; with `?project=` those of the project."""
    user = request.user
    project = current.current(request) if current.PARAMETER in request.GET else None
    budgets = listing.listed(user, project)
    context = {
        "shown": project,
        "house": [one for one in budgets if not one.is_for_each],
        "for_each": [one for one in budgets if one.is_for_each],
        "may_make": _may_make(request),
        "manages_all": visibility.sees_all(user),
        "ended": _just_ended(request),
        "former": [(budget, wording.title(budget), wording.allowance(budget))
                   for budget in listing.ended(user)],
    }  # fmt: skip
    return render(request, "features/spending/budgets/budgets.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HtmxRequest) -> HttpResponse:
    """Make a budget."""
    if not _may_make(request):
        raise PermissionDenied(NOBODYS)
    form = BudgetForm(request.user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        budget = editing.save(request.user, form.instance, form.cleaned_data["informed"])
        made = f"{wording.title(budget)}: {wording.allowance(budget)}"
        messages.success(request, f"The budget is made. {made}.")
        return redirect("spending:budgets")
    if request.method != "POST" and current.PARAMETER in request.GET:
        project = current.current(request)
        is_private = project.is_private
        whose = f"person:{project.person_id}" if is_private else f"project:{project.pk}"
        form.initial["target"] = whose
    return _form_page(request, "features/spending/budgets/new.html", form, {})


@require_http_methods(["GET", "HEAD", "POST"])
def budget(request: HtmxRequest, pk: int) -> HttpResponse:
    """Show a budget; a POST changes it, if the user may."""
    row = _visible(request, pk)
    shown = listing.describe(request.user, [row])[0]
    context: dict[str, Any] = {"shown": shown}
    if request.method == "POST" and not shown.may_change:
        raise PermissionDenied(shown.refusal)
    if not shown.may_change or row.ended_at is not None:
        return render(request, "features/spending/budgets/budget.html", context)
    data = request.POST if request.method == "POST" else None
    form = BudgetForm(request.user, data, instance=Budget.objects.get(pk=row.pk))
    if request.method == "POST" and form.is_valid():
        changed = editing.save(request.user, form.instance, form.cleaned_data["informed"])
        messages.success(request, f"The budget is changed: {wording.allowance(changed)}.")
        return redirect(changed)
    return _form_page(request, "features/spending/budgets/budget.html", form, context)


@require_POST
def end(request: HtmxRequest, pk: int) -> HttpResponse:
    """End a budget, which can be undone."""
    _visible(request, pk)
    address = reverse("spending:budgets")
    with refusals_as_messages(request):
        ended = editing.end(request.user, pk)
        address = f"{address}?{urlencode({'ended': ended.pk})}"
    return redirect(address)


@require_POST
def recovery(request: HtmxRequest, pk: int) -> HttpResponse:
    """Undo the end of a budget."""
    _visible(request, pk)
    with refusals_as_messages(request):
        back = editing.bring_back(request.user, pk)
        messages.success(request, f"The budget holds again. {wording.title(back)}: "
                                  f"{wording.allowance(back)}.")  # fmt: skip
    return redirect("spending:budgets")


def _form_page(
    request: HtmxRequest, template: str, form: BudgetForm, context: dict[str, Any]
) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, template, context | {"form": form}, status=status)


def _may_make(request: HtmxRequest) -> bool:
    user = request.user
    return visibility.sees_all(user) or access.managed_projects(user).exists()


def _visible(request: HtmxRequest, pk: int) -> Budget:
    rows = access.visible(request.user).select_related("project__person", "person", "token__user")
    row = rows.prefetch_related("informed").filter(pk=pk).first()
    if row is None:
        raise Http404
    return row


def _just_ended(request: HtmxRequest) -> Budget | None:
    pk = parse_key(request.GET.get("ended"))
    if pk is None:
        return None
    return access.managed(request.user).exclude(ended_at=None).filter(pk=pk).first()
