"""Shares of texts: of a saved prompt, and of what says itself what others may read of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kept.models import Kept
from library.models import Prompt as Row
from library.prompts import grammar
from sharing.kinds.documents import Document, DocumentKind
from sharing.kinds.kind import KeptKind
from sharing.models import Share

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


class Prompt(KeptKind[Row], DocumentKind[Row]):
    """The text is what is shared: it is shown also where the settings of results are hidden."""

    name, model = Share.Kind.PROMPT, Row
    template = "sharing/kinds/_prompt.html"
    styles = ("css/lazy/share-kinds.css",)

    def document(self, row: Row, user: User) -> Document:
        """Return the text."""
        return {"text": row.text}

    def shown(self, visit: Visit, document: Document) -> Mapping[str, Any]:
        """Return the text in parts, and what can be filled in for each group."""
        template = grammar.parse(document["text"])
        return {
            "text": document["text"],
            "parts": [
                {"text": part, "slot": None}
                if isinstance(part, str)
                else {"text": part.label, "slot": part}
                for part in template.parts
            ],
            "slots": template.slots,
            "use": self._use(visit),
        }

    def _use(self, visit: Visit) -> str:
        """Return the prompt's page for who sees it in the house."""
        if not visit.user.is_authenticated:
            return ""
        prompt = self.seen(visit.user, visit.share.source)
        return prompt.get_absolute_url() if prompt else ""
