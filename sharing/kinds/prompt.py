"""A share of a saved prompt: its text as it is now, with what can be filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from library.models import Prompt as Row
from library.prompts import grammar
from sharing.kinds.documents import Document, DocumentKind
from sharing.kinds.kind import KeptKind
from sharing.models import Share

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from sharing.access import Visit


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
