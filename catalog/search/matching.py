"""What the words of a question find, and how well.

Each word, or group of words that belong together, gives every endpoint that has it a depth: 0 where
it stands in the name, more the further down it stands. An endpoint that has all of them is ranked
by the sum. What was typed comes before what merely means the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import chain
from operator import add, itemgetter
from typing import NamedTuple

from catalog.filters.conditions import parse_condition
from catalog.search import spelling
from catalog.search.index import Index
from catalog.search.tokenizer import STOP, Token, Unit, group_tokens, tokenize

# The word itself in the name; another form of it there, or in a label; a beginning in a label; …
NAME, NEAR, LABEL, DESCRIPTION, FIELD = 0, 1, 2, 4, 7
WHOLE_NAME, NAME_BEGINNING = -2, -1  # the question is the name, or the name begins with it
Depths = dict[int, int]  # place → depth, the smaller the better
_OPEN_FROM = 2  # letters; a shorter word is whole, not the beginning of one
_GLUED_FROM = 5
FEW = 8  # with fewer answers than this, what has most of the words is offered beside them
_PER_GROUP = 1000  # more than any sum of depths


class Phrase(NamedTuple):
    """Words that stand in a row, and how deep they are in names, labels, descriptions and fields.

    A depth of None stands for a text in which they are not looked for. If `is_open`, the last word
    may be the beginning of one.
    """

    words: Sequence[str]
    depths: tuple[int | None, ...]
    is_open: bool = False


@dataclass(frozen=True)
class Found:
    """What a question finds.

    `scores` ranks each place, the smallest first; `used` are the words that were compared with the
    catalogue, `corrected` the misspelt ones (typed → meant), `missed` the words set aside because
    nothing has all of them, `alike` the synonyms looked for. `near` ranks places with most words,
    where few have all; `is_weak` says that no name, label or description has all words.
    """

    scores: Mapping[int, int]
    used: tuple[str, ...]
    corrected: tuple[tuple[str, str], ...] = ()
    missed: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    near: Mapping[int, int] = field(default_factory=dict)
    is_weak: bool = False

    def is_sure(self, place: int) -> bool:
        """Whether names and labels alone say it, more or less."""
        return self.scores[place] <= LABEL * len(self.used)

    @property
    def places(self) -> Set[int]:
        """All that was found."""
        return self.scores.keys()


def match(index: Index, text: str) -> Found:
    """What a text finds.

    A word found nowhere is corrected; words are set aside only when nothing has all of them.
    """
    tokens = tokenize(text)
    corrected: tuple[tuple[str, str], ...] = ()
    units, depths = _look_up(index, tokens)
    if not all(depths):
        tokens, corrected = _correct(index, tokens, units, depths)
        units, depths = _look_up(index, tokens) if corrected else (units, depths)
    alike = tuple(dict.fromkeys(chain.from_iterable(unit.alike for unit in units)))
    in_name = _name_scores(index, tokens)
    complete = _having_all(depths) | in_name
    if not complete and len(units) > 1:
        kept, near = _having_most(index, units, depths)
        best = {place: score for place, score in near.items() if score < _PER_GROUP}
        used = tuple(unit.text for number, unit in enumerate(units) if number in kept)
        missed = tuple(unit.text for number, unit in enumerate(units) if number not in kept)
        return Found(best, used, corrected, missed, alike, near, is_weak=True)
    shallow = [{p: d for p, d in found.items() if d < FIELD} for found in depths]
    _, near = _having_most(index, units, shallow) if len(complete) < FEW else ((), {})
    used = tuple(token.text for token in tokens)
    is_weak = not (in_name or _having_all(shallow))
    return Found(complete, used, corrected, (), alike, near, is_weak)


def _look_up(index: Index, tokens: list[Token]) -> tuple[list[Unit], list[Depths]]:
    """The tokens as units, and where each of these is."""
    units = group_tokens(index.is_word, tokens)
    return units, [_unit_depths(index, unit) for unit in units]


def _having_all(depths: Sequence[Depths], join: Callable[[int, int], int] = add) -> Depths:
    """The places that have all of it, with their depths joined: the sum, or the deepest."""
    if not depths:
        return {}
    found, *others = sorted(depths, key=len)
    for other in others:
        found = {
            place: join(depth, other[place]) for place, depth in found.items() if place in other
        }
    return found


def _having_most(
    index: Index, units: list[Unit], depths: list[Depths]
) -> tuple[frozenset[int], Depths]:
    """Those that have most units but not all, by score, and which units the best of them have.

    Given up first is what is said aside, then what is no task that people have a word for, then
    what is common. The best have scores below `_PER_GROUP`.
    """
    had: dict[int, list[int]] = defaultdict(list)
    for number, found in enumerate(depths):
        for place in found:
            had[place].append(number)
    groups = {place: frozenset(has) for place, has in had.items() if len(has) < len(units)}

    def worth(group: frozenset[int]) -> tuple[int, int, int, float]:
        heads = sum(not units[number].is_aside for number in group)
        tasks = sum(bool(units[number].alike) for number in group)
        rarity = sum((len(index.keys) / len(depths[number])) ** 0.5 for number in group)
        return len(group), heads, tasks, rarity

    ranked = sorted(dict.fromkeys(groups.values()), key=worth, reverse=True)
    ranks = {group: rank * _PER_GROUP for rank, group in enumerate(ranked)}
    scores = {p: ranks[group] + sum(depths[n][p] for n in group) for p, group in groups.items()}
    return ranked[0] if ranked else frozenset(), scores


def _name_scores(index: Index, tokens: list[Token]) -> Depths:
    """Where the words are the whole name, and where the name begins with them."""
    words = [word for token in tokens for word in token.words]
    if not words:
        return {}
    begun = index.names.beginning_with(words)
    first = "".join(words[:2])
    if len(words) > 1 and index.is_word(first):  # `sam 2` begins sam2/video
        begun = [*begun, *index.names.beginning_with([first, *words[2:]])]
    return dict.fromkeys(begun, NAME_BEGINNING) | dict.fromkeys(
        index.names.named(words), WHOLE_NAME
    )


def _unit_depths(index: Index, unit: Unit) -> Depths:
    """Where the tokens of a unit stand together, or what says the same."""
    words = tuple(word for token in unit.tokens for word in token.words)
    if len(unit.tokens) > 1 and any(token.text in STOP for token in unit.tokens):
        found = _find(index, *_literal(Token(unit.text, words)))
    else:
        is_alone = not unit.alike
        each = [_token_depths(index, one, is_alone=is_alone) for one in unit.tokens]
        found = _having_all(each, max)
    if unit.joined:
        found = _least(found, _find(index, *_literal(Token(unit.joined, (unit.joined,)))))
    return _least(found, _alike_depths(index, unit.alike)) if unit.alike else found


def _token_depths(index: Index, token: Token, *, is_alone: bool) -> Depths:
    """One token: as typed, taken apart where names join or split it, and in its other forms."""
    phrases = _literal(token)
    if token.is_quoted or len(token.words) > 2:
        return _find(index, *phrases)
    joined, parts = "".join(token.words), spelling.parts(token.text)
    if len(token.words) == 1 and (stem := spelling.stem(joined)) != joined:
        phrases.append(Phrase([stem], (NEAR, LABEL, DESCRIPTION), is_open=True))
    found = _find(index, *phrases)
    if len(parts) > 1 and not spelling.version(token.text):
        if all(len(part) > 1 for part in parts if part.isalpha()):
            found = _least(found, _piece_depths(index, parts))
    elif is_alone and _may_be_several(index, token):
        found = _least(found, dict.fromkeys(index.names.glued(joined), NAME))
        if pieces := spelling.segments(joined, index.pieces):
            found = _least(found, _piece_depths(index, pieces))
    return found


def _may_be_several(index: Index, token: Token) -> bool:
    """Whether no name and no label has a word like it, so that it may be several written as one."""
    word = token.words[0]
    is_one = len(token.words) == 1 and word.isalpha() and len(word) >= _GLUED_FROM
    return is_one and not index.begins_word(word)


def _piece_depths(index: Index, pieces: list[str]) -> Depths:
    """The pieces of a word, which may themselves be short for something."""
    _, depths = _look_up(index, [Token(piece, tuple(spelling.words(piece))) for piece in pieces])
    return {place: max(depth, NEAR) for place, depth in _having_all(depths, max).items()}


def _literal(token: Token) -> list[Phrase]:
    """The words of a token as typed, the last perhaps unfinished."""
    number = spelling.version(token.text) or (token.text if token.text.isdecimal() else "")
    if number:
        return _version(number)
    if token.is_quoted or len(token.words[-1]) < _OPEN_FROM:
        return [Phrase(token.words, (NAME, NEAR, DESCRIPTION, FIELD))]
    begun = Phrase(token.words, (NEAR, LABEL, DESCRIPTION, FIELD), is_open=True)
    return [Phrase(token.words, (NAME, NEAR)), begun]


def _version(number: str) -> list[Phrase]:
    """`2.1` is also written `v2.1` and `21`; `2` is the beginning of `2.1`, not of `20`."""
    first, *rest = number.split(".")
    return [
        Phrase([number], (NAME, NEAR, DESCRIPTION)),
        Phrase([f"{number}."], (NEAR, LABEL), is_open=True),
        *([Phrase(["".join([first, *rest])], (NEAR,))] if rest else []),
        Phrase([first, *rest], (None, None, DESCRIPTION, FIELD)),
        Phrase([f"v{first}", *rest], (None, None, DESCRIPTION, FIELD)),
    ]


def _alike_depths(index: Index, alike: tuple[str, ...]) -> Depths:
    """Other ways to say it: never as good as the words typed, never looked for in fields.

    The table of synonyms has few lines, so what each finds is kept with the index.
    """
    if alike not in index.synonym_depths:
        depths = (LABEL, DESCRIPTION, DESCRIPTION)
        texts = (way for way in alike if ":" not in way)
        found = _find(
            index, *(Phrase(spelling.words(way), depths, way.endswith("*")) for way in texts)
        )
        asked = (parse_condition(*way.split(":", 1)) for way in alike if ":" in way)
        for condition in filter(None, asked):
            found = _least(found, dict.fromkeys(index.having(condition), DESCRIPTION))
        index.synonym_depths[alike] = found
    return index.synonym_depths[alike]


def _find(index: Index, *phrases: Phrase) -> Depths:
    """Where any of the phrases stands, each place with its smallest depth."""
    texts = (index.names, index.labels, index.descriptions, index.fields)
    found = [
        (depth, text.find(phrase.words, is_open=phrase.is_open))
        for phrase in phrases
        for text, depth in zip(texts, phrase.depths, strict=False)
        if depth is not None
    ]
    depths: Depths = {}
    for depth, places in sorted(found, key=itemgetter(0), reverse=True):  # better ones overwrite
        depths |= dict.fromkeys(places, depth)
    return depths


def _least(found: Depths, other: Depths) -> Depths:
    """Two ways to say it: of both depths the smaller."""
    if not found or not other:
        return found or other
    return other | {p: min(depth, other.get(p, depth)) for p, depth in found.items()}


def _correct(
    index: Index, tokens: list[Token], units: list[Unit], depths: list[Depths]
) -> tuple[list[Token], tuple[tuple[str, str], ...]]:
    """The tokens with misspelt ones replaced, and what became of those; what is found stays."""
    changes: dict[Token, str] = {}
    for unit in (unit for unit, found in zip(units, depths, strict=True) if not found):
        for token in unit.tokens:
            word = token.words[0]
            is_lost = not token.is_quoted and len(token.words) == 1 and word not in index.vocabulary
            if meant := spelling.correction(word, index.vocabulary) if is_lost else "":
                changes[token] = meant
    corrected = [Token(changes[t], (changes[t],)) if t in changes else t for t in tokens]
    return corrected, tuple((token.text, meant) for token, meant in changes.items())
