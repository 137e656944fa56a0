"""The locks of the gallery: the rules' verdict on the whole catalogue, in a page's project.

Rules renew the catalogue's revision like models do, so that all of this is known from memory while
nothing changes: a page costs no query more, with rules or without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog.locks import NO_LOCKS, Locks, register
from catalog.models import revision_triggers
from core.byte_cache import byte_cached
from projects import current
from projects.models import Rule
from projects.rules import door, wording

if TYPE_CHECKING:
    from django.http import HttpRequest

    from projects.models import Project

COLUMNS = ("project_id", "effect", "kind", "value", "reason", "is_binding", "deleted_at")


def connect() -> None:
    """Answer for the catalogue's pages, and have rules renew its revision."""
    register(locks_of)
    revision_triggers.watch(Rule, COLUMNS)


def locks_of(request: HttpRequest, revision: str) -> Locks:
    """Return the locks of the request's project; no query at a revision that was asked before."""
    return locks_in(current.current(request), revision)


def locks_in(project: Project, revision: str) -> Locks:
    """Return the locks of a project at a revision of the catalogue; queries as `locks_of`."""
    rules = _rules(revision) if revision else ()
    holding = tuple(rule for rule in rules if rule.project_id in (None, project.pk))
    is_own = any(rule.project_id for rule in holding)
    return _locks(revision, project.pk if is_own else 0, holding) if holding else NO_LOCKS


@byte_cached(1 << 20)
def _rules(revision: str) -> tuple[Rule, ...]:
    """Return the rules of all projects and of the house, as they were at a revision."""
    return tuple(Rule.objects.all())


@byte_cached(4 << 20, key=lambda revision, project, rules: (revision, project))
def _locks(revision: str, project: int, rules: tuple[Rule, ...]) -> Locks:
    """Return the locks of a project (0: of one without own rules), whose rules these are."""
    texts = {rule.pk: wording.in_place(rule) for rule in rules}  # one text for all of a rule
    reasons = {key: texts[rule.pk] for key, rule in door.locking_rules(rules).items()}
    return Locks(f"{revision}/{project}", reasons)
