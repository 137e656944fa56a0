"""Input schema → Field tree, and what a field is about: its limits, hints, files and units."""

from schemas.fields.field import MISSING, Field, Kind, Missing, Option, find

__all__ = ["MISSING", "Field", "Kind", "Missing", "Option", "find"]
