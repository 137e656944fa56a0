"""Finds the endpoints that match a query's words, and ranks them.

Each word, or group of words that belong together, gives every endpoint that contains it a depth: 0
in the name, and larger in less important texts. An endpoint that has all of them is ranked by the
sum. Words as typed rank before their synonyms.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from operator import add, itemgetter
from typing import NamedTuple

from catalog.filters.conditions import parse_condition
from catalog.search import spelling
from catalog.search.index import Index
from catalog.search.tokenizer import STOP, Token, Unit, group_tokens, tokenize

# The word itself in the name; another form of it there, or in a label; a beginning in a label; …
NAME, NEAR, LABEL, DESCRIPTION, FIELD = 0, 1, 2, 4, 7
WHOLE_NAME, NAME_BEGINNING = -2, -1  # the query is the name, or a beginning of it
Depths = dict[int, int]  # place → depth, the smaller the better
_OPEN_FROM = 2  # letters; a shorter word is not treated as a prefix
_GLUED_FROM = 5
FEW = 8  # with fewer results, those with most of the words are offered too
_PER_GROUP = 1000  # larger than any sum of depths


class Phrase(NamedTuple):
    """Consecutive words, and their depths in names, labels, descriptions and fields.

    None means that a kind of text is not searched. If `is_open`, the last word may be a prefix.
    """

    words: Sequence[str]
    depths: tuple[int | None, ...]
    is_open: bool = False


@dataclass(frozen=True)
class QueryMatches:
    """The matches of a query.

    `scores` ranks each place, smallest first; `used` are the words that were searched for,
    `corrected` the misspelt ones (typed → meant), `missed` the words ignored because nothing has
    all of them. `near` ranks places with most words, if few have all; `is_weak` says that no name,
    label or description has all words.
    """

    scores: Mapping[int, int]
    used: tuple[str, ...]
    corrected: tuple[tuple[str, str], ...] = ()
    missed: tuple[str, ...] = ()
    near: Mapping[int, int] = field(default_factory=dict)
    is_weak: bool = False

    def is_sure(self, place: int) -> bool:
        """Whether names and labels alone match, more or less."""
        return place in self.scores and self.scores[place] <= LABEL * len(self.used)

    @property
    def places(self) -> Set[int]:
        """All matching places."""
        return self.scores.keys()


def match(index: Index, text: str) -> QueryMatches:
    """Return the matches of a text.

    A word without matches is corrected; words are ignored only if nothing has all of them.
    """
    tokens = tokenize(text)
    corrected: tuple[tuple[str, str], ...] = ()
    units, depths = _look_up(index, tokens)
    if not all(depths):
        tokens, corrected = _correct(index, tokens, units, depths)
        units, depths = _look_up(index, tokens) if corrected else (units, depths)
    # "FLUX.1 [dev]", "fal-ai/flux/dev" and "flux dev" are one name.
    in_name = _name_scores(index, tokens)
    complete = _intersect(depths) | in_name
    if not complete and len(units) > 1:
        used_units, near = _partial_matches(index, units, depths)
        best = {place: score for place, score in near.items() if score < _PER_GROUP}
        used_texts = tuple(unit.text for number, unit in enumerate(units) if number in used_units)
        missed = tuple(unit.text for number, unit in enumerate(units) if number not in used_units)
        return QueryMatches(best, used_texts, corrected, missed, near, is_weak=True)
    shallow = [{p: d for p, d in of_unit.items() if d < FIELD} for of_unit in depths]
    _, near = _partial_matches(index, units, shallow) if len(complete) < FEW else ((), {})
    used_texts = tuple(token.text for token in tokens)
    is_weak = not (in_name or _intersect(shallow))
    return QueryMatches(complete, used_texts, corrected, (), near, is_weak)


def _look_up(index: Index, tokens: list[Token]) -> tuple[list[Unit], list[Depths]]:
    """Return the tokens as units, and the depths of each unit."""
    units = group_tokens(index.is_word, tokens)
    return units, [_unit_depths(index, unit) for unit in units]


def _intersect(depths: Sequence[Depths], join: Callable[[int, int], int] = add) -> Depths:
    """Return the places that have all units, with the sum or the maximum of their depths."""
    if not depths:
        return {}
    common, *other_depths = sorted(depths, key=len)
    for other in other_depths:
        common = {
            place: join(depth, other[place]) for place, depth in common.items() if place in other
        }
    return common


def _partial_matches(
    index: Index, units: list[Unit], depths: list[Depths]
) -> tuple[frozenset[int], Depths]:
    """Return the units of the best places that have most units but not all, and their scores.

    Places with more units come first; ties are decided by the number of main units (not asides),
    of units with synonyms, and by rarity. The best have scores below `_PER_GROUP`.
    """
    unit_numbers: dict[int, list[int]] = defaultdict(list)
    for number, of_unit in enumerate(depths):
        for place in of_unit:
            unit_numbers[place].append(number)
    groups = {place: frozenset(has) for place, has in unit_numbers.items() if len(has) < len(units)}

    def worth(group: frozenset[int]) -> tuple[int, int, int, float]:
        # "avatar from audio": what follows `from` says less than what comes before.
        heads = sum(not units[number].is_aside for number in group)
        # A task that people have a word for ("upscale") outweighs a rarer word beside it.
        tasks = sum(bool(units[number].alike) for number in group)
        # Among equals the rarer word tells more: "hunyuan" more than "image".
        rarity = sum((len(index.keys) / len(depths[number])) ** 0.5 for number in group)
        return len(group), heads, tasks, rarity

    ranked = sorted(dict.fromkeys(groups.values()), key=worth, reverse=True)
    ranks = {group: rank * _PER_GROUP for rank, group in enumerate(ranked)}
    scores = {p: ranks[group] + sum(depths[n][p] for n in group) for p, group in groups.items()}
    return ranked[0] if ranked else frozenset(), scores


def _name_scores(index: Index, tokens: list[Token]) -> Depths:
    """Return the places where the words are the whole name or its beginning."""
    words = [word for token in tokens for word in token.words]
    if not words:
        return {}
    endpoint_places = index.names.beginning_with(words)
    first = "".join(words[:2])
    if len(words) > 1 and index.is_word(first):  # `sam 2` begins sam2/video
        endpoint_places = [*endpoint_places, *index.names.beginning_with([first, *words[2:]])]
    return dict.fromkeys(endpoint_places, NAME_BEGINNING) | dict.fromkeys(
        index.names.named(words), WHOLE_NAME
    )


def _unit_depths(index: Index, unit: Unit) -> Depths:
    """Return where a unit's tokens occur together, or a synonym of them."""
    words = tuple(word for token in unit.tokens for word in token.words)
    # "image to video" as a whole: its `to` has no meaning alone.
    if len(unit.tokens) > 1 and any(token.text in STOP for token in unit.tokens):
        depths = _find(index, *_literal(Token(unit.text, words)))
    else:
        is_alone = not unit.alike
        token_depths = [_token_depths(index, token, is_alone=is_alone) for token in unit.tokens]
        depths = _intersect(token_depths, max)
    if unit.joined:
        depths = _least(depths, _find(index, *_literal(Token(unit.joined, (unit.joined,)))))
    return _least(depths, _alike_depths(index, unit.alike)) if unit.alike else depths


