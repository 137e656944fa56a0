"""The models that take a result further, as a dialog in which one press makes the flow."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from catalog.locks import NO_LOCKS
from core.formatting import counted
from playground.display.navigation import offers
from playground.display.navigation.destinations import Group, Place

if TYPE_CHECKING:
    from catalog.related.use_index import Taker
    from playground.display.navigation.use_menu import Menu


def groups(menu: Menu, page: str, output: str) -> list[Group]:
    """Return the menu's models with their pictures, the same model first.

    `page` is the address of the page that does the same, with its query; a model is chosen by a
    post there. `output` names what is passed on.
    """

    def place(taker: Taker) -> Place:
        card = menu.cards[taker.key]
        chosen = urlencode({"to": f"{card.endpoint_id}|{taker.input.path}", "output": output})
        address = f"{page}&{urlencode({'q': card.endpoint_id})}"
        label = f"as “{taker.input.label}”"
        return replace(offers.place(card, address, NO_LOCKS, label), post=f"{page}&{chosen}")

    listed = [Group("The same model again", [place(taker) for taker in menu.own])]
    for group in menu.groups:
        places = [place(taker) for taker in group.takers if taker.key in menu.cards]
        if group.use and group.count > len(group.takers) and places:
            label = f"All {counted(group.count, 'model')}…"
            places.append(Place(label, "", f"{page}&{urlencode({'use': group.use})}"))
        listed.append(Group(group.title, places))
    return offers.told_apart(listed)
