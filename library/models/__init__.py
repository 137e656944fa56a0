"""The tables of the library."""

from library.models.prompt import Prompt, PromptRun, PromptTag, PromptVersion

__all__ = ["Prompt", "PromptRun", "PromptTag", "PromptVersion"]
