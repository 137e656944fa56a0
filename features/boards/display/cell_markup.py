"""Caches the markup of cells whose runs have ended.

Most cells of a board have been shown before, and markup changes only with the parts of its key.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from core.byte_cache import ByteCache
from features.boards.access import BoardRights
from features.boards.models import Board, Cell
from playground.display import tiles
from runs.costs import known_costs

_MARKUP_CACHE: ByteCache[SafeString] = ByteCache("cells of boards", 2 << 20, len)


@dataclass(frozen=True)
class ShownCell:
    """One cell: its tile, or the place of an earlier cell with the same run.

    With cached `markup` there may be no tile. `by` names the run's author, empty if that is the
    reader. `comments` is the number of comments on the cell.
    """

    cell: Cell
    tile: tiles.Tile | None = None
    same_as: str = ""
    by: str = ""
    comments: int = 0
    markup: SafeString | None = None


def find(
    cells: Iterable[Cell],
    authors: Mapping[int, str],
    comments: Mapping[int, int],
    rights: BoardRights,
) -> dict[int, SafeString]:
    """Return the cached markup of these cells, by their keys.

    `authors` (from `load_authors`) and the numbers of `comments` are by the keys of cells.
    """
    keys = (
        (cell.pk, _key(cell, authors.get(cell.pk, ""), comments.get(cell.pk, 0), rights))
        for cell in cells
    )
    cached = ((pk, _MARKUP_CACHE.get(key)) for pk, key in keys)
    return {pk: markup for pk, markup in cached if markup is not None}


def forget() -> None:
    """Empty the cache."""
    _MARKUP_CACHE.clear()


def render(shown_cell: ShownCell, board: Board, rights: BoardRights) -> SafeString | None:
    """Render and cache a cell's markup; None if it may change without a new key."""
    key = _key(shown_cell.cell, shown_cell.by, shown_cell.comments, rights)
    if key is None or shown_cell.tile is None or shown_cell.tile.copies:
        return None
    context = {"shown_cell": shown_cell, "board": board, "rights": rights}
    markup = render_to_string("features/boards/_cell.html", context)
    _MARKUP_CACHE.put(key, markup)
    return markup


def _key(cell: Cell, by: str, comments: int, rights: BoardRights) -> Hashable:
    """Return everything that the markup depends on; None if it may not be cached."""
    run, mark = cell.run, getattr(cell, "mark", None)
    if run is None or not run.is_final or cell.is_reused:  # a reused cell's form has a CSRF token
        return None
    endpoint = run.endpoint
    model = endpoint.name, endpoint.unit_price_usd, endpoint.currency
    may = rights.may_comment
    cost = known_costs.briefly(run)
    return cell.pk, run.pk, run.version, model, cost, mark and mark.changed_at, by, comments, may
