"""What a kind of share has to say: what may be shared, what it shows, and by which template."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from core.http.parameters import parse_uuid
from features.library.selection import ResultKey
from features.sharing import inputs
from projects.kept.models import Kept, rows_of
from projects.rights import Rights
from runs.files.own_addresses import with_own_paths

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import Model

    from features.sharing.access import Visit
    from features.sharing.models import Share

Document = Mapping[str, Any]
GONE = "What was shared here is not there any more. Ask whoever sent you the link."


class Kind:
    """One kind of share. The methods' defaults suit a selection of results."""

    name: ClassVar[str]  # a value of Share.Kind
    template: ClassVar[str] = "features/sharing/kinds/_results.html"
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


Thing = TypeVar("Thing", bound="Model")


class DocumentKind(Kind, Generic[Thing]):
    """A share that shows more than results: a board, a collection.

    Its content is read from the house as a document of JSON values, either when the share is
    opened or, kept in `Share.frozen`, when it was made. The document has everything; the share
    decides what visitors get of it when it is shown. So both ways of sharing show the same.
    """

    @abstractmethod
    def seen(self, user: User, key: str) -> Thing | None:
        """Return what has this key, if the user sees it: as long as they do, a share shows it."""

    @abstractmethod
    def document(self, row: Thing, user: User) -> Document:
        """Return what a share of this user may show of it, as JSON values, with all keys."""

    @abstractmethod
    def shown(self, visit: Visit, document: Document) -> Mapping[str, Any]:
        """Return what the template needs of a document, without what is hidden from visitors."""

    def result_keys(self, document: Document) -> Sequence[ResultKey]:
        """Return the results in a document, in their order."""
        return ()

    def input_values(self, document: Document) -> Iterable[Any]:
        """Return the JSON values in a document that may have addresses of our files."""
        return ()

    def freeze(self, share: Share) -> Document | None:
        """Return the document of this moment; None if there is nothing that can be shown."""
        row = self.seen(share.user, share.source)
        return None if row is None else self.document(row, share.user)

    def results(self, share: Share) -> Sequence[ResultKey]:
        """Return the results of what is there now, or was when the share was made."""
        document = self.document_of(share)
        return () if document is None else self.result_keys(document)

    def document_of(self, share: Share) -> Document | None:
        """Return what the share shows; None once its user cannot see that any more."""
        row = self.seen(share.user, share.source)
        if row is None:
            return None
        is_kept = share.frozen is not None and not share.follows
        document: Document = share.frozen if is_kept else self.document(row, share.user)
        return document

    def context(self, visit: Visit) -> Mapping[str, Any]:
        """Return what the template needs, or `gone`: a sentence."""
        document = self.document_of(visit.share)
        if document is None:
            return {"gone": GONE}
        addresses = inputs.addresses_in(with_own_paths(list(self.input_values(document))))
        inputs.keep_in_step(visit.share, addresses)
        return self.shown(visit, document)
