"""The operations of the API: each translates a call to a function of the rooms below."""

from api.resources import (
    account,
    boards,
    changes,
    collections,
    favourites,
    models,
    presets,
    runs,
    uploads,
)

__all__ = [
    "account",
    "boards",
    "changes",
    "collections",
    "favourites",
    "models",
    "presets",
    "runs",
    "uploads",
]
