"""The markup of cells whose runs have ended, kept between requests.

Most cells of a board are not looked at for the first time. Their markup only changes with what is
in the key.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from boards.models import Batch, Cell
from core.byte_cache import ByteCache
from playground.display import tiles

_KEPT: ByteCache[SafeString] = ByteCache("cells of boards", 2 << 20)


@dataclass(frozen=True)
class ShownCell:
    """One cell of a place: its tile, or the place of the same run elsewhere on the board.

    `markup` is set where it is kept; there may be no tile then.
    """

    cell: Cell
    tile: tiles.Tile | None = None
    same_as: str = ""
    markup: SafeString | None = None


def find(cells: Iterable[Cell], is_mine: bool) -> dict[int, SafeString]:
    """The markup that is known of these cells, by their keys."""
    known = ((cell.pk, _KEPT.get(_key(cell, is_mine))) for cell in cells)
    return {pk: markup for pk, markup in known if markup is not None}


def forget() -> None:
    """Forget all of it."""
    _KEPT.clear()


def render(shown: ShownCell, board: Batch, is_mine: bool) -> SafeString | None:
    """Render and keep the markup of a cell; None where it may change by itself."""
    key = _key(shown.cell, is_mine)
    if key is None or shown.tile is None or shown.tile.copies:
        return None
    context = {"one": shown, "board": board, "is_mine": is_mine}
    markup = render_to_string("boards/_cell.html", context)
    _KEPT.put(key, markup, len(markup))
    return markup


def _key(cell: Cell, is_mine: bool) -> Hashable:
    """What the markup depends on; None where it may change by itself."""
    run, mark = cell.run, getattr(cell, "mark", None)
    if run is None or not run.is_final or cell.is_reused:  # whose form has a token of the page
        return None
    endpoint = run.endpoint
    named = endpoint.display_name, endpoint.unit_price_usd, endpoint.currency
    return cell.pk, run.pk, run.version, named, mark and mark.changed_at, is_mine
