"""What a kind of share has to say: what may be shared, what it shows, and by which template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from core.http.parameters import parse_uuid
from kept.models import Kept, rows_of
from library.selection import ResultKey
from projects.rights import Rights

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import Model

    from sharing.access import Visit
    from sharing.models import Share


class Kind:
    """One kind of share. The methods' defaults suit a selection of results."""

    name: ClassVar[str]  # a value of Share.Kind
    template: ClassVar[str] = "sharing/kinds/_results.html"
    styles: ClassVar[Sequence[str]] = ()  # sheets that its template needs

    def find(self, user: User, key: str) -> Model | None:
        """Return what has this key and may be shared by the user; None if there is no such."""
        return None

    def title(self, row: Model) -> str:
        """Return what a share of it is called at first."""
        return str(row)

    def results(self, share: Share) -> Sequence[ResultKey] | None:
        """Return the results that it shows now, of those that its user reads, in their order.

        None where they are kept as they were when it was made.
        """
        return None

    def freeze(self, share: Share) -> object:
        """Return, as JSON, what else of it a share keeps that does not follow; None for nothing."""
        return None

    def context(self, visit: Visit) -> Mapping[str, Any]:
        """Return what its template needs besides `visit`, `share` and `items`."""
        return {}


Row = TypeVar("Row", bound=Kept)


class KeptKind(Kind, Generic[Row]):
    """A share of a kept thing: whoever may change it may share it, unless `is_for_all`."""

    model: ClassVar[type[Kept]]
    is_for_all: ClassVar[bool] = False  # who sees it

    def rows(self, user: User) -> Any:
        """Return what a share of the user may show: it shows that as long as they see it."""
        return rows_of(self.model).kept().shown_to(user)

    def seen(self, user: User, key: str) -> Row | None:
        """Return what has this key, if the user sees it."""
        pk = parse_uuid(key)
        rows = self.rows(user).select_related("project", "user")
        return cast("Row | None", rows.filter(pk=pk).first()) if pk else None

    def find(self, user: User, key: str) -> Row | None:
        """Return what has this key and may be shared by the user; None if there is no such."""
        row: Row | None = self.seen(user, key)
        return row if row and (self.is_for_all or Rights(user, row).may_change) else None
