"""The rules for models of a project, and those of the house."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from django.contrib import messages
from django.db.models import Q
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from catalog.models import Endpoint, Mark
from core.http.posts import BUTTON, hidden
from core.http.refusals import refusals_as_messages
from core.resource import Resource
from projects import roles
from projects.models import Project, Rule
from projects.rules import decision, editing, preview, values, wording
from projects.rules.form import EXAMPLES, MEANINGS, RuleForm
from projects.views.lookup import of_member

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.http import HttpResponse

    from core.http.htmx import HtmxRequest


class RuleView(NamedTuple):
    """A rule on its page: in words, and with the number of models that it locks now.

    An exception for one model has the model's card.
    """

    rule: Rule
    words: str
    locks: int
    card: Endpoint | None = None


ALLOW_MODEL = Rule.Effect.ALLOW, Rule.Kind.ID
# The rule that the switch "Only approved models" adds and removes: controls of the form.
ONLY_APPROVED = {"effect": Rule.Effect.ONLY, "kind": Rule.Kind.MARK, "value": Mark.APPROVED}


@require_http_methods(["GET", "HEAD", "POST"])
def of_project(request: HtmxRequest, slug: str) -> HttpResponse:
    """Show which models may run in a project; a POST of a manager previews or adds a rule."""
    return _rules(request, of_member(request, slug))


@require_http_methods(["GET", "HEAD", "POST"])
def of_house(request: HtmxRequest) -> HttpResponse:
    """Show the rules of the house to users who may change them; a POST previews or adds one."""
    editing.require_for(request.user, None)
    return _rules(request, None)


class Rules(Resource[Rule]):
    """Removes rules, and restores them for a day, for people who may change the list."""

    model, parts, deletion_path = Rule, ("deletion",), "removal"
    at, list_route = "rules/", "projects:projects"
    deletion_message = "The rule is removed."
    delete_and_restore = (editing.remove, editing.restore)

    def visible_rows(self, request: HtmxRequest) -> Any:
        """Return the rules of the user's projects, and of the house; removed ones too."""
        own = Q(project__in=Project.objects.with_member(request.user))
        return Rule.with_deleted.filter(Q(project=None) | own).select_related("project")

    def list_address(self, request: HtmxRequest, row: Rule) -> str:
        return _address(row.project)

    def restored_message(self, row: Rule) -> str:
        return f"The rule is back: {wording.in_words(row)}."


RULES = Rules()


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
    own, house = editing.list_rules(project), editing.list_rules(None) if project else []
    effects = preview.effects([*own, *house])
    may_change = editing.may_change(request.user, project)
    cards = _cards(own)
    views = [_describe_rule(rule, effects, cards) for rule in own]
    switch = next((view for view in views if _is_switch(view.rule)), None)
    return {
        "this_project": project,
        "switch": switch,
        "only_approved": ONLY_APPROVED.items(),
        "approved": Endpoint.objects.listed().filter(mark=Mark.APPROVED).count(),
        "exceptions": [view for view in views if view.card],
        "rules": [view for view in views if view != switch and not view.card],
        "house_rules": [_describe_rule(rule, effects, {}) for rule in house],
        "may_change": may_change,
        "may_change_house": editing.may_change(request.user, None),
        "why_not": "" if may_change else _why_not(project),
        "sentence": effects.sentence,
        "is_any_locked": effects.locked > 0,
        "form": form,
        "meanings": [
            *((effect.label, MEANINGS[effect]) for effect in Rule.Effect),
            *((kind.label, EXAMPLES[kind]) for kind in Rule.Kind),
        ],
        "suggestions": [*values.owners(), *values.categories(), *decision.MARKS]
        if may_change
        else [],
    }


def _is_switch(rule: Rule) -> bool:
    return all(getattr(rule, name) == value for name, value in ONLY_APPROVED.items())


def _cards(rules: Iterable[Rule]) -> dict[str, Endpoint]:
    """Return the cards of the models that rules make exceptions for, by id; one query."""
    ids = [rule.value for rule in rules if (rule.effect, rule.kind) == ALLOW_MODEL]
    rows = Endpoint.objects.for_cards().filter(endpoint_id__in=ids) if ids else ()
    return {row.endpoint_id: row for row in rows}


def _describe_rule(rule: Rule, effects: preview.Effects, cards: Mapping[str, Endpoint]) -> RuleView:
    locks = effects.by_rule.get(rule.pk, 0)
    return RuleView(rule, wording.in_words(rule), locks, cards.get(rule.value))


def _why_not(project: Project | None) -> str:
    if project is None or project.is_private:
        return editing.PRIVATE
    return f"Only managers can change these rules. {roles.ask(project)} to change them."


def _address(project: Project | None) -> str:
    """Return the address of the rules of a project, or of the house."""
    return (
        reverse("projects:project-rules", args=[project.key]) if project else reverse("rules:rules")
    )
