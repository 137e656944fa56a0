"""What a question's words find, and how well: each word becomes five sets, from the name down to the fields.

A set of a level holds the sets of the levels above it, so that words are joined level by level with
`and`, ways of saying the same with `or`. What was typed comes before what merely means the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from itertools import chain, combinations, permutations
from operator import and_, or_

from catalog.asking.conditions import condition
from catalog.finding import spelling, synonyms
from catalog.finding.index import Index
from catalog.finding.search_index import Phrase, Sought
from catalog.finding.typed import Unit, Word, typed, units_of

# The word itself in the name; in another form there, or in tags and category; what means the same there; …
NAME, NEAR, TAGS, DESCRIPTION, FIELDS = range(5)
_DEPTH = (0, 1, 2, 4, 7)  # how far down each of them is
Levels = tuple[int, ...]
NOTHING: Levels = (0, 0, 0, 0, 0)
_OPEN_FROM = 2  # a shorter word is whole, not the beginning of one
_GLUED_FROM = 5
_ANY_ORDER = 3  # so many words are looked for as a name in every order
LARGE = 4000  # endpoints from which it pays to ask the database twice
_RARE = 300  # places in which a word's fields are looked through one by one
FEW = 8  # with fewer answers than this, what has most of the words is offered beside them


@dataclass(frozen=True)
class Found:
    """What a question finds.

    `levels` are disjoint, the best first; `used` are the words that were held against the
    catalogue, `corrected` what became of slips (typed → meant), `missed` the words that were set aside
    because nothing has all of them.
    """

    levels: tuple[int, ...]
    used: tuple[str, ...]
    corrected: tuple[tuple[str, str], ...] = ()
    missed: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()
    near: tuple[int, ...] = ()  # with most words, where few have all; the best first
    is_weak: bool = False  # no name, tag or description has all words

    @property
    def everything(self) -> int:
        """All that was found."""
        return reduce(or_, self.levels, 0)


def find(index: Index, text: str) -> Found:
    """What a text finds; slips are corrected where a word is nowhere, and words set aside as the last resort."""
    said = typed(text)
    units = units_of(index.names, said)
    levels = _ask(index, units)
    corrected: tuple[tuple[str, str], ...] = ()
    if any(found[FIELDS] == 0 for found in levels):
        better, corrected = _corrected(index, said, units, levels)
        if corrected:
            said, units = better, units_of(index.names, better)
            levels = _ask(index, units)
    whole = _whole(index, said)
    alike = tuple(dict.fromkeys(alike for unit in units for alike in unit.alike))
    used = tuple(word.text for word in said)
    joined = _joined(levels)
    if joined[FIELDS] or whole[0] or len(units) < 2:
        is_few = len(units) > 1 and joined[FIELDS].bit_count() < FEW
        shallow = [(*found[:FIELDS], found[DESCRIPTION]) for found in levels]
        near: tuple[int, ...] = ()
        if is_few:
            _, best, rest = _most(index, units, shallow)
            near = (*best, *rest)
        return Found(
            (*whole, *_graded(levels)),
            used,
            corrected,
            (),
            alike,
            near,
            not (whole[0] or joined[DESCRIPTION]),
        )
    kept, best, rest = _most(index, units, levels)
    missed = tuple(unit.text for place, unit in enumerate(units) if place not in kept)
    used = tuple(unit.text for place, unit in enumerate(units) if place in kept)
    return Found(best, used, corrected, missed, alike, rest, is_weak=True)


def _ask(index: Index, units: list[Unit]) -> list[Levels]:
    """The levels of each unit; one query for all of them, or two where one is rare in a large catalogue.

    The fields of the others are then looked through only where the rare one is: elsewhere no answer
    has all units. Where nothing has, and each counts by itself, all are asked for everywhere.
    """
    drafts = [_unit(index, unit) for unit in units]
    known = [draft.known.bit_count() or index.size for draft in drafts]
    if len(drafts) > 1 and index.size >= LARGE and min(known) < _RARE:
        rare = drafts[known.index(min(known))]
        first = [one for draft in drafts for one in draft.sought() if not one.is_deep]
        first += [one for one in rare.sought() if one.is_deep]
        answers = dict(zip(first, index.said(first), strict=True))
        among = rare.levels(answers)[FIELDS]
        if among.bit_count() < _RARE:
            rest = [one for draft in drafts for one in draft.sought() if one not in answers]
            answers |= zip(rest, index.said(rest, among), strict=True)
            found = [draft.levels(answers) for draft in drafts]
            if _joined(found)[FIELDS]:
                return found
    sought = [one for draft in drafts for one in draft.sought()]
    answers = dict(zip(sought, index.said(sought), strict=True))
    return [draft.levels(answers) for draft in drafts]


@dataclass
class Draft:
    """Levels to be: what memory knows, what the database is to be asked, and what has to be found with it.

    `together` lists what has to be found all at once, as another way to say the whole.
    """

    name: int = 0
    near: int = 0
    tags: int = 0
    described: list[Phrase] = field(default_factory=list)
    deep: list[Phrase] = field(default_factory=list)
    together: list[tuple[list[Draft], bool]] = field(default_factory=list)
    told: int = 0

    def add(self, other: Draft) -> None:
        """Another way to say it."""
        self.name |= other.name
        self.near |= other.near
        self.tags |= other.tags
        self.told |= other.told
        self.described += other.described
        self.deep += other.deep
        self.together += other.together

    @property
    def known(self) -> int:
        """Where memory knows it to be, however good that is."""
        return self.name | self.near | self.tags | self.told

    def sought(self) -> list[Sought]:
        """What the database is to be asked."""
        found = [Sought(_least(self.described), False)] if self.described else []
        found += [Sought(_least(self.deep), True)] if self.deep else []
        return found + [
            one for all_, _ in self.together for draft in all_ for one in draft.sought()
        ]

    def levels(self, answers: Mapping[Sought, int]) -> Levels:
        """The levels, once the database has answered."""
        described, deep = (
            answers[Sought(_least(phrases), is_deep)] if phrases else 0
            for phrases, is_deep in ((self.described, False), (self.deep, True))
        )
        near = self.near | self.name
        tags = self.tags | near
        described |= tags | self.told
        found: Levels = (self.name, near, tags, described, described | deep)
        for all_, is_lower in self.together:
            each = [draft.levels(answers) for draft in all_]
            joined = tuple(reduce(and_, column) for column in zip(*each, strict=True))
            joined = (0, *joined[1:]) if is_lower else joined
            found = tuple(map(or_, found, joined))
        return found


def _least(phrases: Sequence[Phrase]) -> tuple[Phrase, ...]:
    """The phrases without those that another one finds as well: `voice*` finds what `voices` does."""
    said = {phrase: " ".join(phrase.words) for phrase in phrases}
    opened = [phrase for phrase in said if phrase.is_open]
    return tuple(
        phrase
        for phrase, text in said.items()
        if not any(text.startswith(said[other]) and phrase != other for other in opened)
    )


def _unit(index: Index, unit: Unit) -> Draft:
    is_phrase = len(unit.words) > 1 and any(w.text in synonyms.STOP for w in unit.words)
    if is_phrase:
        together = tuple(word for one in unit.words for word in one.words)
        draft = _literal(index, Word(unit.text, together))
        draft.deep.clear()  # fields' words are kept once each: little ones never stand in a row there
    else:
        each = [_word(index, word, is_alone=not unit.alike) for word in unit.words]
        draft = each[0] if len(each) == 1 else Draft(together=[(each, False)])
    if unit.joined:
        draft.add(_literal(index, Word(unit.joined, (unit.joined,))))
    if unit.alike:
        draft.add(_alike(index, unit.alike))
    return draft


def _word(index: Index, word: Word, *, is_alone: bool) -> Draft:
    """One typed word: as it stands, taken apart where names glue or split it, and in its other forms."""
    draft = _literal(index, word)
    if word.is_quoted or len(word.words) > 2:
        return draft
    glued = "".join(word.words)
    apart = spelling.parts(word.text)
    if len(apart) > 1 and not spelling.version(word.text):
        if all(len(part) > 1 for part in apart if part.isalpha()):
            draft.together.append((_pieces(index, apart), True))
    elif is_alone and _is_strange(index, word):
        draft.name |= index.names.glued(glued)
        if pieces := spelling.segments(glued, index.pieces):
            draft.together.append((_pieces(index, pieces), True))
    if len(word.words) == 1 and (stem := spelling.stem(glued)) != glued:
        name, tags = index.names.with_beginning(stem)
        draft.add(Draft(near=name, tags=tags, described=[Phrase((stem,), True)]))
    return draft


def _is_strange(index: Index, word: Word) -> bool:
    """Whether no name and no tag has a word like it, so that it may be several written as one."""
    glued = word.words[0]
    is_one = len(word.words) == 1 and glued.isalpha() and len(glued) >= _GLUED_FROM
    return is_one and not index.names.begins(glued)


def _pieces(index: Index, pieces: list[str]) -> list[Draft]:
    """A word's pieces, which may themselves be short for something."""
    units = units_of(index.names, [Word(piece, tuple(spelling.words(piece))) for piece in pieces])
    return [_unit(index, unit) for unit in units]


