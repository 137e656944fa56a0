"""Which rule locks a model: pure functions of rules and a model's listing.

There are two lists: the rules of the house, which hold everywhere, and those of the run's project.
Each rule names models: by id (exact, or with `*`), owner, category, mark, or a question in the
gallery's language. It has one of these effects on them:

- *Forbid* locks the models that it names.
- *Allow only* locks the models that no rule of its list names. Several are alternatives.
- *Allow* makes an exception: it opens models that a wider rule of its list, or the house, locks.

Within one list the rule that names a model most narrowly decides (`width`); of two that are equally
narrow, the one that forbids. Between the lists, the first of these that applies decides:

1. A *binding* rule of the house locks the model, and no narrower rule of the house opens it.
2. The project's list locks it.
3. An "Allow" rule of the project opens it, even if the house locks it. "Allow only" opens nothing:
   a project that restricts itself has asked for no exception.
4. The house's list locks it.

Without rules every model is open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from catalog.filters.conditions import asked_length
from catalog.filters.facts import Listing, facts_of
from catalog.filters.query_parser import parse_query
from catalog.models import Mark
from projects.models import Rule

Effect, Kind = Rule.Effect, Rule.Kind
UNMARKED = "unmarked"  # the mark of models without a status by curators
MARKS = (Mark.APPROVED.value, Mark.EXPERIMENTAL.value, UNMARKED)
NO_CATEGORY = "unknown"
_EXACT, _WITHIN_OWNER, _OWNER, _CATEGORY, _MARK, _QUESTION, _ACROSS_OWNERS = range(7)
_WIDTHS = {
    Kind.OWNER: _OWNER,
    Kind.CATEGORY: _CATEGORY,
    Kind.MARK: _MARK,
    Kind.QUESTION: _QUESTION,
}
_RANKS = {Effect.FORBID: 0, Effect.ALLOW: 1, Effect.ONLY: 2}


@dataclass(frozen=True)
class Subject:
    """A model to which rules apply, with its columns of the catalogue."""

    listing: Listing

    @cached_property
    def owner(self) -> str:
        """The first part of its id."""
        return self.listing.endpoint_id.partition("/")[0]

    @property
    def category(self) -> str:
        """Its category; `unknown` for models without one."""
        return self.listing.category or NO_CATEGORY

    @property
    def mark(self) -> str:
        """The status that curators gave it, or `unmarked`."""
        return self.listing.mark or UNMARKED

    @cached_property
    def facts(self) -> tuple[str, ...]:
        """Its facts, to which questions apply."""
        return facts_of(self.listing)


def locking_rule(rules: Sequence[Rule], subject: Subject) -> Rule | None:
    """Return the rule that locks a model in a project; None if it may run there.

    `rules` are the house's and those of the one project, in any order.
    """
    house = [rule for rule in rules if rule.project_id is None]
    own = [rule for rule in rules if rule.project_id is not None]
    if rule := _locked_by(house, subject, is_binding=True):
        return rule
    if rule := _locked_by(own, subject):
        return rule
    if any(rule.effect == Effect.ALLOW and names(rule, subject) for rule in own):
        return None
    return _locked_by(house, subject)


def names(rule: Rule, subject: Subject) -> bool:
    """Return whether a rule names a model."""
    match rule.kind:
        case Kind.ID:
            return _is_like(subject.listing.endpoint_id, rule.value)
        case Kind.OWNER:
            return rule.value == subject.owner
        case Kind.CATEGORY:
            return rule.value == subject.category
        case Kind.MARK:
            return rule.value == subject.mark
        case _:
            return _answers(rule.value, subject)


def width(rule: Rule) -> tuple[int, int]:
    """Return how widely a rule names models; the rule with the smaller width is narrower.

    The order is: an id, ids of one owner with `*` (longer ones first), an owner, a category, a
    mark, a question, and ids with `*` of any owner.
    """
    if rule.kind != Kind.ID:
        return _WIDTHS[Kind(rule.kind)], 0
    if "*" not in rule.value:
        return _EXACT, 0
    begins = rule.value.partition("*")[0]
    kind = _WITHIN_OWNER if "/" in begins else _ACROSS_OWNERS
    return kind, -len(rule.value.replace("*", ""))


def _locked_by(rules: Sequence[Rule], subject: Subject, *, is_binding: bool = False) -> Rule | None:
    """Return the rule of one list that locks a model; with `is_binding`, only one that binds.

    A model that the list opens is also open for its binding rules.
    """
    counts = [
        rule for rule in rules if rule.is_binding or not is_binding or rule.effect != Effect.FORBID
    ]
    naming = [rule for rule in counts if names(rule, subject)]
    if naming:
        narrowest = min(naming, key=lambda rule: (width(rule), _RANKS[Effect(rule.effect)]))
        return narrowest if narrowest.effect == Effect.FORBID else None
    only = [rule for rule in counts if rule.effect == Effect.ONLY]
    binding = [rule for rule in only if rule.is_binding]
    # The binding rule comes first, because it matters to people who would ask for an exception.
    return next(iter(binding if is_binding else [*binding, *only]), None)


def _is_like(endpoint_id: str, pattern: str) -> bool:
    """Whether an id matches a pattern, in which `*` stands for any text.

    Each part is searched for once, from left to right. As a regular expression, and therefore with
    `fnmatch`, `******zq` takes seconds, and nine stars take days.
    """
    first, *other_parts = pattern.split("*")
    if not other_parts:
        return endpoint_id == pattern
    *between, last = other_parts
    end = len(endpoint_id) - len(last)
    if not (endpoint_id.startswith(first) and endpoint_id.endswith(last) and len(first) <= end):
        return False
    at = len(first)
    for part in between:
        begin = endpoint_id.find(part, at, end)
        if begin < 0:
            return False
        at = begin + len(part)
    return True


def _answers(question: str, subject: Subject) -> bool:
    """Return whether a model meets all conditions of a question, as in the gallery."""
    conditions = parse_query(question).conditions
    seconds = asked_length(conditions)
    return all(condition.holds(subject.facts, seconds) for condition in conditions)
