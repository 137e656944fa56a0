"""What the words of a question find, and how well.

Each word, or group of words that belong together, gives every endpoint that has it a depth: 0 where
it stands in the name, more the further down it stands. An endpoint that has all of them is ranked
by the sum. What was typed comes before what merely means the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from itertools import chain, permutations

from catalog.filters.conditions import parse_condition
from catalog.search import spelling, synonyms
from catalog.search.full_text import TextIndex
from catalog.search.index import Index
from catalog.search.tokenizer import Token, Unit, group_tokens, tokenize

# The word itself in the name; another form of it there, or in a label; a beginning in a label; …
NAME, NEAR, LABEL, DESCRIPTION, FIELD = 0, 1, 2, 4, 7
WHOLE_NAME, NAME_BEGINNING = -2, -1  # the question is the name, or the name begins with it
Depths = dict[int, int]  # place → depth, the smaller the better
_OPEN_FROM = 2  # letters; a shorter word is whole, not the beginning of one
_GLUED_FROM = 5
_ANY_ORDER = 3  # so many words are looked for as a name in every order
FEW = 8  # with fewer answers than this, what has most of the words is offered beside them
_PER_GROUP = 1000  # more than any sum of depths


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
    units = group_tokens(index.is_word, tokens)
    depths = [_unit_depths(index, unit) for unit in units]
    corrected: tuple[tuple[str, str], ...] = ()
    if not all(depths):
        tokens, corrected = _correct(index, tokens, units, depths)
        if corrected:
            units = group_tokens(index.is_word, tokens)
            depths = [_unit_depths(index, unit) for unit in units]
    alike = tuple(dict.fromkeys(chain.from_iterable(unit.alike for unit in units)))
    in_name = _name_scores(index, tokens)
    complete = _having_all(depths)
    if not (complete or in_name or len(units) < 2):
        kept, best, rest = _having_most(index, units, depths)
        used = tuple(unit.text for place, unit in enumerate(units) if place in kept)
        missed = tuple(unit.text for place, unit in enumerate(units) if place not in kept)
        return Found(best, used, corrected, missed, alike, rest, is_weak=True)
    shallow = [{p: d for p, d in found.items() if d < FIELD} for found in depths]
    near: Depths = {}
    if len(units) > 1 and len(complete) < FEW:
        _, best, rest = _having_most(index, units, shallow)
        near = best | rest
    used = tuple(token.text for token in tokens)
    is_weak = not (in_name or _having_all(shallow))
    return Found(complete | in_name, used, corrected, (), alike, near, is_weak)


def _having_all(depths: Sequence[Depths]) -> Depths:
    """The places that have all units, with the sum of their depths."""
    if not depths:
        return {}
    first, *others = sorted(depths, key=len)
    found = first
    for other in others:
        found = {place: depth + other[place] for place, depth in found.items() if place in other}
    return found


def _having_most(
    index: Index, units: list[Unit], depths: list[Depths]
) -> tuple[frozenset[int], Depths, Depths]:
    """Those that have most units but not all: the units of the best group, its places, the others'.

    Given up first is what is said aside, then what is no task that people have a word for, then
    what is common.
    """
    had: dict[int, list[int]] = {}
    for number, found in enumerate(depths):
        for place in found:
            had.setdefault(place, []).append(number)
    groups: dict[frozenset[int], list[int]] = {}
    for place, numbers in had.items():
        if len(numbers) < len(units):
            groups.setdefault(frozenset(numbers), []).append(place)

    def worth(group: frozenset[int]) -> tuple[int, int, int, float]:
        heads = sum(not units[number].is_aside for number in group)
        tasks = sum(bool(units[number].alike) for number in group)
        rarity = sum((len(index.keys) / len(depths[number])) ** 0.5 for number in group)
        return len(group), heads, tasks, rarity

    ranked = sorted(groups, key=worth, reverse=True)
    scores = [
        {p: rank * _PER_GROUP + sum(depths[n][p] for n in group) for p in groups[group]}
        for rank, group in enumerate(ranked)
    ]
    rest = {place: score for found in scores[1:] for place, score in found.items()}
    return (ranked[0], scores[0], rest) if ranked else (frozenset(), {}, {})


def _name_scores(index: Index, tokens: list[Token]) -> Depths:
    """Where the words are the whole name, and where the name begins with them.

    A few words are the name in any order, unless one endpoint is named in the order typed.
    """
    words = [word for token in tokens for word in token.words]
    if not words:
        return {}
    named: Iterable[int] = index.names.named(words)
    if not named and 1 < len(tokens) <= _ANY_ORDER:
        orders = (chain.from_iterable(t.words for t in order) for order in permutations(tokens))
        named = index.names.named_in_one_of(set(map(tuple, orders)))
    begun = index.names.beginning_with(words)
    first = "".join(words[:2])
    if len(words) > 1 and index.is_word(first):  # `sam 2` begins sam2/video
        begun = [*begun, *index.names.beginning_with([first, *words[2:]])]
    return dict.fromkeys(begun, NAME_BEGINNING) | dict.fromkeys(named, WHOLE_NAME)


def _unit_depths(index: Index, unit: Unit) -> Depths:
    words = tuple(word for token in unit.tokens for word in token.words)
    if len(unit.tokens) > 1 and any(token.text in synonyms.STOP for token in unit.tokens):
        # Words of fields are kept once each: little words never stand in a row there.
        found = _literal(index, Token(unit.text, words), has_fields=False)
    else:
        is_alone = not unit.alike
        found = _all_of([_token_depths(index, one, is_alone=is_alone) for one in unit.tokens])
    if unit.joined:
        _merge(found, _literal(index, Token(unit.joined, (unit.joined,))))
    if unit.alike:
        _merge(found, _alike_depths(index, unit.alike))
    return found


def _token_depths(index: Index, token: Token, *, is_alone: bool) -> Depths:
    """One token: as typed, taken apart where names join or split it, and in its other forms."""
    found = _literal(index, token)
    if token.is_quoted or len(token.words) > 2:
        return found
    joined = "".join(token.words)
    parts = spelling.parts(token.text)
    if len(parts) > 1 and not spelling.version(token.text):
        if all(len(part) > 1 for part in parts if part.isalpha()):
            _merge(found, _piece_depths(index, parts))
    elif is_alone and _may_be_several(index, token):
        _merge(found, dict.fromkeys(index.names.glued(joined), NAME))
        if pieces := spelling.segments(joined, index.pieces):
            _merge(found, _piece_depths(index, pieces))
    if len(token.words) == 1 and (stem := spelling.stem(joined)) != joined:
        _merge(
            found, _phrase_depths(index, [stem], is_open=True, depths=(NEAR, LABEL, DESCRIPTION))
        )
    return found


def _may_be_several(index: Index, token: Token) -> bool:
    """Whether no name and no label has a word like it, so that it may be several written as one."""
    word = token.words[0]
    is_one = len(token.words) == 1 and word.isalpha() and len(word) >= _GLUED_FROM
    return is_one and not index.begins_word(word)


def _piece_depths(index: Index, pieces: list[str]) -> Depths:
    """The pieces of a word, which may themselves be short for something."""
    tokens = [Token(piece, tuple(spelling.words(piece))) for piece in pieces]
    found = _all_of([_unit_depths(index, unit) for unit in group_tokens(index.is_word, tokens)])
    return {place: max(depth, NEAR) for place, depth in found.items()}


def _literal(index: Index, token: Token, *, has_fields: bool = True) -> Depths:
    """Where the words of a token stand in a row, the last perhaps unfinished."""
    number = spelling.version(token.text) or (token.text if token.text.isdecimal() else "")
    if number:
        return _version_depths(index, number)
    words = token.words
    is_open = not token.is_quoted and len(words[-1]) >= _OPEN_FROM
    depths = (NEAR if is_open else NAME, LABEL if is_open else NEAR, DESCRIPTION)
    found = _phrase_depths(index, words, is_open=is_open, depths=depths)
    if has_fields:
        _deepen(found, index.fields, words, is_open=is_open)
    if is_open:
        _merge(found, dict.fromkeys(index.labels.find(words), NEAR))
        _merge(found, dict.fromkeys(index.names.find(words), NAME))
    return found


def _version_depths(index: Index, number: str) -> Depths:
    """`2.1` is also written `v2.1` and `21`; `2` is the beginning of `2.1`, not of `20`."""
    first, *rest = number.split(".")
    found = _phrase_depths(index, [number], depths=(NAME, NEAR, DESCRIPTION))
    _merge(found, _phrase_depths(index, [f"{number}."], is_open=True, depths=(NEAR, LABEL)))
    if rest:
        _merge(found, dict.fromkeys(index.names.find([number.replace(".", "")]), NEAR))
    for words in ([first, *rest], [f"v{first}", *rest]):
        _merge(found, dict.fromkeys(index.descriptions.find(words), DESCRIPTION))
        _deepen(found, index.fields, words)
    return found


def _alike_depths(index: Index, alike: tuple[str, ...]) -> Depths:
    """Other ways to say it: never as good as the words typed, never looked for in fields.

    The table of synonyms has few lines, so what each finds is kept with the index.
    """
    if alike in index.synonym_depths:
        return index.synonym_depths[alike]
    found: Depths = {}
    for way in alike:
        key, _, value = way.partition(":")
        if value:
            asked = parse_condition(key, value)
            _merge(found, dict.fromkeys(index.having(asked) if asked else (), DESCRIPTION))
        else:
            depths = (LABEL, DESCRIPTION, DESCRIPTION)
            words, is_open = spelling.words(way), way.endswith("*")
            _merge(found, _phrase_depths(index, words, is_open=is_open, depths=depths))
    index.synonym_depths[alike] = found
    return found


def _phrase_depths(
    index: Index, words: Sequence[str], *, is_open: bool = False, depths: tuple[int, ...]
) -> Depths:
    """Where words stand in a row; `depths` are those of names, labels and descriptions."""
    found: Depths = {}
    texts = (index.names, index.labels, index.descriptions)
    for text, depth in reversed([*zip(texts, depths, strict=False)]):  # better ones overwrite
        found |= dict.fromkeys(text.find(words, is_open=is_open), depth)
    return found


def _deepen(found: Depths, text: TextIndex, words: Sequence[str], *, is_open: bool = False) -> None:
    """Add the places that only a text of the lowest rank has."""
    for place in text.find(words, is_open=is_open):
        found.setdefault(place, FIELD)


def _merge(found: Depths, other: Depths) -> None:
    """Another way to say it: of both depths the better."""
    for place, depth in other.items():
        if depth < found.get(place, _PER_GROUP):
            found[place] = depth


def _all_of(depths: list[Depths]) -> Depths:
    """What has to be found together: as deep as the deepest of them."""
    first, *others = depths
    for other in others:
        first = {
            place: max(depth, other[place]) for place, depth in first.items() if place in other
        }
    return first


def _correct(
    index: Index, tokens: list[Token], units: list[Unit], depths: list[Depths]
) -> tuple[list[Token], tuple[tuple[str, str], ...]]:
    """The tokens with misspelt ones replaced, and what became of those; what is found stays."""
    lost = {
        token
        for unit, found in zip(units, depths, strict=True)
        if not found
        for token in unit.tokens
        if not token.is_quoted and len(token.words) == 1
    }
    corrected: list[Token] = []
    changes: list[tuple[str, str]] = []
    for token in tokens:
        meant = ""
        if token in lost and token.words[0] not in index.vocabulary:
            meant = spelling.correction(token.words[0], index.vocabulary)
        if meant:
            changes.append((token.text, meant))
        corrected.append(Token(meant, (meant,)) if meant else token)
    return corrected, tuple(changes)