def _literal(index: Index, word: Word) -> Draft:
    number = spelling.version(word.text) or (word.text if word.text.isdecimal() else "")
    if number:
        return _version(index, number)
    last = word.words[-1]
    is_open = not word.is_quoted and len(last) >= _OPEN_FROM
    if len(word.words) == 1:
        name, tags = index.names.with_word(last)
        begun, tags_begun = index.names.with_beginning(last) if is_open else (0, 0)
    else:
        name, tags = index.names.with_phrase(word.words, is_open=False)
        begun, tags_begun = index.names.with_phrase(word.words, is_open=True) if is_open else (0, 0)
    phrase = Phrase(word.words, is_open)
    return Draft(name, begun | tags, tags_begun, [phrase], [phrase])


def _version(index: Index, number: str) -> Draft:
    """A version: `2.1` is also written `v2.1` and `21`; `2` is the beginning of `2.1`, not of `20`."""
    compact = number.replace(".", "")
    name, tags = index.names.with_word(number)
    begun, tags_begun = index.names.with_beginning(f"{number}.")
    if compact != number:
        begun |= index.names.with_word(compact)[0]
    digits = tuple(number.split("."))
    ways = [Phrase(digits, False), Phrase((f"v{digits[0]}", *digits[1:]), False)]
    return Draft(name, begun | tags, tags_begun, [*ways], ways)


