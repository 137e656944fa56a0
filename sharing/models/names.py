"""When two names that people give are the same to a reader's eye."""

from __future__ import annotations

import unicodedata

MAX_NAME_CHARS = 60
# Letters of other alphabets that look like Latin ones, after casefolding.
LOOKALIKES = str.maketrans(
    "аеіјокрсԁһмтухѕԛԝɡαεικνορτυχωη",
    "aeijokpcdhmtyxsqwgaeikvoptuxwn",
)


def clean_name(text: str) -> str:
    """Return a name on one line, without characters that cannot be seen or turn the text around."""
    visible = (char for char in unicodedata.normalize("NFC", text) if _is_visible(char))
    return " ".join("".join(visible).split())


def name_key(name: str) -> str:
    """Return what is equal for names that cannot be told apart: case, spaces, lookalikes."""
    folded = unicodedata.normalize("NFKC", name).casefold().translate(LOOKALIKES)
    letters = (char for char in folded if _is_visible(char) and not char.isspace())
    return unicodedata.normalize("NFC", "".join(letters))


def _is_visible(char: str) -> bool:
    """Whether it is a space or shows something: no control, format or unassigned character."""
    return char.isspace() or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn"}
