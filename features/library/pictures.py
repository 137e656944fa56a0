"""Uses several pictures, or films, as the input of one model that takes a list of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from django.utils.http import urlencode

from catalog.locks import NO_LOCKS, Locks
from catalog.models import Endpoint, Revision
from catalog.related.use_index import Taker, uses
from catalog.search import engine
from catalog.search.query import Query
from core.formatting import counted
from core.http.parameters import parse_uuid
from features.library.selection import ResultKey, SelectedResults
from playground.display.navigation.destinations import Group, Place
from playground.display.navigation.offers import by_need, title_of, told_apart
from playground.display.navigation.offers import place as place_of
from playground.form import form_state
from playground.form.form_state import FormState
from playground.form.prefill import use_as
from runs.models import Artifact
from schemas.uses.inputs import ROW, inputs_of, names_in
from schemas.uses.placing import place, values_at
from schemas.vocabulary import USES

if TYPE_CHECKING:
    from django.contrib.auth.models import User

KIND = "pictures"  # of a form's source: `?pictures=<run>/<n>,<run>/<n>:<path>`
MOST = 20
IN_GROUP = 24


class Pictures(NamedTuple):
    """The pictures of a selection in its order, and the number of its other results."""

    keys: list[ResultKey]
    others: int


def pictures_of(selected: SelectedResults) -> Pictures:
    """Return the pictures among the chosen results, at most `MOST`; one query."""
    rows = Artifact.objects.filter(run__in=selected.run_keys, kind="image")
    stored_keys = {
        ResultKey(run, position)
        for run, position in rows.exclude(state=Artifact.State.LOST).values_list(
            "run_id", "position"
        )
    }
    keys = [key for key in selected.results if key in stored_keys][:MOST]
    return Pictures(keys, len(selected.results) - len(keys) + selected.out_of_reach)


def menu(pictures: Pictures, text: str = "", locks: Locks = NO_LOCKS) -> list[Group]:
    """Return the models that take several pictures, by use; models that need more come last."""
    if not pictures.keys:
        return []
    index = uses(Revision.current())
    words = " ".join(text.split())[:200]
    ranked = engine.rank_all(Query(q=words), index.search) if words else None
    takers_by_title: dict[str, list[Taker]] = {}
    for use, takers in index.takers("image").items():
        fitting = {
            taker.key: taker
            for taker in takers
            if takes_several(taker) and (ranked is None or taker.key in ranked)
        }
        able = by_need(fitting.values(), lambda taker: index.need(taker.key, path=taker.input.path))
        for need, able_takers in able.items():
            title = title_of(need) if need else USES["image"][use]
            takers_by_title.setdefault(title, []).extend(able_takers)
    shown_takers = {title: takers[:IN_GROUP] for title, takers in takers_by_title.items()}
    cards = index.search.cards(taker.key for takers in shown_takers.values() for taker in takers)
    groups = (
        Group(title, [_place(pictures, t, cards[t.key], locks) for t in takers if t.key in cards])
        for title, takers in shown_takers.items()
    )
    return sorted(told_apart(groups), key=lambda group: group.title.startswith("Needs "))


def takes_several(taker: Taker) -> bool:
    """Whether an input is a list."""
    return names_in(taker.input.path)[-1:] == [ROW]


def _place(pictures: Pictures, taker: Taker, endpoint: Endpoint, locks: Locks) -> Place:
    address = address_in(endpoint, taker, pictures.keys)
    return place_of(endpoint, address, locks, taker.input.label)


def address_in(endpoint: Endpoint, taker: Taker, keys: Iterable[ResultKey]) -> str:
    """Return the address of a model's form with these results in a list, in their order."""
    query = urlencode({KIND: f"{','.join(map(str, keys))}:{taker.input.path}"})
    return f"{endpoint.get_absolute_url()}?{query}"


def fill(user: User, endpoint: Endpoint, key: str) -> FormState | None:
    """Return the user's current form of the model with pictures, or films, in a list.

    They replace the field's previous value. None if none of them exists.
    """
    result_names, _, path = key.partition(":")
    results = [result for text in result_names.split(",")[:MOST] if (result := _result(user, text))]
    if not results:
        return None
    noun = results[0].noun
    before = use_as.held_before(user, endpoint)
    root = form_state.version_of(endpoint).root
    field = next((taker for taker in inputs_of(root) if taker.path == path), None)
    if field is None:
        return FormState(before, f"This model no longer has a field for these {noun}s.")
    arguments = form_state.parse_form_leniently(endpoint, before).arguments
    arguments.pop(names_in(path)[0], None)
    filled_arguments, placed_count = arguments, 0
    for result in results:
        extended = place(root, filled_arguments, path, result.value)
        if len(values_at(extended, path)) == placed_count:  # the list is full
            break
        filled_arguments, placed_count = extended, placed_count + 1
    notice = f"“{field.label}” now holds {counted(placed_count, noun)}."
    if left_out := len(result_names.split(",")) - placed_count:
        notice += f" {left_out} of the chosen ones were left out: "
        notice += f"this model takes {placed_count}, or they are gone."
    return replace(form_state.from_arguments(endpoint, filled_arguments), notice=notice)


def _result(user: User, text: str) -> use_as.Result | None:
    run, _, position = text.partition("/")
    pk = parse_uuid(run)
    return use_as.find(user, pk, f"a{position}") if pk else None
