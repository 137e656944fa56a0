"""Counts the models that rules lock: the present rules, and a new one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from catalog.filters.facts import Listing
from catalog.models import Endpoint, Mark
from core.formatting import counted
from projects.models import Rule
from projects.rules.decision import Subject, locking_rule, names

if TYPE_CHECKING:
    from catalog.models.querysets import EndpointQuerySet
    from projects.models import Project

EXAMPLES = 5  # names of models
Effect = Rule.Effect


class Preview(NamedTuple):
    """The effect of a new rule in one project, or in the house."""

    total: int  # models that upstream lists and no curator has blocked
    named: int  # models that the rule names
    locked: int  # models that are locked with the rule
    closed: Sequence[str]  # names of the models that are locked only with the rule
    opened: Sequence[str]  # names of the models that are locked only without the rule

    @property
    def locks_everything(self) -> bool:
        """Whether it leaves nothing to run."""
        return self.total > 0 and self.locked == self.total and bool(self.closed)

    @property
    def sentence(self) -> str:
        """The effect in a sentence or two."""
        models = counted(self.total, "model")
        if self.opened:
            opened_phrase = f"This rule opens {len(self.opened):,} of {models}"
            return f"{opened_phrase}; {self.locked:,} stay locked."
        if not self.closed:
            return f"This rule names {self.named:,} of {models}, and changes nothing for now."
        locks = f"This rule locks {len(self.closed):,} of {models}"
        if self.locked == len(self.closed):
            return f"{locks}."
        return f"{locks}; with the other rules {self.locked:,} are locked."

    @property
    def examples(self) -> list[str]:
        """The first few names of the models that change."""
        return [*(self.closed or self.opened)][:EXAMPLES]

    @property
    def others(self) -> int:
        """The number of further models that change."""
        return max(len(self.closed or self.opened) - EXAMPLES, 0)


def preview(project: Project | None, rule: Rule) -> Preview:
    """Return the effect of an unsaved rule. Two queries."""
    holding = list(Rule.objects.holding_in([project] if project else []))
    subjects = _subjects()
    closed, opened_names, locked, named_count = [], [], 0, 0
    for name, subject in subjects:
        before = locking_rule(holding, subject) is not None
        after = locking_rule([*holding, rule], subject) is not None
        locked += after
        named_count += names(rule, subject)
        if after and not before:
            closed.append(name)
        elif before and not after:
            opened_names.append(name)
    return Preview(len(subjects), named_count, locked, closed, opened_names)


class Effects(NamedTuple):
    """The numbers of models that a set of rules locks now, each and together."""

    total: int
    by_rule: Mapping[int, int]  # key of a rule that locks models → their number

    @property
    def locked(self) -> int:
        """The number of models that are locked."""
        return sum(self.by_rule.values())

    @property
    def open_ones(self) -> str:
        """The number of models that may run: "112 of 1,127 models"."""
        return f"{self.total - self.locked:,} of {counted(self.total, 'model')}"

    @property
    def sentence(self) -> str:
        """The number of locked models in a sentence."""
        if not self.locked:
            return f"All {counted(self.total, 'model')} may run here."
        return f"{self.locked:,} of {counted(self.total, 'model')} are locked here."


def effects_in(project: Project) -> Effects:
    """Return the effects in a project of its own rules and the house's. Two queries."""
    return effects(list(Rule.objects.holding_in([project])))


def effects(rules: Sequence[Rule]) -> Effects:
    """Return the effects of all rules that hold in a project. One query."""
    if not rules:
        return Effects(_runnable().count(), {})
    subjects = _subjects()
    deciding = (locking_rule(rules, subject) for _, subject in subjects)
    return Effects(len(subjects), Counter(rule.pk for rule in deciding if rule))


def _runnable() -> EndpointQuerySet:
    return Endpoint.objects.listed().exclude(mark=Mark.BLOCKED)


def _subjects() -> list[tuple[str, Subject]]:
    """Return the runnable models with their names, ordered by id."""
    rows = _runnable().order_by("endpoint_id").values_list("full_name", *Listing._fields)
    subjects = ((name, Listing._make(columns)) for name, *columns in rows)
    return [(name or listing.endpoint_id, Subject(listing)) for name, listing in subjects]
