"""The tables of the library."""

from features.library.models.prompt import Prompt, PromptRun, PromptTag
from features.library.models.search_entry import DueEntry, SearchEntry
from features.library.models.series import Destination, Series, SeriesItem

__all__ = [
    "Destination",
    "DueEntry",
    "Prompt",
    "PromptRun",
    "PromptTag",
    "SearchEntry",
    "Series",
    "SeriesItem",
]
