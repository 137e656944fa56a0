"""Validates arguments against the original JSON Schema, in bounded time and with sentences."""

from schemas.validation.arguments import validate

__all__ = ["validate"]
