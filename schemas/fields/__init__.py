"""Input schema → Field tree with labels, limits, display hints, kinds of files and units."""

from schemas.fields.field import MISSING, Field, Kind, Missing, Option, find

__all__ = ["MISSING", "Field", "Kind", "Missing", "Option", "find"]
