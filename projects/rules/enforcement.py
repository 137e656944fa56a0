"""Decides whether a model may be run in a project now; every start of a run asks.

Takes one query without rules, two with rules. Rules and marks are read each time, so that a rule
holds as soon as it is made.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from django.db.models import Q

from catalog.filters.facts import Listing
from catalog.locks import Locks
from catalog.models import Endpoint
from core.provided import Provided
from projects.models import Rule
from projects.rules import wording
from projects.rules.decision import Subject, locking_rule

if TYPE_CHECKING:
    from projects.models import Project

COMPOSED = "workflows/"  # the first part of the ids of models that run others


def refusal(project: Project, endpoint: Endpoint) -> str:
    """Return why a model may not be run in a project, and whom to ask; empty if it may."""
    return refusals(project, [endpoint]).get(endpoint.pk, "")


def lock(project: Project | None, endpoint: Endpoint) -> Rule | None:
    """Return the rule that locks a model in a project, or everywhere (None)."""
    rules = list(Rule.objects.holding_in([project] if project else []))
    return locking_rules(rules, [endpoint.pk]).get(endpoint.pk)


def refusals(project: Project, endpoints: Iterable[Endpoint]) -> dict[int, str]:
    """Return why models may not be run in a project, by model key; omits models that may."""
    rules = list(Rule.objects.holding_in([project]))
    if not rules:
        return {}
    by_key = {endpoint.pk: endpoint for endpoint in endpoints}
    locked = locking_rules(rules, by_key)
    asks = {rule.project_id: wording.whom_to_ask(rule.project) for rule in locked.values()}
    return {
        key: wording.refusal(rule, by_key[key].name, asks[rule.project_id])
        for key, rule in locked.items()
    }


def locks(project: Project, endpoints: Iterable[Endpoint]) -> Locks:
    """Return the locked models of a list in a project, with reasons, for templates."""
    return Locks("list", refusals(project, endpoints))


def set_locks(project: Project, endpoints: Iterable[Endpoint]) -> None:
    """Set `lock` to the reason on each model that may not be run in a project, for a page.

    Do not use it for the cards of the search, which all pages share.
    """
    all_endpoints = list(endpoints)
    locked = refusals(project, all_endpoints)
    for endpoint in all_endpoints:
        endpoint.lock = locked.get(endpoint.pk, "")


def first_refusal(runs: Collection[tuple[Project, Endpoint]]) -> str:
    """Return why the first model that its project locks may not be run there; empty if all may."""
    projects = {project.pk: project for project, _ in runs}
    rules = list(Rule.objects.holding_in(projects.values()))
    if not rules:
        return ""
    for project in projects.values():
        holding = [rule for rule in rules if rule.project_id in (None, project.pk)]
        endpoints = {endpoint.pk: endpoint for target, endpoint in runs if target == project}
        for key, rule in locking_rules(holding, endpoints).items():
            return wording.refusal(rule, endpoints[key].name, wording.whom_to_ask(rule.project))
    return ""


@Provided
def models_within(keys: Collection[int]) -> Mapping[int, Sequence[str]]:
    """Return the ids of the models that each of these runs; `features.flows` provides it."""
    return {}


def locking_rules(rules: Sequence[Rule], keys: Collection[int] | None = None) -> dict[int, Rule]:
    """Return the rule that locks each locked model among `keys`, or of the whole catalogue.

    `rules` are those that hold in one project. A model that runs others, such as a workflow, is
    locked if any of them is. One query, three for workflows.
    """
    if not rules:
        return {}
    subjects = _subjects(Q() if keys is None else Q(pk__in=keys))
    locked = {
        key: rule for key, subject in subjects.items() if (rule := locking_rule(rules, subject))
    }
    composed = [
        key
        for key, subject in subjects.items()
        if key not in locked and subject.listing.endpoint_id.startswith(COMPOSED)
    ]
    return locked | _locked_by_parts(rules, composed)


def _locked_by_parts(rules: Sequence[Rule], composed: Sequence[int]) -> dict[int, Rule]:
    """Return the rule for each of these models that runs a locked model."""
    parts = models_within(composed) if composed else {}
    names = {name for part_names in parts.values() for name in part_names}
    subjects = _subjects(Q(endpoint_id__in=names)) if names else {}
    locked = {
        subject.listing.endpoint_id: rule
        for subject in subjects.values()
        if (rule := locking_rule(rules, subject))
    }
    return {
        key: locked[first]
        for key, part_names in parts.items()
        if (first := next((name for name in part_names if name in locked), None))
    }


def _subjects(condition: Q) -> dict[int, Subject]:
    """Return models with the columns that rules read, by their keys; one query."""
    rows = Endpoint.objects.filter(condition).order_by("pk").values_list("pk", *Listing._fields)
    return {key: Subject(Listing._make(columns)) for key, *columns in rows}
