"""Kinds whose shares show more than results: a board, a collection, a preset, a prompt, a flow.

What is to be shown is read from the house as a document of JSON values, either when the share is
opened or, kept in `Share.frozen`, when it was made. It has everything; what visitors get of it is
decided by the share when it is shown. So both ways of sharing show the same.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from library.selection import ResultKey
from runs.files.own_addresses import with_own_paths
from sharing import inputs
from sharing.kinds.kind import Kind

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.db.models import Model

    from sharing.access import Visit
    from sharing.models import Share

Row = TypeVar("Row", bound="Model")
Document = Mapping[str, Any]
GONE = "What was shared here is not there any more. Ask whoever sent you the link."


class DocumentKind(Kind, Generic[Row]):
    """A kind whose content is a document."""

    @abstractmethod
    def seen(self, user: User, key: str) -> Row | None:
        """Return what has this key, if the user sees it: as long as they do, a share shows it."""

    @abstractmethod
    def document(self, row: Row, user: User) -> Document:
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
