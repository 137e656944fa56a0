"""Endpoints and schemas, curation, change log, pictures."""

from catalog.models.changes import Change, Reader, SyncReport
from catalog.models.curation import Collection, CollectionItem, Favourite, Note
from catalog.models.endpoint import Endpoint, ListingEntry, Mark, Revision, Schema
from catalog.models.picture import Picture

__all__ = [
    "Change",
    "Collection",
    "CollectionItem",
    "Endpoint",
    "Favourite",
    "ListingEntry",
    "Mark",
    "Note",
    "Picture",
    "Reader",
    "Revision",
    "Schema",
    "SyncReport",
]
