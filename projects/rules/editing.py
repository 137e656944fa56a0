"""Adds and removes rules, and undoes a removal.

Managers change a project's rules, staff with the permission those of the house. A private project
has no rules of its own, so nobody can open in it what the house locks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from accounts import permissions
from accounts.audit import trail
from core.refusals import Refused
from projects import roles
from projects.locking import locked_for
from projects.models import Rule
from projects.rules import enforcement, wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.contrib.auth.models import AnonymousUser, User

    from catalog.models import Endpoint
    from projects.models import Project

Effect, Kind = Rule.Effect, Rule.Kind
MOST = 100  # rules of one list: each start of a run reads them all
TOO_MANY = f"There are {MOST} rules already. First remove one that is no longer needed."
PRIVATE = "Your private project follows the rules of the house; it has none of its own."
GONE = "This rule no longer exists: somebody has just removed it."


class Terms(NamedTuple):
    """The values of a rule, as a form has them."""

    effect: str
    kind: str
    value: str
    reason: str = ""
    is_binding: bool = False

    def as_rule(self, project: Project | None) -> Rule:
        """Return an unsaved rule with these values."""
        is_binding = self.is_binding and project is None
        return Rule(project=project, **(self._asdict() | {"is_binding": is_binding}))


def may_change(user: User | AnonymousUser, project: Project | None) -> bool:
    """Return whether the user may change the rules of a project, or of the house (None)."""
    if project is None:
        return permissions.may(user, permissions.CHANGE_HOUSE_RULES)
    return not project.is_private and roles.may_manage(user, project)


def list_to_open(user: User | AnonymousUser, project: Project, rule: Rule) -> Project | None:
    """Return whose rules may open, in a project, what a rule locks there: a project's or None.

    A project's managers need not ask the house, unless its rule is binding.
    """
    may_open = not rule.is_binding and may_change(user, project)
    return project if may_open else rule.project


def allow(by: User, project: Project | None, endpoint: Endpoint, reason: str = "") -> None:
    """Make an exception for a model in a list; do nothing if no rule locks the model any more.

    Raises PermissionDenied, and Refused if an exception in this list would not open it.
    """
    with transaction.atomic():
        _lock(by, project)
        rule = enforcement.lock(project, endpoint)
        exact = same_models(project, Kind.ID, endpoint.endpoint_id)
        if rule and rule == exact:
            remove(by, rule)
            rule = enforcement.lock(project, endpoint)
        if rule:
            add(by, project, Terms(Effect.ALLOW, Kind.ID, endpoint.endpoint_id, reason))
            if rule := enforcement.lock(project, endpoint):
                ask = wording.whom_to_ask(rule.project)
                raise Refused(wording.refusal(rule, endpoint.name, ask))


def require_for(user: User | AnonymousUser, project: Project | None) -> None:
    """Raise PermissionDenied, saying whom to ask, unless the user may change the rules."""
    if project is None:
        permissions.require(user, permissions.CHANGE_HOUSE_RULES)
    elif project.is_private:
        raise PermissionDenied(PRIVATE)
    else:
        roles.require_manager(user, project)


def list_rules(project: Project | None) -> list[Rule]:
    """Return the rules of a project, or of the house (None), with their authors; one query."""
    return list(Rule.objects.filter(project=project).select_related("project", "made_by"))


def add(by: User, project: Project | None, terms: Terms) -> Rule:
    """Add a rule; raises PermissionDenied, and Refused for the same models once more."""
    rule = terms.as_rule(project)
    rule.made_by = by
    return _insert(by, rule, "added a rule to")


def remove(by: User, rule: Rule) -> None:
    """Remove a rule; `restore` undoes it for a day. Raises PermissionDenied, Refused if gone."""
    with transaction.atomic():
        _lock(by, rule.project)
        if not Rule.objects.filter(pk=rule.pk).exists():
            raise Refused(GONE)
        rule.remove()
        _record(by, "removed a rule from", rule)


def restore(by: User, rule: Rule) -> None:
    """Undo a removal; raises PermissionDenied, and Refused if it is too late, or there is one."""
    _insert(by, rule, "brought a rule back to")


def same_models(project: Project | None, kind: str, value: str) -> Rule | None:
    """Return the rule of this list with the same kind and value, if there is one."""
    return Rule.objects.filter(project=project, kind=kind, value=value).first()


def already(rule: Rule) -> str:
    """Return a sentence that says that this rule about the same models exists."""
    return f"There is a rule about these already: “{wording.in_words(rule)}”. Remove it first."


def _insert(by: User, rule: Rule, action: str) -> Rule:
    with transaction.atomic():
        _lock(by, rule.project)
        if same_rule := same_models(rule.project, rule.kind, rule.value):
            raise Refused(already(same_rule))
        if Rule.objects.filter(project=rule.project).count() >= MOST:
            raise Refused(TOO_MANY)
        try:
            with transaction.atomic():
                rule.bring_back() if rule.pk else rule.save()
        except IntegrityError:  # two admins at once: nothing locks the list of the house
            raise Refused("Somebody has just made the same rule.") from None
        _record(by, action, rule)
    return rule


def _lock(by: User, project: Project | None) -> None:
    require_for(by, project)
    if project is not None:
        locked_for(by, project)


def _record(by: User, action: str, rule: Rule) -> None:
    subjects: Sequence[Project | Rule] = [rule.project or rule]
    binding = ", binding" if rule.is_binding else ""
    house = "" if rule.project else "the house: "
    reason = f": {rule.reason}" if rule.reason else ""
    trail.record(by, action, subjects, f"{house}{wording.in_words(rule)}{binding}{reason}")
