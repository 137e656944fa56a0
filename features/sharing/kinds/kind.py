"""The base classes of kinds of shares: what may be shared, what it shows, by which template."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast

from core.http.parameters import parse_uuid
from features.sharing import inputs
from features.sharing.items import ShownKey
from projects.kept.models import Kept, rows_of
from projects.rights import Rights
from runs.files.own_addresses import with_own_paths

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import Model

    from features.sharing.access import Visit
    from features.sharing.models import Share

Document = Mapping[str, Any]
GONE = "The content of this share no longer exists. Ask the person who sent you the link."


class Kind:
    """One kind of share. The methods' defaults suit a selection of results."""

    name: ClassVar[str]  # a value of Share.Kind
    template: ClassVar[str] = "features/sharing/kinds/_results.html"
    styles: ClassVar[Sequence[str]] = ()  # style sheets that its template needs

    def find(self, user: User, key: str) -> Model | None:
        """Return the row with this key if the user may share it, else None."""
        return None

    def title(self, row: Model) -> str:
        """Return the first title of a share of this row."""
        return str(row)

    def results(self, share: Share) -> Sequence[ShownKey] | None:
        """Return the results and uploads, in order, that it shows now and its user may read.

        None if it keeps the results of the time when it was made.
        """
        return None

    def freeze(self, share: Share) -> object:
        """Return the JSON that a share keeps, besides results, if it does not follow; or None."""
        return None

    def context(self, visit: Visit) -> Mapping[str, Any]:
        """Return the template context besides `visit`, `share` and `items`."""
        return {}


Row = TypeVar("Row", bound=Kept)


class KeptKind(Kind, Generic[Row]):
    """A share of a kept row, which users may share if they may change it, or if `is_for_all`."""

    model: ClassVar[type[Kept]]
    is_for_all: ClassVar[bool] = False  # everybody who sees the row may share it

    def rows(self, user: User) -> Any:
        """Return the rows that a share of the user may show: those that they see now."""
        return rows_of(self.model).kept().shown_to(user)

    def seen(self, user: User, key: str) -> Row | None:
        """Return the row with this key, if the user sees it."""
        pk = parse_uuid(key)
        rows = self.rows(user).select_related("project", "user")
        return cast("Row | None", rows.filter(pk=pk).first()) if pk else None

    def find(self, user: User, key: str) -> Row | None:
        """Return the row with this key if the user may share it, else None."""
        row: Row | None = self.seen(user, key)
        return row if row and (self.is_for_all or Rights(user, row).may_change) else None


Thing = TypeVar("Thing", bound="Model")


class DocumentKind(Kind, Generic[Thing]):
    """A share that shows more than results: a board, a collection.

    Its content is a document of JSON values, read either when the share is opened, or when it was
    made and then kept in `Share.frozen`. The document has everything; the share decides at each
    visit what visitors see of it. So both ways of sharing show the same.
    """

    @abstractmethod
    def seen(self, user: User, key: str) -> Thing | None:
        """Return the row with this key if the user sees it; else a share no longer shows it."""

    @abstractmethod
    def document(self, row: Thing, user: User) -> Document:
        """Return everything that a share of this user may show of the row, as JSON values."""

    @abstractmethod
    def page_context(self, visit: Visit, document: Document) -> Mapping[str, Any]:
        """Return the template context for a document, without parts hidden from visitors."""

    def result_keys(self, document: Document) -> Sequence[ShownKey]:
        """Return the results in a document, in order."""
        return ()

    def input_values(self, document: Document) -> Iterable[Any]:
        """Return the JSON values in a document that may have addresses of our files."""
        return ()

    def freeze(self, share: Share) -> Document | None:
        """Return the present document; None if there is nothing to show."""
        row = self.seen(share.user, share.source)
        return None if row is None else self.document(row, share.user)

    def results(self, share: Share) -> Sequence[ShownKey]:
        """Return the results of the present document, or of the kept one."""
        document = self.document_of(share)
        return () if document is None else self.result_keys(document)

    def document_of(self, share: Share) -> Document | None:
        """Return the document that the share shows; None if its user no longer sees the row."""
        row = self.seen(share.user, share.source)
        if row is None:
            return None
        is_kept = share.frozen is not None and not share.follows
        document: Document = share.frozen if is_kept else self.document(row, share.user)
        return document

    def context(self, visit: Visit) -> Mapping[str, Any]:
        """Return the template context, or the sentence `gone`."""
        document = self.document_of(visit.share)
        if document is None:
            return {"gone_notice": GONE}
        addresses = inputs.addresses_in(with_own_paths(list(self.input_values(document))))
        inputs.keep_in_step(visit.share, addresses)
        return self.page_context(visit, document)
