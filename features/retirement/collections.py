"""The collections that recommend a model, and how another one takes its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from accounts import permissions
from catalog.curation import collection_editing
from catalog.curation.collection_editing import Arrangement, Line
from catalog.models import Collection, Endpoint
from runs.promises.dependants import MOST, Dependant, Dependants, Outcome, Replacing

if TYPE_CHECKING:
    from collections.abc import Collection as Names

    from django.contrib.auth.models import User


class Collections(Dependants):
    """Collections, which curators change together; the note of a model stays."""

    name, label, model = "collection", "Collection", Collection

    def rows(self, endpoint: Endpoint, target: Endpoint | None) -> Any:
        return Collection.objects.filter(items__endpoint=endpoint).select_related("owner", "cover")

    def find(self, user: User, endpoint: Endpoint, target: Endpoint | None) -> list[Dependant]:
        rows = self.rows(endpoint, target)
        return [
            Dependant(
                self,
                row,
                row.title,
                row.get_absolute_url(),
                owner=str(row.owner) if row.owner else "the curators",
                is_movable=self.may_move(user),
            )
            for row in (rows if user.is_staff else rows.filter(is_published=True))[:MOST]
        ]

    def own(self, rows: Any, user: User) -> Any:
        return rows if self.may_move(user) else rows.none()

    def may_move(self, user: User) -> bool:
        """Whether the user is a curator of collections."""
        return user.is_staff and permissions.may(user, permissions.CHANGE_COLLECTION)

    def owners(self, endpoint: Endpoint, target: Endpoint | None) -> set[int]:
        keys = self.rows(endpoint, target).order_by().values_list("owner_id", flat=True)
        return {key for key in keys if key}

    def outcome(self, row: Collection, part: str, replacing: Replacing) -> Outcome:
        return Outcome({})

    def replace(self, row: Collection, part: str, replacing: Replacing) -> Any:
        old, new = replacing.source.endpoint_id, replacing.target.endpoint_id
        lines = [
            (item.endpoint.endpoint_id, item.note)
            for item in row.items.select_related("endpoint").order_by("position", "pk")
        ]
        names = {name for name, _ in lines}
        cover = row.cover.endpoint_id if row.cover else ""
        now = [
            Line(new if name == old else name, note)
            for name, note in lines
            if name != old or new not in names
        ]
        _arrange(row, now, new if cover == old else cover, names)
        return {"lines": lines, "cover": cover, "known": [line.endpoint_id for line in now]}

    def restore(self, row: Collection, state: Any) -> bool:
        """Undo a replacement; models that others added meanwhile stay."""
        lines = [Line(name, note) for name, note in state["lines"]]
        own_names = {*state["known"], *(line.endpoint_id for line in lines)}
        _arrange(row, lines, state["cover"], own_names)
        return True


def _arrange(row: Collection, lines: list[Line], cover: str, known: Names[str]) -> None:
    texts = row.title, row.description, row.is_published
    collection_editing.arrange(row, Arrangement(*texts, cover, lines, frozenset(known)))
