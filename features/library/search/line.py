"""Parses the search line above the results into words, conditions and hints."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from catalog.filters.query_parser import KEYED, PIECE, Hint, nearest, replace_words
from core.typed_signs import plain_signs
from fal.db_safe import db_safe_text
from features.library.full_text import Clause, phrase
from features.library.search import conditions
from features.library.search.conditions import BY_NAME, FLAGS, IS, KEYS, BadValue, Condition, parse

MOST_CHARS = 400
MOST_PIECES = 24
TOO_MANY = f"Only the first {MOST_PIECES} words and conditions count."


@dataclass(frozen=True)
class Line:
    """A parsed line. `taken` and `looked_for` have each piece as typed, with its meaning."""

    text: str = ""
    taken: tuple[tuple[str, Condition], ...] = ()
    looked_for: tuple[tuple[str, Clause], ...] = ()
    hints: tuple[Hint, ...] = ()

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Return the conditions; alternatives of one key are joined into one condition."""
        joined: dict[object, Condition] = {}
        for place, (_, condition) in enumerate(self.taken):
            is_joined = KEYS[condition.key].joins_any and not condition.is_negated
            key = condition.key if is_joined else place
            before = joined.get(key)
            values = (*before.values, *condition.values) if before else condition.values
            joined[key] = replace(condition, values=tuple(dict.fromkeys(values)))
        return tuple(joined.values())

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """Return the clauses to search for in texts."""
        return tuple(clause for _, clause in self.looked_for)

    @property
    def reads_content(self) -> bool:
        """Whether its answer reveals something about the contents of runs."""
        return bool(self.looked_for) or any(KEYS[c.key].reads_content for _, c in self.taken)

    def values(self, key: str) -> tuple[str, ...]:
        """Return the values that a key must have."""
        return tuple(
            value
            for _, condition in self.taken
            if condition.key == key and not condition.is_negated
            for value in condition.values
        )

    def has(self, condition: Condition) -> bool:
        """Whether it has this condition."""
        return any(other == condition for _, other in self.taken)

    def without(self, piece: str) -> str:
        """Return the line without a piece."""
        return replace_words(self.text, piece)

    def with_word(self, word: str) -> str:
        """Return the line with one more word."""
        return f"{self.text} {word}".strip()


def parse_line(text: str) -> Line:
    """Parse a line; pieces that are not understood become hints, and the rest counts."""
    text = " ".join(plain_signs(db_safe_text(text[:MOST_CHARS])).split())
    read_conditions: list[tuple[str, Condition]] = []
    looked_for: list[tuple[str, Clause]] = []
    hints: list[Hint] = []
    pieces = PIECE.findall(text)
    if len(pieces) > MOST_PIECES:
        hints.append(Hint(" ".join(pieces[MOST_PIECES:]), TOO_MANY))
    for piece in pieces[:MOST_PIECES]:
        try:
            if condition := _condition(piece):
                read_conditions.append((piece, condition))
            elif clause := _clause(piece):
                looked_for.append((piece, clause))
        except BadValue as error:
            hints.append(_hint(piece, str(error)))
    return Line(text, tuple(read_conditions), tuple(looked_for), tuple(hints))


def _condition(piece: str) -> Condition | None:
    """Return the condition of a piece; None if it is a text. Raises BadValue."""
    bare = piece.lstrip("-!").casefold()
    if bare in FLAGS:
        return Condition(IS, (bare,), is_negated=piece[:1] in "-!")
    match = KEYED.fullmatch(piece)
    if match is None or match["value"].startswith("//") or not match["value"]:
        return None
    key = BY_NAME.get(match["key"].casefold())
    if key is None:
        offered = ", ".join(f"{name}:" for name in KEYS if name != IS)
        raise BadValue(f"There is no condition {match['key']}:. The conditions are {offered}.")
    return parse(key, match["value"], is_negated=bool(match["no"]))


def _clause(piece: str) -> Clause | None:
    """Return the clause for a piece; None if it has no letter, digit or sign."""
    # `--ar 16:9` is part of a prompt: only one dash negates.
    is_negated = len(piece) > 1 and piece[0] in "-!" and piece[1] != "-"
    bare = piece[1:] if is_negated else piece
    sought = phrase(bare, is_open='"' not in bare)
    return Clause((sought,), is_negated) if sought else None


def _hint(piece: str, message: str) -> Hint:
    match = KEYED.fullmatch(piece)
    key = match["key"].casefold() if match else ""
    if not match or key in BY_NAME:
        return Hint(piece, message)
    for name in nearest(key, list(BY_NAME)):
        return Hint(piece, message, f"{match['no'] or ''}{name}:{match['value']}")
    return Hint(piece, message)


def from_old_address(parameters: Iterable[tuple[str, str]]) -> str:
    """Return the line for an address of the time before lines: `?model=&state=&days=`."""
    words = []
    for name, value in parameters:
        value = value.strip()[:255].replace('"', "")
        if not value:
            continue
        if name == "model":
            words.append(Condition(conditions.MODEL, (value,)).word)
        elif name == "state" and value in conditions.STATES:
            words.append(f"state:{value}")
        elif name == "days" and value in {"1", "7", "30"}:
            words.append("after:today" if value == "1" else f"after:{value}d")
        elif name == "starred" and value == "1":
            words.append(conditions.STARRED)
        elif name == "whose":
            person = conditions.EVERYBODY if value == "*" else value
            words.append(Condition(conditions.BY, (person,)).word)
    return " ".join(words)
