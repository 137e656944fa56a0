"""The template for file names of saved results: `{date}-{prompt}-{model}`.

Each person has one (`preferences.py`); `runs/files/result_names.py` gives a run's value for each
word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from core.file_names import MAX_PORTABLE_BYTES, portable_name, shorten

DEFAULT = "{date}-{prompt}-{model}-{seed}-{n}"
WORDS = {  # word → its meaning
    "date": "the day of the run",
    "time": "the time of the run",
    "prompt": "the first words of the prompt",
    "model": "the model",
    "seed": "the seed, if there is one",
    "n": "the number of the result in its run",
    "project": "the project, if you are in it",
    "run": "the first characters of the run's ID",
}
EXAMPLE = {
    "date": "2026-11-27",
    "time": "14-05-09",
    "prompt": "a-mill-at-dusk",
    "model": "flux-dev",
    "seed": "1234",
    "n": "1",
    "project": "spring-campaign",
    "run": "0b54c1e2",
}
_WORD = re.compile(r"\{([^{}]*)\}")
_GONE = "\0"  # in place of a word without a value
_WITH_SEPARATOR = re.compile(rf"(?<![-_. ])[-_. ]*+{_GONE}")
_EMPTY_BRACKETS = re.compile(r"(?<![-_. ])[-_. ]*+(?:\(\)|\[\])")


def problem(template: str) -> str:
    """Return what is wrong with a template, as a sentence; empty if nothing is."""
    replaced = ", ".join(f"{{{word}}}" for word in WORDS)
    for word in _WORD.findall(template):
        if word not in WORDS:
            return f"“{{{word}}}” is not a placeholder. The placeholders are {replaced}."
    if re.search(r"[{}]", _WORD.sub("", template)):
        return f"A placeholder needs both of its braces. The placeholders are {replaced}."
    return ""


def fill(template: str, values: Mapping[str, str], suffix: str = "", fallback: str = "file") -> str:
    """Return a portable file name from a template; an empty one means DEFAULT.

    A word without a value is removed together with the separator before it. A name that is too long
    loses words of the prompt first, so that seed and number stay.
    """
    template = template or DEFAULT
    stem = _replaced(template, values)
    excess = len(stem.encode()) - (MAX_PORTABLE_BYTES - len(suffix.encode()))
    times = template.count("{prompt}")
    if excess > 0 and times:
        prompt = values.get("prompt", "")
        room = len(prompt.encode()) + -excess // times  # the excess of each, rounded up
        shortened = shorten(prompt, max(0, room))
        whole_words = shortened.rpartition("-")[0] or shortened
        stem = _replaced(template, {**values, "prompt": whole_words})
    return portable_name(stem, suffix, fallback)


def example(template: str) -> str:
    """Return an example of a picture's name from a template."""
    return fill(template, EXAMPLE, ".png")


def _replaced(template: str, values: Mapping[str, str]) -> str:
    stem = _WORD.sub(lambda word: values.get(word[1], "") or _GONE, template)
    return _EMPTY_BRACKETS.sub("", _WITH_SEPARATOR.sub("", stem))
