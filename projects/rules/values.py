"""Parses the text that names the models of a rule; errors say what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from catalog.filters.conditions import folded
from catalog.filters.query_parser import nearest, parse_query
from catalog.filters.vocabulary import FAVOURITE, KEEPER
from catalog.models import Endpoint, Mark
from core.formatting import category_name
from fal.db_safe import db_safe_text
from projects.models import Rule
from projects.models.rule import VALUE_CHARS
from projects.rules.decision import MARKS, NO_CATEGORY

Kind = Rule.Kind
EMPTY = {
    Kind.ID: "Write a model's id, such as fal-ai/flux/dev. A * stands for any text: fal-ai/flux/*",
    Kind.OWNER: "Write a maker: the first part of models' ids.",
    Kind.CATEGORY: "Write a category, such as text-to-video.",
    Kind.MARK: f"Write a mark: {', '.join(MARKS)}.",
    Kind.QUESTION: "Write a question, such as license:commercial or price:<0.5",
}


def read(kind: str, text: str) -> str:
    """Return the value in the spelling that rules compare; raises ValueError with a message."""
    text = " ".join(db_safe_text(text).split())
    if not text:
        raise ValueError(EMPTY[Kind(kind)])
    if len(text) > VALUE_CHARS:
        raise ValueError(f"This is longer than {VALUE_CHARS} characters.")
    return _READERS[Kind(kind)](text)


def owners() -> list[str]:
    """Return the owners of the models of the catalogue, by name."""
    return sorted(set(Endpoint.objects.order_by().values_list("owner", flat=True).distinct()))


def categories() -> list[str]:
    """Return the categories of the catalogue, by name."""
    rows = Endpoint.objects.order_by().values_list("category", flat=True).distinct()
    return sorted({category or NO_CATEGORY for category in rows})


def _id(text: str) -> str:
    if "*" in text or Endpoint.objects.filter(endpoint_id=text).exists():
        return text
    raise ValueError(f"No model here has the id “{text}”. A * stands for any text: {text}*")


def _owner(text: str) -> str:
    return _one_of(owners(), text, f"No model here has the maker “{text}”.")


def _category(text: str) -> str:
    existing = categories()
    by_name = {folded(category_name(category)): category for category in existing}
    return by_name.get(folded(text)) or _one_of(existing, text, f"There is no category “{text}”.")


def _mark(text: str) -> str:
    if folded(text) == Mark.BLOCKED:
        raise ValueError("Blocked models run nowhere, so they need no rule.")
    known_marks = ", ".join(MARKS)
    return _one_of(MARKS, text, f"There is no mark “{text}”. There are: {known_marks}.")


def _question(text: str) -> str:
    parsed = parse_query(text)
    if parsed.hints and not parsed.conditions:
        raise ValueError(f"“{text}” is not a question that a rule can ask. {EMPTY[Kind.QUESTION]}")
    if parsed.hints:
        hint = parsed.hints[0]
        suggestion = f" Did you mean {hint.suggestion}?" if hint.suggestion else ""
        raise ValueError(f"“{hint.word}” is not understood.{suggestion}")
    if parsed.text or parsed.sort:
        words = parsed.text or parsed.sort_words
        raise ValueError(
            f"“{words}” is only text to search for. A rule needs conditions, such as "
            "license:commercial."
        )
    if any(condition.accepts(FAVOURITE) for condition in parsed.conditions):
        raise ValueError("Each person stars other models, so a rule cannot ask for stars.")
    if any(condition.key == KEEPER for condition in parsed.conditions):
        raise ValueError("Each project has other records, so a rule cannot ask for them.")
    return text


def _one_of(known_values: Iterable[str], text: str, wrong: str) -> str:
    spellings = {folded(value): value for value in known_values}
    if match := spellings.get(folded(text)):
        return match
    like = nearest(folded(text), list(spellings))
    raise ValueError(f"{wrong} Did you mean {spellings[like[0]]}?" if like else wrong)


_READERS: dict[Rule.Kind, Callable[[str], str]] = {
    Kind.ID: _id,
    Kind.OWNER: _owner,
    Kind.CATEGORY: _category,
    Kind.MARK: _mark,
    Kind.QUESTION: _question,
}
