"""The tables of the library."""

from library.models.prompt import Prompt, PromptRun, PromptTag, PromptVersion
from library.models.series import Series, SeriesItem
from library.models.tag import Tag, TaggedResult

__all__ = [
    "Prompt",
    "PromptRun",
    "PromptTag",
    "PromptVersion",
    "Series",
    "SeriesItem",
    "Tag",
    "TaggedResult",
]
