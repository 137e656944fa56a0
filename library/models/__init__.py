"""The tables of the library."""

from library.models.prompt import Prompt, PromptRun, PromptTag, PromptVersion
from library.models.reference import Reference, ReferenceRun, ReferenceVersion

__all__ = [
    "Prompt",
    "PromptRun",
    "PromptTag",
    "PromptVersion",
    "Reference",
    "ReferenceRun",
    "ReferenceVersion",
]