def _token_depths(index: Index, token: Token, *, is_alone: bool) -> Depths:
    """Return the depths of a token as typed, split as in names, and in other forms."""
    phrases = _literal(token)
    if token.is_quoted or len(token.words) > 2:
        return _find(index, *phrases)
    joined, parts = "".join(token.words), spelling.parts(token.text)
    # "upscaling" also means "upscaler" and "upscaled", less than the word itself.
    if len(token.words) == 1 and (stem := spelling.stem(joined)) != joined:
        phrases.append(Phrase([stem], (NEAR, LABEL, DESCRIPTION), is_open=True))
    depths = _find(index, *phrases)
    # "flux1.1pro", "kling2.1", "hunyuan3d": names and versions typed without a space.
    if len(parts) > 1 and not spelling.version(token.text):
        if all(len(part) > 1 for part in parts if part.isalpha()):
            depths = _least(depths, _piece_depths(index, parts))
    # "nanobanana", "fluxkontext", "texttospeech": words that people join and names do not.
    elif is_alone and _may_be_several(index, token):
        depths = _least(depths, dict.fromkeys(index.names.glued(joined), NAME))
        if pieces := spelling.segments(joined, index.pieces):
            depths = _least(depths, _piece_depths(index, pieces))
    return depths


def _may_be_several(index: Index, token: Token) -> bool:
    """Return whether no name and no label has a similar word, so that it may be several joined."""
    word = token.words[0]
    is_one = len(token.words) == 1 and word.isalpha() and len(word) >= _GLUED_FROM
    return is_one and not index.begins_word(word)


