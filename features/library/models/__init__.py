"""The tables of the library."""

from features.library.models.prompt import Prompt, PromptRun, PromptTag
from features.library.models.reference import Reference, ReferenceRun, ReferenceVersion
from features.library.models.search_entry import DueEntry, SearchEntry
from features.library.models.series import Series, SeriesItem

__all__ = [
    "DueEntry",
    "Prompt",
    "PromptRun",
    "PromptTag",
    "Reference",
    "ReferenceRun",
    "ReferenceVersion",
    "SearchEntry",
    "Series",
    "SeriesItem",
]
