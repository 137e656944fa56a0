"""All kinds of shares by their names."""

from __future__ import annotations

from features.sharing.kinds.board import Board
from features.sharing.kinds.collection import Collection
from features.sharing.kinds.kind import Kind
from features.sharing.kinds.results import Results, Series, View
from features.sharing.models import Share

KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (Results(), Series(), View(), Board(), Collection())
}


def kind_of(share: Share) -> Kind:
    """Return the kind of a share."""
    return KINDS[share.kind]
