"""Input schema → Field tree with labels, limits, display hints, kinds of files and units."""

from schemas.fields.field import MISSING, Field, Kind, Missing, Option, find
from schemas.fields.kinds import KINDS, Traits

__all__ = ["KINDS", "MISSING", "Field", "Kind", "Missing", "Option", "Traits", "find"]
