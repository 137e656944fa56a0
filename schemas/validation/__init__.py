"""Validates arguments against the original JSON Schema, in bounded time; explains each error."""

from schemas.validation.arguments import validate

__all__ = ["validate"]
