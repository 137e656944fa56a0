"""The operations of the API: each translates a call to a domain function of another app."""

from api.resources import (
    account,
    board_writing,
    boards,
    changes,
    collections,
    consents,
    flows,
    models,
    presets,
    runs,
    stars,
    uploads,
    webhooks,
)

__all__ = [
    "account",
    "board_writing",
    "boards",
    "changes",
    "collections",
    "consents",
    "flows",
    "models",
    "presets",
    "runs",
    "stars",
    "uploads",
    "webhooks",
]
