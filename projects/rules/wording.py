"""Rules in words, and the sentences of a refusal: which rule, why, and whom to ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accounts import roles as house_roles
from catalog.filters.conditions import asked_length
from catalog.filters.labels import describe
from catalog.filters.query_parser import parse_query
from core.formatting import category_name
from projects import roles
from projects.models import Rule

if TYPE_CHECKING:
    from projects.models import Project

Kind = Rule.Kind
_ENDS = (".", "!", "?", "…")


def in_words(rule: Rule) -> str:
    """Return a rule in words: `Allow only models marked approved`."""
    return f"{rule.get_effect_display()} {models_in_words(rule)}"


def models_in_words(rule: Rule) -> str:
    """Return the models that a rule names, in words: `models of kling`."""
    match rule.kind:
        case Kind.ID:
            return f"models {rule.value}" if "*" in rule.value else rule.value
        case Kind.OWNER:
            return f"models of {rule.value}"
        case Kind.CATEGORY:
            return f"models of the category {category_name(rule.value)}"
        case Kind.MARK:
            return f"models marked {rule.value}"
        case _:
            conditions = parse_query(rule.value).conditions
            seconds = asked_length(conditions)
            described = (describe(condition, seconds) for condition in conditions)
            return f"models with: {', '.join(described)}"


def refusal(rule: Rule, model: str, ask: str) -> str:
    """Return why a run of a model is refused; `ask` is the sentence of `whom_to_ask`."""
    owner_phrase = f"the project “{rule.project}”" if rule.project else "the house"
    return f"{model} is {_locked_by(rule, owner_phrase)} {ask} if it should run here."


def in_place(rule: Rule) -> str:
    """Return why a model is locked, for its card in the rule's project. No query."""
    text = _locked_by(rule, "this project" if rule.project_id else "the house")
    return f"{text[:1].upper()}{text[1:]}"


def whom_to_ask(project: Project | None) -> str:
    """Return "Ask Ada or Ben", who can change the rules of a project, or of the house (None).

    One query.
    """
    return roles.ask(project) if project else house_roles.whom_to_ask()


def _locked_by(rule: Rule, owner_phrase: str) -> str:
    """Return "locked by a rule of the house: “Forbid models of acme”. Not licensed."."""
    locked = f"locked by a rule of {owner_phrase}: “{in_words(rule)}”."
    return f"{locked} {_ended(rule.reason)}" if rule.reason else locked


def _ended(text: str) -> str:
    return text if text.endswith(_ENDS) else f"{text}."
