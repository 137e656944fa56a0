"""A share of a kept thing that says itself what others may read of it (`Kept.shared_lines`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kept.models import Kept
from sharing.kinds.documents import Document, DocumentKind
from sharing.kinds.kind import KeptKind

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from sharing.access import Visit


class Lines(KeptKind[Kept], DocumentKind[Kept]):
    """Its texts, each with its label; of any kind that has no module of its own here."""

    template = "sharing/kinds/_lines.html"
    styles = ("css/lazy/share-kinds.css",)

    def __init__(self, model: type[Kept]) -> None:
        self.name = model.slug  # type: ignore[misc]
        self.model = model  # type: ignore[misc]

    def document(self, row: Kept, user: User) -> Document:
        """Return its labels and texts."""
        return {"lines": [list(line) for line in row.shared_lines()]}

    def shown(self, visit: Visit, document: Document) -> Mapping[str, Any]:
        """Return the same: they were written to be read."""
        return document
