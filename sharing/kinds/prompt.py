"""A share of a saved prompt: its text as it is now, with what can be filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from core.http.parameters import parse_uuid
from library.models import Prompt as Row
from library.prompts import grammar
from projects.roles import may_change
from sharing.kinds.documents import Document, DocumentKind
from sharing.models import Share

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from sharing.access import Visit


class Prompt(DocumentKind[Row]):
    """The text is what is shared: it is shown also where the settings of results are hidden."""

    name = Share.Kind.PROMPT
    template = "sharing/kinds/_prompt.html"
    styles = ("css/lazy/share-kinds.css",)

    def find(self, user: User, key: str) -> Row | None:
        """Return the prompt, if the user may change it."""
        prompt = self.seen(user, key)
        return prompt if prompt and may_change(user, prompt) else None

    def seen(self, user: User, key: str) -> Row | None:
        """Return the prompt, if the user sees it."""
        prompts = Row.objects.kept().shown_to(user).select_related("project", "user")
        pk = parse_uuid(key)
        return prompts.filter(pk=pk).first() if pk else None

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
