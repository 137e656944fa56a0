"""Budgets: the list, one of them, and its end; and the house's rules about sums."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts import permissions
from core.resource import Resource
from features.spending import rules as sums
from features.spending import visibility
from features.spending.budgets import access, editing, listing, wording
from features.spending.budgets.form import BudgetForm
from features.spending.models import Budget
from features.spending.rules import RulesForm
from projects import current

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.core.paginator import Page
    from django.http import HttpResponse

    from core.http.htmx import HtmxRequest
    from projects.models import Project

NOBODYS = "Only people who look after money and the managers of shared projects can create budgets."


class Budgets(Resource[Budget]):
    """The budgets that the user sees; with `?project=` those of the project."""

    model, parts, deletion_path = Budget, ("list", "deletion"), "end"
    at, list_route = "budgets/", "spending:budgets"
    on_page, list_template = 100, "features/spending/budgets/budgets.html"
    delete_and_restore = (editing.end, editing.bring_back)
    deletion_message = "The budget has ended and no longer applies."

    def visible_rows(self, request: HtmxRequest) -> Any:
        """Return the budgets that the user sees, ended ones too."""
        rows = access.visible(request.user)
        return rows.select_related("project__person", "person", "token__user")

    def rows_of_list(self, request: HtmxRequest) -> Any:
        """Return those that hold, with how far each is spent."""
        return listing.visible_budgets(request.user, _shown_project(request))

    def list_context(self, request: HtmxRequest, page: Page[Any]) -> Mapping[str, Any]:
        """Return them in two parts, and those that have ended."""
        return {
            "chosen_project": _shown_project(request),
            "house": [gauge for gauge in page if not gauge.is_for_each],
            "for_each": [gauge for gauge in page if gauge.is_for_each],
            "may_make": _may_make(request),
            "former": [
                (budget, wording.title(budget), wording.allowance(budget))
                for budget in listing.ended(request.user)
            ],
        }

    def restored_message(self, row: Budget) -> str:
        return f"The budget applies again. {wording.title(row)}: {wording.allowance(row)}."


BUDGETS = Budgets()


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HtmxRequest) -> HttpResponse:
    """Make a budget."""
    if not _may_make(request):
        raise PermissionDenied(NOBODYS)
    form = BudgetForm(request.user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        budget = editing.save(request.user, form.instance)
        sentence = f"{wording.title(budget)}: {wording.allowance(budget)}"
        messages.success(request, f"The budget is created. {sentence}.")
        return redirect("spending:budgets")
    if request.method != "POST" and current.PARAMETER in request.GET:
        project = current.current(request)
        is_private = project.is_private
        target_key = f"person:{project.person_id}" if is_private else f"project:{project.pk}"
        form.initial["target"] = target_key
    return _form_page(request, "features/spending/budgets/new.html", form, {})


@require_http_methods(["GET", "HEAD", "POST"])
def budget(request: HtmxRequest, pk: int) -> HttpResponse:
    """Show a budget; who may, changes it by a POST."""
    row = BUDGETS.find(request, pk)
    description = listing.describe(request.user, [row])[0]
    context: dict[str, Any] = {"listed_budget": description}
    if request.method == "POST" and not description.may_change:
        raise PermissionDenied(description.refusal)
    if not description.may_change or row.ended_at is not None:
        return render(request, "features/spending/budgets/budget.html", context)
    data = request.POST if request.method == "POST" else None
    form = BudgetForm(request.user, data, instance=Budget.objects.get(pk=row.pk))
    if request.method == "POST" and form.is_valid():
        changed_budget = editing.save(request.user, form.instance)
        messages.success(request, f"The budget is changed: {wording.allowance(changed_budget)}.")
        return redirect(changed_budget)
    return _form_page(request, "features/spending/budgets/budget.html", form, context)


def _form_page(
    request: HtmxRequest, template: str, form: BudgetForm, context: dict[str, Any]
) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(request, template, context | {"form": form}, status=status)


def _may_make(request: HtmxRequest) -> bool:
    user = request.user
    return visibility.sees_all(user) or access.managed_projects(user).exists()


def _shown_project(request: HtmxRequest) -> Project | None:
    return current.current(request) if current.PARAMETER in request.GET else None


@require_http_methods(["GET", "HEAD", "POST"])
def spending_rules(request: HtmxRequest) -> HttpResponse:
    """Show the rules; a POST saves them. Requires the permission for budgets."""
    permissions.require(request.user, permissions.CHANGE_BUDGETS)
    form = RulesForm(request.POST if request.method == "POST" else None)
    status = HTTPStatus.OK
    if request.method == "POST":
        if form.is_valid():
            sums.save(request.user, form)
            messages.success(request, "The rules are saved, and apply from now on.")
            return redirect("spending:rules")
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "features/spending/rules.html", {"form": form}, status=status)