def _alike(index: Index, alike: Sequence[str]) -> Draft:
    """Other ways to say it: never as good as the words that were typed, never looked for in fields."""
    kept = index.alike.get(tuple(alike))
    if kept is None:
        kept = index.alike[tuple(alike)] = _meant(index, alike)
    near, tags, described = kept
    return Draft(tags=near, told=tags, described=[*described])


def _meant(index: Index, alike: Sequence[str]) -> tuple[int, int, list[Phrase]]:
    draft = Draft()
    for way in alike:
        key, _, value = way.partition(":")
        if value:
            asked = condition(key, value)
            draft.tags |= index.having(asked) if asked else 0
            continue
        phrase = Phrase(tuple(spelling.words(way)), way.endswith("*"))
        if len(phrase.words) > 1:
            name, tags = index.names.with_phrase(phrase.words, is_open=phrase.is_open)
        elif phrase.is_open:
            name, tags = index.names.with_beginning(phrase.words[0])
        else:
            name, tags = index.names.with_word(phrase.words[0])
        draft.add(Draft(near=name, tags=tags, described=[phrase]))
    return draft.near, draft.tags, draft.described


def _corrected(
    index: Index, said: list[Word], units: list[Unit], levels: list[Levels]
) -> tuple[list[Word], tuple[tuple[str, str], ...]]:
    """The words with the slips among them mended; a word that is found anywhere is left alone."""
    lost = {
        word
        for unit, found in zip(units, levels, strict=True)
        if not found[FIELDS]
        for word in unit.words
        if not word.is_quoted and len(word.words) == 1
    }
    mended: list[Word] = []
    changes: list[tuple[str, str]] = []
    for word in said:
        known = word in lost and index.vocabulary
        meant = (
            spelling.correction(word.words[0], known) if known and not known[word.words[0]] else ""
        )
        if meant:
            changes.append((word.text, meant))
        mended.append(Word(meant, (meant,)) if meant else word)
    return mended, tuple(changes)


