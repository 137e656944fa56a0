"""What rules do to the catalogue, in numbers: those there are, and one more."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from catalog.filters.facts import Listing
from catalog.models import Endpoint, Standing
from core.formatting import counted
from projects.models import Rule
from projects.rules.decision import Subject, locking_rule, names

if TYPE_CHECKING:
    from catalog.models.querysets import EndpointQuerySet
    from projects.models import Project

EXAMPLES = 5  # names of models
Effect = Rule.Effect


class Preview(NamedTuple):
    """What a new rule would do in one project, or in the house."""

    total: int  # models that upstream lists and no curator has blocked
    named: int  # that the rule names
    locked: int  # that are locked with it
    closed: Sequence[str]  # the names of those that it locks and that are open without it
    opened: Sequence[str]  # and the other way round

    @property
    def locks_everything(self) -> bool:
        """Whether it leaves nothing to run."""
        return self.total > 0 and self.locked == self.total and bool(self.closed)

    @property
    def sentence(self) -> str:
        """What it would do, in a sentence or two."""
        models = counted(self.total, "model")
        if self.opened:
            opened = f"This rule opens {len(self.opened):,} of {models}"
            return f"{opened}; {self.locked:,} stay locked."
        if not self.closed:
            return f"This rule names {self.named:,} of {models}, and changes nothing for now."
        locks = f"This rule locks {len(self.closed):,} of {models}"
        if self.locked == len(self.closed):
            return f"{locks}."
        return f"{locks}; with the other rules {self.locked:,} are locked."

    @property
    def examples(self) -> list[str]:
        """The first few names of what changes."""
        return [*(self.closed or self.opened)][:EXAMPLES]

    @property
    def others(self) -> int:
        """How many more there are."""
        return max(len(self.closed or self.opened) - EXAMPLES, 0)


def preview(project: Project | None, rule: Rule) -> Preview:
    """Return what a rule would do that is not saved yet. Two queries."""
    holding = list(Rule.objects.holding_in([project] if project else []))
    subjects = _subjects()
    closed, opened, locked, named = [], [], 0, 0
    for name, subject in subjects:
        before = locking_rule(holding, subject) is not None
        after = locking_rule([*holding, rule], subject) is not None
        locked += after
        named += names(rule, subject)
        if after and not before:
            closed.append(name)
        elif before and not after:
            opened.append(name)
    return Preview(len(subjects), named, locked, closed, opened)


class Effects(NamedTuple):
    """How many models the rules that hold somewhere lock now, each and together."""

    total: int
    by_rule: Mapping[int, int]  # by the keys of rules that lock any

    @property
    def locked(self) -> int:
        """The number of models that are locked."""
        return sum(self.by_rule.values())

    @property
    def open_ones(self) -> str:
        """How many may run, such as "112 of 1,127 models"."""
        return f"{self.total - self.locked:,} of {counted(self.total, 'model')}"

    @property
    def sentence(self) -> str:
        """How many are locked, in a sentence."""
        if not self.locked:
            return f"All {counted(self.total, 'model')} may run here."
        return f"{self.locked:,} of {counted(self.total, 'model')} are locked here."


def effects_in(project: Project) -> Effects:
    """Return what holds in a project, its own rules and the house's. Two queries."""
    return effects(list(Rule.objects.holding_in([project])))


def effects(rules: Sequence[Rule]) -> Effects:
    """Return what the rules that hold in a project lock now. One query."""
    if not rules:
        return Effects(_runnable().count(), {})
    subjects = _subjects()
    deciding = (locking_rule(rules, subject) for _, subject in subjects)
    return Effects(len(subjects), Counter(rule.pk for rule in deciding if rule))


def _runnable() -> EndpointQuerySet:
    return Endpoint.objects.listed().exclude(standing=Standing.BLOCKED)


def _subjects() -> list[tuple[str, Subject]]:
    """Return the models that could be run, with their names, by their ids."""
    rows = _runnable().order_by("endpoint_id").values_list("full_name", *Listing._fields)
    subjects = ((name, Listing._make(columns)) for name, *columns in rows)
    return [(name or listing.endpoint_id, Subject(listing)) for name, listing in subjects]
