"""Changes a data set: its names, captions and files; puts the trigger word before captions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from django.db import transaction

from core.file_names import clean_name
from fal.db_safe import db_safe_text
from features.training.data.items import MAX_CAPTION_CHARS, Item, free_name, items_of
from features.training.models import Dataset

_JOINERS = {"\u200c", "\u200d", "_"}


def change(dataset: Dataset, edit: Callable[[list[Item]], list[Item]]) -> None:
    """Replace the files with the result of `edit`, applied to the files of the locked row."""
    with transaction.atomic():
        locked = Dataset.objects.select_for_update().get(pk=dataset.pk)
        locked.files = [item.as_json() for item in edit(items_of(locked.files))]
        locked.save(update_fields=["files", "changed_at"])
    dataset.files = locked.files


def save_texts(dataset: Dataset, captions: Mapping[str, str], names: Mapping[str, str]) -> None:
    """Save captions and new names, both by current name; other files stay unchanged."""

    def edit(items: list[Item]) -> list[Item]:
        taken_stems = {item.stem.lower() for item in items}
        return [_renamed(_captioned(item, captions), names, taken_stems) for item in items]

    change(dataset, edit)


def _captioned(item: Item, captions: Mapping[str, str]) -> Item:
    if item.name not in captions:
        return item
    text = db_safe_text(captions[item.name]).replace("\r\n", "\n").strip()
    return replace(item, caption=text[:MAX_CAPTION_CHARS])


def _renamed(item: Item, names: Mapping[str, str], taken_stems: set[str]) -> Item:
    """Return the file under its new name; keeps the extension, as the content is the same."""
    suffix = PurePosixPath(item.name).suffix
    new_name = db_safe_text(names.get(item.name, "")).strip()
    if not new_name or new_name in {item.name, item.stem}:
        return item
    stem = clean_name(new_name.removesuffix(suffix))
    taken_stems.discard(item.stem.lower())
    return replace(item, name=free_name(f"{stem}{suffix}", taken_stems))


def prepend_trigger(dataset: Dataset, word: str) -> None:
    """Prefix every caption, even empty ones, with the trigger word unless it has the word."""

    def with_word(item: Item) -> Item:
        if not item.takes_caption:
            return item
        return replace(item, caption=prefixed(item.caption, word)[:MAX_CAPTION_CHARS])

    change(dataset, lambda items: [with_word(item) for item in items])


def set_removed(dataset: Dataset, name: str, *, is_removed: bool) -> None:
    """Remove a file from the data set, or restore it."""
    change(
        dataset,
        lambda items: [
            replace(item, is_removed=is_removed) if item.name == name else item for item in items
        ],
    )


def has_trigger(text: str, trigger: str) -> bool:
    """Whether a text contains the trigger as a whole word, in any case."""
    text, trigger = _folded(text), _folded(trigger)
    return any(
        not (_joins(text[match.start() - 1 : match.start()], trigger[0]))
        and not (_joins(trigger[-1], text[match.end() : match.end() + 1]))
        for match in re.finditer(re.escape(trigger), text)
    )


def prefixed(text: str, trigger: str) -> str:
    """Return the text with the trigger word in front, or unchanged if it contains the word."""
    if has_trigger(text, trigger):
        return text
    return f"{trigger}, {text}" if text.strip() else trigger


def _folded(text: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text.strip()).casefold())


def _joins(before: str, after: str) -> bool:
    """Whether two adjacent characters belong to one word; "" stands for an end of the text."""
    return all(
        char and (char.isalnum() or char in _JOINERS or unicodedata.category(char)[0] == "M")
        for char in (before, after)
    )