def _whole(index: Index, said: list[Word]) -> tuple[int, int]:
    """Those of which the words are the very name, and those whose name begins with them.

    A few words are the name in any order, unless one of them names it in the order that was typed.
    """
    words = [w for one in said for w in one.words]
    if not words:
        return 0, 0
    named = index.names.named(words)
    if not named and 1 < len(said) <= _ANY_ORDER:
        orders = {
            tuple(chain.from_iterable(o.words for o in order)) for order in permutations(said)
        }
        named = index.names.named_in_one_of(sorted(orders))
    begun = index.names.beginning_with(words)
    first = "".join(words[:2])
    if len(words) > 1 and index.names.knows(first):  # `sam 2` begins sam2/video
        begun |= index.names.beginning_with([first, *words[2:]])
    return named, begun


def _most(
    index: Index, units: list[Unit], levels: list[Levels]
) -> tuple[set[int], tuple[int, ...], tuple[int, ...]]:
    """Those that have most of the words but not all.

    What is said aside is given up first, then what is no task that people have a word for, then what
    is common. The units that the best choice has, its levels, and those of the other choices: of
    fewer words where few have more.
    """
    worth = [(index.size / found[FIELDS].bit_count()) if found[FIELDS] else 0 for found in levels]
    there = [place for place, found in enumerate(levels) if found[FIELDS]][:8]

    def worth_of(way: Sequence[int]) -> tuple[int, int, float]:
        kept = [units[place] for place in way]
        heads, tasks = sum(not unit.is_aside for unit in kept), sum(bool(u.alike) for u in kept)
        return heads, tasks, sum(worth[place] ** 0.5 for place in way)

    best, rest = NOTHING, list[int]()
    kept: set[int] = set()
    for many in range(min(len(units) - 1, len(there)), 0, -1):
        for way in sorted(combinations(there, many), key=worth_of, reverse=True):
            joined = _joined([levels[place] for place in way])
            if not joined[FIELDS]:
                continue
            if kept:
                rest += joined
            else:
                kept, best = set(way), joined
        if (best[FIELDS] | reduce(or_, rest, 0)).bit_count() >= 2 * FEW:
            break
    return kept, best, tuple(rest)


def _joined(levels: list[Levels]) -> Levels:
    return (
        tuple(reduce(and_, column) for column in zip(*levels, strict=True)) if levels else NOTHING
    )


def _graded(levels: list[Levels]) -> tuple[int, ...]:
    """What has all words, the better the words stand the sooner: level by level of each, added up."""
    found = {0: reduce(and_, (each[FIELDS] for each in levels))} if levels else {}
    for each in levels:
        deeper: dict[int, int] = {}
        for depth, bits in found.items():
            for below, level in zip(_DEPTH, each, strict=True):
                if here := bits & level:
                    deeper[depth + below] = deeper.get(depth + below, 0) | here
                    bits &= ~level
        found = deeper
    return tuple(bits for _, bits in sorted(found.items()))
