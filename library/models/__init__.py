"""The tables of the library."""

from library.models.prompt import Prompt, PromptRun, PromptTag, PromptVersion
from library.models.reference import Reference, ReferenceRun, ReferenceVersion
from library.models.search_entry import DueEntry, SearchEntry
from library.models.series import Series, SeriesItem

__all__ = [
    "DueEntry",
    "Prompt",
    "PromptRun",
    "PromptTag",
    "PromptVersion",
    "Reference",
    "ReferenceRun",
    "ReferenceVersion",
    "SearchEntry",
    "Series",
    "SeriesItem",
]
