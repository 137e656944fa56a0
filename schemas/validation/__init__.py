"""Validates arguments against the original JSON Schema, in bounded time; explains each error."""

from schemas.validation.arguments import validate
from schemas.validation.unknown_keys import unknown_keys
from schemas.validation.version import Version

__all__ = ["Version", "unknown_keys", "validate"]
