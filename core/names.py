"""Names of guests, users and projects: cleans them, and compares them as readers do.

Lookalikes are those of Unicode's list (UTS 39, confusables).
"""

from __future__ import annotations

import unicodedata
from functools import cache, lru_cache

# Shows nothing: joiners, selectors, fillers (U+FE0F, U+034F, U+3164), and the empty Braille cell.
_SHOWS_NOTHING = r"[\p{Default_Ignorable_Code_Point}\p{Cc}\p{Cs}\p{Co}\p{Cn}\u2800]"
_JOINERS = {"\u200c", "\u200d"}


def clean_name(text: str) -> str:
    """Return a name on one line, without invisible characters and ones that turn the text around.

    Joiners stay between letters and marks, because some scripts need them. Empty if nothing shows.
    """
    spaced = " ".join(unicodedata.normalize("NFC", text).split())
    visible = "".join(
        char
        for place, char in enumerate(spaced)
        if _is_visible(char) or (char in _JOINERS and _is_amid(spaced, place))
    )
    return " ".join(visible.split())


def name_key(name: str) -> str:
    """Return a key that is equal for names that differ only in case, spaces or lookalikes."""
    latin = "".join(map(_as_latin, unicodedata.normalize("NFKC", name)))
    folded = unicodedata.normalize("NFD", latin.casefold())
    visible_chars = "".join(char for char in folded if _is_visible(char) and not char.isspace())
    return unicodedata.normalize("NFC", "".join(map(_prototype, visible_chars)).casefold())


def looks_like(name: str, other: str) -> bool:
    """Whether a reader may take one name for the other; rougher than a comparison of keys.

    Ignores marks, strokes and hooks of letters, and characters that are not letters or digits.
    """
    return bool(_readings(name) & _readings(other)) or name_key(name) == name_key(other)


def _readings(name: str) -> set[str]:
    """Return the possible readings of a name, without empty ones.

    A 1 is an l or an i, and so is an exclamation mark, or it is no letter.
    """
    readings = set()
    for one in "li":
        for mark in ("", "l", "i"):
            text = name.replace("1", one)
            readings.add(_skeleton("".join(mark if c in _LIKE_AN_I else c for c in text)))
    return readings - {""}


# Applied before letters lose their case: a capital I looks like a small l, a small i does not.
# Unicode's list lacks the Coptic letters and the signs.
_READ_AS = str.maketrans("I2345689$@ⲀⲂⲈⲌⲁⲃⲉⲍ€¢¥£×§", "lzeasbbgsaABEZabezecylxs")
_LIKE_AN_I = "!¡ǃ|"  # noqa: RUF001
_PAIRS = (("cl", "d"), ("vv", "w"), ("VV", "w"))  # Unicode's list has rn for m


@lru_cache(1024)  # limited, because guests can try any number of names
def _skeleton(name: str) -> str:
    """Return a text that is equal for names that a reader may take for each other."""
    written = unicodedata.normalize("NFKC", name).translate(_READ_AS)
    text = "".join(map(_plain_letter, written)).translate(_READ_AS)
    for pair, letter in _PAIRS:
        text = text.replace(pair, letter)
    plain = ""
    for char in unicodedata.normalize("NFD", name_key(text)):
        is_mark = unicodedata.category(char)[0] == "M"
        if char.isalnum() or (is_mark and not plain[-1:].isascii()):
            plain += char
    return plain


def _plain_letter(char: str) -> str:
    """Return the ASCII letter as which a letter may be read, if any, else the letter itself.

    Small letters of many scripts are capitals made small, and Unicode's list has only the capital.
    """
    if char.isascii() or char in _LIKE_AN_I:
        return char
    alike, capital = _prototype(char), _prototype(char.upper()).casefold()
    readings = (_without_stroke(char), alike, capital, _without_stroke(alike))
    ascii_readings = (reading for reading in readings if len(reading) == 1 and reading.isascii())
    return next(ascii_readings, _without_stroke(char))


def _without_stroke(char: str) -> str:
    """Return the plain letter of a variant, by its Unicode name: ł is an L WITH STROKE."""
    if char.isascii() or len(char.casefold()) > 1:  # ß is an ss
        return char
    letter, is_variant, _ = unicodedata.name(char, "").partition(" WITH ")
    last = letter.rpartition(" ")[2]
    if "LATIN " in letter and len(last) == 1:
        return last if "LATIN CAPITAL" in letter else last.lower()
    try:
        is_other = is_variant and letter.startswith(("CYRILLIC ", "GREEK "))
        return unicodedata.lookup(letter) if is_other else char
    except KeyError:  # a symbol, not a letter
        return char


@cache
def _is_visible(char: str) -> bool:
    """Whether a character shows something, or is a space."""
    import regex  # 1 MB that few processes need

    return regex.match(_SHOWS_NOTHING, char) is None


def _is_amid(text: str, place: int) -> bool:
    """Whether a place is between two letters or marks of a script other than Latin."""
    neighbours = (text[place - 1 : place], text[place + 1 : place + 2])
    return all(
        side and unicodedata.category(side)[0] in "LM" and not side.isascii() for side in neighbours
    )


def _as_latin(char: str) -> str:
    """Return the ASCII letter or digit that a character of another alphabet looks like.

    Called before letters lose their case: the Cyrillic capital ve looks like B, the small one like
    no ASCII letter.
    """
    prototype = _prototype(char)
    return prototype if prototype.isascii() and prototype.isalnum() and not char.isascii() else char


@cache
def _prototype(char: str) -> str:
    """Return the character that stands for all that look like this one."""
    from confusable_homoglyphs import confusables  # 5 MB of tables

    alike = confusables.confusables_data.get(char, ())
    if len(alike) != 1:  # nothing looks like it, or it stands for many itself
        return char
    prototype = str(alike[0]["c"])
    is_one_of_two = [row["c"] for row in confusables.confusables_data.get(prototype, ())] == [char]
    return min(char, prototype) if is_one_of_two else prototype
