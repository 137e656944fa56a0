"""A share of a preset: its model and its arguments, to be read and used."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from projects.rights import Rights
from runs.models import Preset as Row
from sharing.kinds.content import Curtain
from sharing.kinds.documents import Document, DocumentKind
from sharing.models import Share

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from sharing.access import Visit

MOST_DIGITS = 18  # of a key


class Preset(DocumentKind[Row]):
    """Arguments as a table; who has an account and may use it gets a button for that."""

    name = Share.Kind.PRESET
    template = "sharing/kinds/_preset.html"
    styles = ("css/lazy/share-kinds.css",)

    def find(self, user: User, key: str) -> Row | None:
        """Return the preset, if the user may change it in its project."""
        preset = _preset(Row.objects.kept().shown_to(user), key)
        return preset if preset and Rights(user, preset).may_change else None

    def seen(self, user: User, key: str) -> Row | None:
        """Return the preset, if the user may use it."""
        return _preset(Row.objects.offered_to(user), key)

    def document(self, row: Row, user: User) -> Document:
        """Return its model and arguments."""
        return {
            "model": [row.endpoint.endpoint_id, row.endpoint.name],
            "arguments": row.arguments,
        }

    def input_values(self, document: Document) -> Iterable[Any]:
        """Return the arguments."""
        return [document["arguments"]]

    def shown(self, visit: Visit, document: Document) -> Mapping[str, Any]:
        """Return the model, the arguments, and where a user of the house uses them."""
        endpoint_id, name = document["model"]
        curtain = Curtain(visit.share, [(endpoint_id, name)])
        return {
            "model": name if visit.share.shows_models else "",
            "endpoint_id": endpoint_id if visit.share.shows_models else "",
            "settings": curtain.settings(document["arguments"]),
            "use": self._use(visit),
        }

    def _use(self, visit: Visit) -> str:
        """Return the address of the model's form with the preset; empty for who may not use it."""
        if not visit.user.is_authenticated:
            return ""
        preset = self.seen(visit.user, visit.share.source)
        return preset.get_absolute_url() if preset else ""


def _preset(presets: Any, key: str) -> Row | None:
    is_key = key.isdecimal() and len(key) <= MOST_DIGITS
    preset: Row | None = (
        presets.select_related("endpoint", "project", "user").filter(pk=key).first()
        if is_key
        else None
    )
    return preset
