"""The rules for models of a project, and those of the house."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from django.contrib import messages
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from core.http.posts import BUTTON, hidden
from core.http.refusals import refusals_as_messages
from projects import roles
from projects.models import Rule
from projects.rules import decision, editing, preview, values, wording
from projects.rules.form import EXAMPLES, MEANINGS, RuleForm
from projects.views.own import of_member

if TYPE_CHECKING:
    from django.http import HttpResponse

    from core.http.htmx import HtmxRequest
    from projects.models import Project


class Listed(NamedTuple):
    """A rule on its page: in words, and with the number of models that it locks now."""

    rule: Rule
    words: str
    locks: int
    removal: str  # the URL that removes it


@require_http_methods(["GET", "HEAD", "POST"])
def of_project(request: HtmxRequest, slug: str) -> HttpResponse:
    """Show which models may run in a project; a POST of a manager previews or adds a rule."""
    return _rules(request, of_member(request, slug))


@require_http_methods(["GET", "HEAD", "POST"])
def of_house(request: HtmxRequest) -> HttpResponse:
    """Show the rules of the house to users who may change them; a POST previews or adds one."""
    editing.require_for(request.user, None)
    return _rules(request, None)


@require_POST
def removal(request: HtmxRequest, rule: int, slug: str = "") -> HttpResponse:
    """Remove a rule, which can be undone for a day."""
    project = of_member(request, slug) if slug else None
    address = _address(project)
    with refusals_as_messages(request):
        _, token = editing.remove(request.user, project, rule)
        return redirect(f"{address}?{urlencode({'removed': token})}")
    return redirect(address)


@require_POST
def recovery(request: HtmxRequest, slug: str = "") -> HttpResponse:
    """Undo the removal of the posted `removed`."""
    project = of_member(request, slug) if slug else None
    with refusals_as_messages(request):
        rule = editing.restore(request.user, project, hidden(request, "removed"))
        messages.success(request, f"The rule is back: {wording.in_words(rule)}.")
    return redirect(_address(project))


def _rules(request: HtmxRequest, project: Project | None) -> HttpResponse:
    form = RuleForm(project, None)
    status = HTTPStatus.OK
    if request.method == "POST":
        editing.require_for(request.user, project)  # before the form reveals anything
        form = RuleForm(project, request.POST)
        if not form.is_valid():
            status = HTTPStatus.UNPROCESSABLE_ENTITY
        elif hidden(request, BUTTON) != "preview":
            with refusals_as_messages(request):
                rule = editing.add(request.user, project, form.terms)
                messages.success(request, f"Added: {wording.in_words(rule)}.")
            return redirect(_address(project))
    context = _context(request, project, form)
    return render(request, "projects/rules/rules.html", context, status=status)


def _context(request: HtmxRequest, project: Project | None, form: RuleForm) -> dict[str, Any]:
    own, house = editing.listed(project), editing.listed(None) if project else []
    effects = preview.effects([*own, *house])
    may_change = editing.may_change(request.user, project)
    token = request.GET.get("removed", "")
    removed = editing.removed_by(token, project) if token and may_change else None
    return {
        "shown": project,
        "rules": [_listed(rule, project, effects) for rule in own],
        "house_rules": [_listed(rule, None, effects) for rule in house],
        "may_change": may_change,
        "may_change_house": editing.may_change(request.user, None),
        "why_not": "" if may_change else _why_not(project),
        "sentence": effects.sentence,
        "is_any_locked": effects.locked > 0,
        "form": form,
        "kinds": [(kind, kind.label, EXAMPLES[kind]) for kind in Rule.Kind],
        "effects": [(effect, effect.label, MEANINGS[effect]) for effect in Rule.Effect],
        "suggestions": [*values.owners(), *values.categories(), *decision.MARKS]
        if may_change
        else [],
        "token": token,
        "removed": wording.in_words(removed.as_rule(project)) if removed else "",
        "recovery": _address(project, "recovery"),
    }


def _listed(rule: Rule, project: Project | None, effects: preview.Effects) -> Listed:
    locks = effects.by_rule.get(rule.pk, 0)
    return Listed(rule, wording.in_words(rule), locks, _address(project, "removal", rule.pk))


def _why_not(project: Project | None) -> str:
    if project is None or project.is_private:
        return editing.PRIVATE
    return f"Managers change these rules. {roles.ask(project)} for another one."


def _address(project: Project | None, part: str = "", *keys: int) -> str:
    """Return the URL of a page of rules, or of an action on them."""
    name, *slug = ("projects:project-rule", project.key) if project else ("rules:rule",)
    return reverse(f"{name}-{part}" if part else f"{name}s", args=[*slug, *keys])
