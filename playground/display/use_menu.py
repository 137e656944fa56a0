"""The menu of what a result can be used as: inputs of models, grouped by what these do with it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from catalog.models import Endpoint, Favourite, Revision
from catalog.search import engine
from catalog.search.query import Query
from catalog.search.uses import Taker, UseIndex, uses
from playground.display.command_palette import RECENT_RUNS, Group, Place
from playground.form.use_as import Result
from playground.models import Run
from schemas.uses.roles import USES

if TYPE_CHECKING:
    from django.contrib.auth.models import User

IN_GROUP = 5  # models of one group of the menu; a link leads to all of them
IN_FULL = 300  # on the page of one use
MAX_TEXT_CHARS = 200


@dataclass(frozen=True)
class _Asker:
    """Whose menu it is: favourites, and models used lately by how recently."""

    starred: frozenset[int]
    recent: dict[int, int]

    def rank(self, taker: Taker) -> tuple[int, int]:
        """Return the place in a group: favourites, then models used lately, then by merit."""
        if taker.key in self.starred:
            return 0, self.recent.get(taker.key, RECENT_RUNS)
        return (1, self.recent[taker.key]) if taker.key in self.recent else (2, 0)

    def mark(self, key: int) -> str:
        """Return why a model stands in front."""
        return "Favourite" if key in self.starred else "Used lately" if key in self.recent else ""


def menu(user: User, result: Result, address: str, text: str = "", use: str = "") -> list[Group]:
    """Return the inputs that take a result, by use; those that match `text`, or all of one `use`.

    `address` is that of the menu. The number of queries does not depend on the catalogue.
    """
    index = uses(Revision.current())
    text = " ".join(text[:MAX_TEXT_CHARS].replace("\x00", "").split())
    asker = _asker(user)
    by_use = index.takers(result.kind)
    most = IN_FULL if use in by_use else IN_GROUP
    matches = _matcher(index, text)
    groups: list[tuple[str, str, list[Taker], int]] = []
    for name, takers in by_use.items():
        title = USES[result.kind][name]
        if use in by_use and name != use:
            continue
        among = [one for one in takers if matches(one, title)]
        ranked = sorted(_one_of_each(among, result.run.endpoint_id), key=asker.rank)
        groups.append((name, title, ranked[:most], len(ranked)))
    own = [] if use else [t for t in _own(index, result) if matches(t, "This model")]
    cards = index.search.cards([t.key for t in own[:1]] + [t.key for g in groups for t in g[2]])
    found = [Group("This model", [_own_place(t, result, cards) for t in own if t.key in cards])]
    for name, title, takers, count in groups:
        places = [_place(t, result, cards[t.key], asker) for t in takers if t.key in cards]
        if count > len(takers) and places and not use:
            places.append(Place(f"All {count} models…", "", f"{address}?use={name}"))
        found.append(Group(title, places))
    return [group for group in found if group.places]


def _asker(user: User) -> _Asker:
    starred = Favourite.objects.filter(user=user).values_list("endpoint_id", flat=True)
    used = Run.objects.of(user).order_by("-created_at")
    recent = dict.fromkeys(used.values_list("endpoint_id", flat=True)[:RECENT_RUNS])
    return _Asker(frozenset(starred), {key: place for place, key in enumerate(recent)})


def _matcher(index: UseIndex, text: str) -> Callable[[Taker, str], bool]:
    """Return whether an input belongs to what was typed: by its model, its label or its use."""
    if not text:
        return lambda taker, title: True
    places = engine.find_all(Query(q=text), frozenset(), index.search)
    keys = {index.search.keys[place] for place in places}
    words = text.lower()

    def matches(taker: Taker, title: str) -> bool:
        return taker.key in keys or words in title.lower() or words in taker.input.label.lower()

    return matches


def _one_of_each(takers: Iterable[Taker], own: int) -> list[Taker]:
    """Return one input of each model but the result's own: a required one, else the first."""
    best: dict[int, Taker] = {}
    for one in takers:
        if one.key == own:
            continue
        known = best.get(one.key)
        if known is None or (one.input.is_required and not known.input.is_required):
            best[one.key] = one
    return list(best.values())


def _own(index: UseIndex, result: Result) -> Sequence[Taker]:
    return index.inputs_of(result.run.endpoint_id, result.kind)


def _own_place(taker: Taker, result: Result, cards: dict[int, Endpoint]) -> Place:
    endpoint = cards[taker.key]
    address = result.address_in(endpoint, taker.input.path)
    return Place(taker.input.label, endpoint.display_name, address)


def _place(taker: Taker, result: Result, endpoint: Endpoint, asker: _Asker) -> Place:
    return Place(
        endpoint.display_name,
        endpoint.endpoint_id,
        result.address_in(endpoint, taker.input.path),
        "image",
        mark=asker.mark(taker.key),
        picture=endpoint.picture.small_src if endpoint.picture else "",
    )