def _piece_depths(index: Index, pieces: list[str]) -> Depths:
    """Return the depths of the pieces of a word, which may themselves be abbreviated."""
    _, depths = _look_up(
        index, [Token(piece, tuple(spelling.split_words(piece))) for piece in pieces]
    )
    return {place: max(depth, NEAR) for place, depth in _intersect(depths, max).items()}


def _literal(token: Token) -> list[Phrase]:
    """Return the phrase of a token as typed, the last word possibly incomplete."""
    # "2.1" must not find v2.10, and "2" must find 2.1.
    number = spelling.version(token.text) or (token.text if token.text.isdecimal() else "")
    if number:
        return _version(number)
    if token.is_quoted or len(token.words[-1]) < _OPEN_FROM:
        return [Phrase(token.words, (NAME, NEAR, DESCRIPTION, FIELD))]
    prefix_phrase = Phrase(token.words, (NEAR, LABEL, DESCRIPTION, FIELD), is_open=True)
    return [Phrase(token.words, (NAME, NEAR)), prefix_phrase]


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
    """Return the depths of synonyms: worse than the words typed, never searched in fields.

    The table of synonyms is small, so the results of each are cached with the index.
    """
    if alike not in index.synonym_depths:
        # "tts" finds what is described as speech, after what says "tts" itself.
        depths = (LABEL, DESCRIPTION, DESCRIPTION)
        texts = (way for way in alike if ":" not in way)
        best = _find(
            index, *(Phrase(spelling.split_words(way), depths, way.endswith("*")) for way in texts)
        )
        conditions = (parse_condition(*way.split(":", 1)) for way in alike if ":" in way)
        for condition in filter(None, conditions):
            best = _least(best, dict.fromkeys(index.having(condition), DESCRIPTION))
        index.synonym_depths[alike] = best
    return index.synonym_depths[alike]


def _find(index: Index, *phrases: Phrase) -> Depths:
    """Return the places where any of the phrases occurs, each with its smallest depth."""
    texts = (index.names, index.labels, index.descriptions, index.fields)
    occurrences = [
        (depth, text.find(phrase.words, is_open=phrase.is_open))
        for phrase in phrases
        for text, depth in zip(texts, phrase.depths, strict=False)
        if depth is not None
    ]
    depths: Depths = {}
    occurrences.sort(key=itemgetter(0), reverse=True)  # so that better ones overwrite
    for depth, places in occurrences:
        depths |= dict.fromkeys(places, depth)
    return depths


def _least(depths: Depths, other: Depths) -> Depths:
    """Merge two results, keeping the smaller depth."""
    if not depths or not other:
        return depths or other
    return other | {p: min(depth, other.get(p, depth)) for p, depth in depths.items()}


def _correct(
    index: Index, tokens: list[Token], units: list[Unit], depths: list[Depths]
) -> tuple[list[Token], tuple[tuple[str, str], ...]]:
    """Return the tokens with misspelt ones replaced, and the corrections; found ones stay."""
    changes: dict[Token, str] = {}
    for unit in (unit for unit, of_unit in zip(units, depths, strict=True) if not of_unit):
        for token in unit.tokens:
            word = token.words[0]
            # Quoted words are meant as written; a word of the catalogue is no typing error.
            is_lost = not token.is_quoted and len(token.words) == 1 and word not in index.vocabulary
            if replacement := spelling.correction(word, index.vocabulary) if is_lost else "":
                changes[token] = replacement
    corrected = [Token(changes[t], (changes[t],)) if t in changes else t for t in tokens]
    return corrected, tuple((token.text, replacement) for token, replacement in changes.items())
