"""Normalizes names and queries: words, versions, joined and split names, plurals, typing errors.

Pure functions over text. `FLUX1.1 [pro]`, `flux-1.1-pro` and `flux1.1pro` give the same result
where that matters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache

WORD = re.compile(r"[^\W_]+")
_ACCENTS = re.compile("(?<=[a-z])[\u0300-\u036f]+")
# "wan/v2.2": the v belongs to the version, not to a word before it ("dev2").
_SIGN = re.compile(r"(?<![^\W\d_])v(?=\d)")  # the v of a version
_PART = re.compile(r"\d++(?:[.,]\d++)*+|[^\W\d_]+")
_RUN = re.compile(r"[^\W_]+(?:(?<=\d)\.\d[^\W_]*)*")
_VERSION = re.compile(r"v?(\d++(?:[.,]\d++)++)")
_ENDING = re.compile(r"(?<=.{5})(?:ations?|ings?|ers?|ions?|ors?|ed|es?|s)$")
_SHORTEST_SLIP = 4
_LONG = 8  # letters of a word in which two typing errors are likely


def normalize(text: str) -> str:
    """Return the text in lower case, Latin letters without accents, as both databases compare it.

    Other scripts keep their marks, without which words of Korean, Japanese or Russian differ.
    """
    if text.isascii():
        return text.lower()
    return unicodedata.normalize(
        "NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", text.lower()))
    )


def split_words(text: str) -> list[str]:
    """Return the words of a normalized text, without punctuation."""
    return WORD.findall(text)


def parts(text: str) -> list[str]:
    """Separate letters from numbers: `flux1.1pro` → flux, 1.1, pro; drops the v of a version."""
    return [part.replace(",", ".") for part in _PART.findall(_SIGN.sub("", text))]


def version(text: str) -> str:
    """Return `2.1` for `v2.1` or `2,1`; empty if the text is no version."""
    match = _VERSION.fullmatch(text)
    return match[1].replace(",", ".") if match else ""


def name_words(text: str) -> set[str]:
    """Return every word that finds a normalized name: as written, split, versions in both forms."""
    return {word for run in _RUN.findall(text) for word in _run_words(run)}


@lru_cache(maxsize=4096)
def _run_words(run: str) -> set[str]:
    if run.isalpha():
        return {run}
    pieces = parts(run)
    forms = {*pieces, *(piece.replace(".", "") for piece in pieces)}
    if "." not in run:
        return forms | {run, "".join(pieces[1:]) or run}  # the 3d of hunyuan3d
    first = run.partition(".")[0]
    return forms if first.isdecimal() else forms | {first}  # the v2 of v2.1


def stem(word: str) -> str:
    """Return the prefix that a word's forms share: `upscal` of upscaler, upscaling, upscaled."""
    if not word.isalpha():
        return word
    stem = _ENDING.sub("", word)
    return stem if stem != word else single(word)


def single(word: str) -> str:
    """Return a word without its plural ending."""
    # "series" is no plural of "sery".
    if len(word) > 3 and word.endswith("ies") and word not in {"movies", "selfies", "series"}:
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word


def correction(word: str, known_words: Mapping[str, int]) -> str:
    """Return the most likely known word, the most frequent of the nearest; empty if none."""
    if len(word) < _SHORTEST_SLIP or not word.isalpha():
        return ""
    from rapidfuzz import process  # five megabytes of code, loaded only for typing errors
    from rapidfuzz.distance import OSA

    # "klng", "klnig" → kling; in "ideogramm" or "transcribtion" two slips are likely.
    most = 1 if len(word) < _LONG else 2
    near = process.extract(
        word, known_words.keys(), scorer=OSA.distance, score_cutoff=most, limit=50
    )
    # People get the first letter right: two errors with another first letter are another word.
    ranked = [(far, name[0] != word[0], -known_words[name], name) for name, far, _ in near]
    return min((rank for rank in ranked if rank[0] < 2 or not rank[1]), default=("",))[-1]


def segments(word: str, known_words: Mapping[str, int]) -> list[str]:
    """Split a word into the fewest known ones (`texttospeech`); empty if that is impossible."""

    @cache
    def split(letters: str) -> tuple[str, ...] | None:
        ways = [
            (letters[:end], *other_parts)
            for end in range(2, len(letters) + 1)
            # "texttospeech": `to` is no word of a name, but joins two.
            if letters[:end] == "to" or (end > 2 and known_words.get(letters[:end]))
            if (other_parts := split(letters[end:])) is not None
        ]
        longest_first = min(ways, key=lambda way: (len(way), -max(map(len, way))), default=None)
        return longest_first if letters else ()

    pieces = split(word) or ()
    return list(pieces) if len(pieces) > 1 else []
