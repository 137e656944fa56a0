"""The locks of the gallery: the models of the whole catalogue that rules lock in a page's project.

Changes of rules renew the catalogue's revision like changes of models. Locks are cached by
revision, so rules cost a page no query while nothing changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from catalog import locks
from catalog.locks import NO_LOCKS, Locks
from catalog.models import revision_triggers
from core.byte_cache import byte_cached
from projects import current
from projects.models import Rule
from projects.rules import enforcement, wording

if TYPE_CHECKING:
    from django.http import HttpRequest

    from projects.models import Project

COLUMNS = ("project_id", "effect", "kind", "value", "reason", "is_binding", "deleted_at")


def connect() -> None:
    """Provide the locks of the catalogue's pages, and let rules renew its revision."""
    locks.locks_of.provide(locks_of)
    revision_triggers.watch(Rule, COLUMNS)


def locks_of(request: HttpRequest, revision: str) -> Locks:
    """Return the locks of the request's project; no query if they are cached for the revision."""
    return locks_in(current.current(request), revision)


def locks_in(project: Project, revision: str) -> Locks:
    """Return the locks of a project at a revision of the catalogue; queries as `locks_of`."""
    rules = _rules(revision) if revision else ()
    holding = tuple(rule for rule in rules if rule.project_id in (None, project.pk))
    is_own = any(rule.project_id for rule in holding)
    return _locks(revision, project.pk if is_own else 0, holding) if holding else NO_LOCKS


@byte_cached(1 << 20)
def _rules(revision: str) -> tuple[Rule, ...]:
    """Return the rules of all projects and of the house, cached by revision."""
    return tuple(Rule.objects.all())


@byte_cached(4 << 20, key=lambda revision, project, rules: (revision, project))
def _locks(revision: str, project: int, rules: tuple[Rule, ...]) -> Locks:
    """Return the locks of a project with these rules; `project` is 0 if it has no own rules."""
    texts = {rule.pk: wording.in_place(rule) for rule in rules}  # one text per rule
    reasons = {key: texts[rule.pk] for key, rule in enforcement.locking_rules(rules).items()}
    return Locks(f"{revision}/{project}", reasons)
