"""The menu "Use as": the inputs of models that accept a result, grouped by their use of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from operator import itemgetter
from typing import Any

from catalog.locks import NO_LOCKS, Locks
from catalog.model_records import NO_RECORDS, ModelRecords
from catalog.models import Endpoint, Revision
from catalog.preference import Preference
from catalog.related.use_index import Taker, UseIndex, uses
from catalog.search import engine
from catalog.search.query import Query
from core.formatting import counted
from fal.db_safe import db_safe_text
from playground.display.navigation.destinations import Group, Place
from playground.display.navigation.offers import by_need, place, title_of, told_apart
from playground.form.prefill.use_as import Result, UsableUpload
from schemas.vocabulary import USES

IN_GROUP = 5  # models of one group of the menu; a link leads to all of them
IN_FULL = 300  # on the page of one use
MAX_TEXT_CHARS = 200


Rank = tuple[Any, ...]  # of an input, the smaller the better


@dataclass(frozen=True)
class _ByPreference:
    """The order in which the house prefers the models, locked ones last, if no text is given."""

    preference: Preference
    locks: Locks

    def rank(self, taker: Taker, title: str) -> Rank:
        """Return the rank of an input: that of its model."""
        return taker.key in self.locks.reasons, self.preference.rank(taker.key)


@dataclass(frozen=True)
class _TextRanking:
    """The gallery's order of the models that a text finds.

    Enter opens the first input, so a use with that name comes before models that only mention it:
    somebody typed "upscale" and paid for a run of Lucidflux, which only mentions it.
    """

    text: str
    positions: dict[int, int]

    def rank(self, taker: Taker, title: str) -> Rank | None:
        """Return the rank of an input; None unless its model, label or use matches."""
        text = self.text.lower()
        is_named = text in title.lower() or text in taker.input.label.lower()
        if not is_named and taker.key not in self.positions:
            return None
        return int(not is_named), self.positions.get(taker.key, len(self.positions))


@dataclass(frozen=True)
class OfferedInputs:
    """The inputs of one use, or of models with one need; `count` includes what is not listed."""

    use: str
    title: str
    takers: list[Taker]
    count: int


@dataclass(frozen=True)
class Menu:
    """The inputs that accept a kind of result: those of its own model, and others by use.

    For a text the group of the best input comes first, but groups of models that need more come
    last; `is_own_best` says that the best input is the model's own.
    """

    own: list[Taker]
    groups: list[OfferedInputs]
    cards: dict[int, Endpoint]
    is_own_best: bool = True


def offered(
    kind: str,
    own: int,
    text: str = "",
    use: str = "",
    locks: Locks = NO_LOCKS,
    records: ModelRecords = NO_RECORDS,
) -> Menu:
    """Return the inputs that accept a kind of result: those matching `text`, or all of one `use`.

    Without a text, models come in the order of `catalog/preference.py`, locked ones last; so do
    those that need more than the result. `own` is the key of the model that made it.
    """
    index = uses(Revision.current())
    text = " ".join(db_safe_text(text[:MAX_TEXT_CHARS]).split())
    by_text = _TextRanking(text, engine.rank_all(Query(q=text), index.search)) if text else None
    # Trained weights are for LoRA models, which are rarely what is wanted for anything else.
    preference = Preference(index.search, records, with_special=kind == "weights")
    rank = by_text.rank if by_text else _ByPreference(preference, locks).rank
    offers = _offers(index, kind, use, own, rank)
    ranked = [] if use else _ranked(index.inputs_of(own, kind), "This model", rank)
    is_own_best = not (by_text and ranked and offers) or ranked[0][0] < min(at for at, _ in offers)
    if by_text:  # what a model still needs counts more than the words
        offers.sort(key=lambda offer: (not offer[1].use, offer[0]))
    groups = [group for _, group in offers]
    all_takers = chain((t for _, t in ranked[:1]), *(group.takers for group in groups))
    cards = index.search.cards(taker.key for taker in all_takers)
    inputs = [taker for _, taker in ranked if taker.key in cards]
    return Menu(inputs, groups, cards, is_own_best)


def _offers(
    index: UseIndex, kind: str, use: str, own: int, rank: Callable[[Taker, str], Rank | None]
) -> list[tuple[Rank, OfferedInputs]]:
    """Return the groups in menu order, or the one of a `use`, each with its best input's rank."""
    by_use = index.takers(kind)
    most = IN_FULL if use in by_use else IN_GROUP
    offered_uses = {use: by_use[use]} if use in by_use else by_use
    offers, needy = [], dict[str, list[tuple[Rank, Taker]]]()
    for name, takers in offered_uses.items():
        title = USES[kind][name]
        fitting = (taker for taker in takers if rank(taker, title) is not None)
        ranked = _ranked(_one_of_each(fitting, own), title, rank)
        ready, *rest = by_need(ranked, lambda item: _need(index, item[1])).items()
        if ready[1]:
            offers.append(_offer(name, title, ready[1], most))
        for need, among in rest:
            needy.setdefault(need, []).extend(among)
    able = {taker.key for _, offer in offers for taker in offer.takers}
    for need, among in needy.items():
        unable = {item[1].key: item for item in reversed(among) if item[1].key not in able}
        if unable:
            offers.append(
                _offer("", title_of(need), sorted(unable.values(), key=itemgetter(0)), most)
            )
    return offers


