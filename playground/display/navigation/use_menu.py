"""The menu of what a result can be used as: inputs of models, grouped by what they use it for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from catalog.models import Endpoint, Favourite, Revision
from catalog.related.use_index import Taker, UseIndex, uses
from catalog.search import engine
from catalog.search.query import Query
from fal.db_safe import db_safe_text
from playground.display.navigation.command_palette import RECENT_RUNS, Group, Place
from playground.form.prefill.use_as import Result
from playground.models import Run
from schemas.uses.roles import USES

if TYPE_CHECKING:
    from django.contrib.auth.models import User

IN_GROUP = 5  # models of one group of the menu; a link leads to all of them
IN_FULL = 300  # on the page of one use
MAX_TEXT_CHARS = 200


@dataclass(frozen=True)
class _Ranking:
    """A user's favourites, and their recently used models with 0 for the latest."""

    starred: frozenset[int]
    recent: dict[int, int]

    def rank(self, taker: Taker) -> tuple[int, int]:
        """Return the sort key in a group: favourites first, then recently used models."""
        if taker.key in self.starred:
            return 0, self.recent.get(taker.key, RECENT_RUNS)
        return (1, self.recent[taker.key]) if taker.key in self.recent else (2, 0)

    def mark(self, key: int) -> str:
        """Return why a model is listed first; empty for other models."""
        return "Favourite" if key in self.starred else "Used lately" if key in self.recent else ""


@dataclass(frozen=True)
class Offered:
    """The inputs of one use, best first; `count` includes those that are not listed."""

    use: str
    title: str
    takers: list[Taker]
    count: int


@dataclass(frozen=True)
class Menu:
    """The inputs that accept a kind of result: those of its own model, and others by use."""

    own: list[Taker]
    groups: list[Offered]
    cards: dict[int, Endpoint]
    ranking: _Ranking


def offered(user: User, kind: str, own: int, text: str = "", use: str = "") -> Menu:
    """Return the inputs that accept a kind of result: those matching `text`, or all of one `use`.

    `own` is the key of the model that made it. The number of queries is constant.
    """
    index = uses(Revision.current())
    text = " ".join(db_safe_text(text[:MAX_TEXT_CHARS]).split())
    ranking = _ranking(user)
    by_use = index.takers(kind)
    most = IN_FULL if use in by_use else IN_GROUP
    matches = _matcher(index, text)
    groups = []
    for name, takers in by_use.items():
        title = USES[kind][name]
        if use in by_use and name != use:
            continue
        among = [one for one in takers if matches(one, title)]
        ranked = sorted(_one_of_each(among, own), key=ranking.rank)
        if ranked:
            groups.append(Offered(name, title, ranked[:most], len(ranked)))
    mine = [] if use else [t for t in index.inputs_of(own, kind) if matches(t, "This model")]
    listed = [*mine[:1], *(taker for group in groups for taker in group.takers)]
    cards = index.search.cards(taker.key for taker in listed)
    return Menu([one for one in mine if one.key in cards], groups, cards, ranking)


def menu(user: User, result: Result, address: str, text: str = "", use: str = "") -> list[Group]:
    """Return the menu of a result; `address` is the URL of the menu itself, for its links."""
    found = offered(user, result.kind, result.run.endpoint_id, text, use)
    cards = found.cards
    listed = [Group("This model", [_own_place(one, result, cards) for one in found.own])]
    for group in found.groups:
        places = [
            _place(t, result, cards[t.key], found.ranking) for t in group.takers if t.key in cards
        ]
        if group.count > len(group.takers) and places and not use:
            places.append(Place(f"All {group.count} models…", "", f"{address}?use={group.use}"))
        listed.append(Group(group.title, places))
    return [group for group in listed if group.places]


def _ranking(user: User) -> _Ranking:
    starred = Favourite.objects.filter(user=user).values_list("endpoint_id", flat=True)
    used = Run.objects.of(user).order_by("-created_at")
    recent = dict.fromkeys(used.values_list("endpoint_id", flat=True)[:RECENT_RUNS])
    return _Ranking(frozenset(starred), {key: place for place, key in enumerate(recent)})


def _matcher(index: UseIndex, text: str) -> Callable[[Taker, str], bool]:
    """Return a predicate: whether the model, label or use of an input matches the typed text."""
    if not text:
        return lambda taker, title: True
    places = engine.find_all(Query(q=text), frozenset(), index.search)
    keys = {index.search.keys[place] for place in places}
    words = text.lower()

    def matches(taker: Taker, title: str) -> bool:
        return taker.key in keys or words in title.lower() or words in taker.input.label.lower()

    return matches


def _one_of_each(takers: Iterable[Taker], own: int) -> list[Taker]:
    """Return one input for each model other than `own`: a required one, else the first."""
    best: dict[int, Taker] = {}
    for one in takers:
        if one.key == own:
            continue
        known = best.get(one.key)
        if known is None or (one.input.is_required and not known.input.is_required):
            best[one.key] = one
    return list(best.values())


def _own_place(taker: Taker, result: Result, cards: dict[int, Endpoint]) -> Place:
    endpoint = cards[taker.key]
    address = result.address_in(endpoint, taker.input.path)
    return Place(taker.input.label, endpoint.display_name, address)


def _place(taker: Taker, result: Result, endpoint: Endpoint, ranking: _Ranking) -> Place:
    return Place(
        endpoint.display_name,
        endpoint.endpoint_id,
        result.address_in(endpoint, taker.input.path),
        "image",
        mark=ranking.mark(taker.key),
        picture=endpoint.picture.small_src if endpoint.picture else "",
    )
