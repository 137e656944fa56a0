"""All kinds of shares by their names."""

from __future__ import annotations

from kept.models import kinds
from sharing.kinds.board import Board
from sharing.kinds.collection import Collection
from sharing.kinds.flow import Flow
from sharing.kinds.kind import Kind
from sharing.kinds.lines import Lines, Prompt
from sharing.kinds.preset import Preset
from sharing.kinds.report import Report
from sharing.kinds.results import Results, Series, View
from sharing.models import Share

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        *(Lines(kind) for kind in kinds() if kind.is_shared),
        Results(),
        Series(),
        View(),
        Board(),
        Collection(),
        Preset(),
        Prompt(),
        Flow(),
        Report(),
    )
}


def kind_of(share: Share) -> Kind:
    """Return the kind of a share."""
    return KINDS[share.kind]