def _need(index: UseIndex, taker: Taker) -> str:
    """Return what a model needs besides the result in this input."""
    return index.need(taker.key, path=taker.input.path)


def _offer(
    use: str, title: str, ranked: Sequence[tuple[Rank, Taker]], most: int
) -> tuple[Rank, OfferedInputs]:
    """Return a group of at most `most` inputs, with its best input's rank."""
    inputs = [taker for _, taker in ranked]
    return ranked[0][0], OfferedInputs(use, title, inputs[:most], len(inputs))


def _ranked(
    takers: Iterable[Taker], title: str, rank: Callable[[Taker, str], Rank | None]
) -> list[tuple[Rank, Taker]]:
    """Return the inputs to offer for a use with their ranks, best first."""
    ranks = ((rank(taker, title), taker) for taker in takers)
    return sorted(((at, taker) for at, taker in ranks if at is not None), key=itemgetter(0))


def menu(
    result: Result | UsableUpload,
    address: str,
    text: str = "",
    use: str = "",
    locks: Locks = NO_LOCKS,
    records: ModelRecords = NO_RECORDS,
) -> list[Group]:
    """Return the menu of a result or upload; `address` is its own URL, for its links."""
    offer = offered(result.kind, result.made_by, text, use, locks, records)
    cards = offer.cards
    own = Group(result.own_title, [_own_place(taker, result, cards, locks) for taker in offer.own])
    menu_groups = []
    for group in offer.groups:
        places = [
            place(
                cards[t.key],
                result.address_in(cards[t.key], t.input.path),
                locks,
                "" if group.use else USES[result.kind][t.use],
                records,
            )
            for t in group.takers
            if t.key in cards
        ]
        if group.use and group.count > len(group.takers) and places and not use:
            label = f"All {counted(group.count, 'model')}…"
            places.append(Place(label, "", f"{address}?use={group.use}"))
        menu_groups.append(Group(group.title, places))
    menu_groups.insert(0 if offer.is_own_best else len(menu_groups), own)
    return told_apart(menu_groups)


def _one_of_each(takers: Iterable[Taker], own: int) -> list[Taker]:
    """Return one input for each model other than `own`: a required one, else the first."""
    best: dict[int, Taker] = {}
    for taker in takers:
        if taker.key == own:
            continue
        best_taker = best.get(taker.key)
        if best_taker is None or (taker.input.is_required and not best_taker.input.is_required):
            best[taker.key] = taker
    return list(best.values())


def _own_place(
    taker: Taker, result: Result | UsableUpload, cards: dict[int, Endpoint], locks: Locks
) -> Place:
    endpoint = cards[taker.key]
    address = result.address_in(endpoint, taker.input.path)
    return Place(taker.input.label, endpoint.name, address, lock=locks.reasons.get(taker.key, ""))
