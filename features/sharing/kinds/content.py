"""Runs as visitors see them: their results and settings."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from core.db.json_field import small
from core.formatting import counted
from features.library.selection import ResultKey
from features.sharing import inputs, items
from features.sharing.inputs import InputFile, Key
from playground.display.history import MAX_ROWS, MAX_VALUE_CHARS
from runs.costs import known_costs
from runs.files.own_addresses import with_own_paths
from runs.models import Run
from runs.results import excerpts, previews
from runs.results.outputs import artifacts_in
from schemas.wording.labels import label

if TYPE_CHECKING:
    from features.sharing.items import ItemView
    from features.sharing.models import Share

NO_FILES = "The run has neither a file nor a text to show."
FAILED, CANCELLED = "The run failed.", "The run was cancelled."
UNDER_WAY = "Under way: look again in a minute."
UNFINISHED = "The run had not ended when this was shared."
UNCOPIED = "Its file is not copied yet: look again in a minute."
LONGEST = 4000  # characters of a text
LARGEST = 100_000  # characters of an output; of a larger one, only the excerpt is shown
LONGEST_SETTING = 5000  # characters of a text: a prompt is read whole
HIDDEN = "left out"
# Matches only from the beginning of a word: starting at each letter, the search would take minutes
# for a word of 200 KB.
_OURS = re.compile(r"(?<![^\s\"])[^\s\"]*/(?:uploads|runs)/[0-9a-f-]{36}[^\s\"]*", re.IGNORECASE)
_READ = 4 * LONGEST_SETTING  # characters of a text that are searched
_OF_MODEL = re.compile(r"(?:^|_)(?:model|endpoint|checkpoint)(?:_|$)|_model", re.IGNORECASE)
_PROVIDER = re.compile(r"\bfal[-.](?:ai|media|run)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Outcome:
    """The result of a run: files or a text, else `words` that say why there is none.

    `cost` is empty if prices are hidden.
    """

    files: Sequence[ItemView] = ()
    text: str = ""
    words: str = ""
    cost: str = ""
    number: int = field(default=0)  # of a text's item in the share

    @property
    def numbers(self) -> list[int]:
        """Return the numbers of its items."""
        return [view.item.number for view in self.files] or [self.number] * bool(self.number)


class Outcomes:
    """Looks up results of a share by their runs; five queries, however many results."""

    def __init__(self, share: Share) -> None:
        self.share = share
        views = items.items_of(share)
        self.shown = {
            ResultKey(view.run.pk, view.item.position): view for view in views if view.run
        }
        self.texts = _texts(view.run for view in views if view.run and not view.artifact)

    def outcome_of(self, run: str, positions: Sequence[int]) -> Outcome:
        """Return the outcome of a run with files at these positions, or [0] if it has no files."""
        keys = [ResultKey(uuid.UUID(run), position) for position in positions]
        cell_items = [self.shown[key] for key in keys if key in self.shown]
        if not cell_items or cell_items[0].run is None:
            return Outcome(words=items.GONE)
        cost = self._cost(cell_items[0].run)
        text = self.texts.get(cell_items[0].run.pk, "")
        if text:
            return Outcome(text=text, cost=cost, number=cell_items[0].item.number)
        file_items = [item_view for item_view in cell_items if item_view.artifact]
        stored_items = [item_view for item_view in file_items if item_view.is_stored]
        words = "" if stored_items else UNCOPIED if file_items else NO_FILES
        return Outcome(stored_items, words=words, cost=cost)

    def without_files(self, *, is_over: bool, state: str) -> Outcome:
        """Return the outcome of a run that had no result when the document was written."""
        if is_over:
            return Outcome(words=CANCELLED if state == Run.State.CANCELLED else FAILED)
        return Outcome(words=UNDER_WAY if self.share.follows else UNFINISHED)

    def _cost(self, run: Run) -> str:
        return known_costs.briefly(run) if self.share.shows_prices else ""


def _texts(runs: Iterable[Run]) -> dict[uuid.UUID, str]:
    texts = excerpts.texts_of(runs)
    outputs = Run.objects.filter(pk__in=texts).values_list("pk", small("output", LARGEST))
    return texts | {pk: _text(output) for pk, output in outputs if output is not None}


def _text(output: object) -> str:
    text = "\n\n".join(preview.text for preview in previews.of_texts(artifacts_in(output)))
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


# Arguments as visitors read them: texts and files, without the names of hidden models.


@dataclass(frozen=True)
class Setting:
    """An argument: its name, its text if any, and its files."""

    name: str
    text: str
    files: list[InputFile]

    @property
    def is_long(self) -> bool:
        """Whether the text is too long for a line of a table."""
        return len(self.text) > 60 or "\n" in self.text


class Curtain:
    """Hides settings of a share: all of them, or those that name its models."""

    def __init__(
        self, share: Share, models: Iterable[tuple[str, str]], *, has_inputs: bool = True
    ) -> None:
        """`models` are the ids and names of all models in the share.

        Without `has_inputs`, settings only count their files and do not show them.
        """
        self.share, self.has_inputs = share, has_inputs
        self.names = () if share.shows_models else tuple(_names(models))
        self.files: Mapping[Key, InputFile] = (
            inputs.files_of(share) if share.shows_settings and has_inputs else {}
        )

    def settings(self, arguments: Any) -> list[Setting]:
        """Return the arguments in order; none if settings are hidden."""
        if not self.share.shows_settings or not isinstance(arguments, dict):
            return []
        rows = islice(with_own_paths(arguments).items(), MAX_ROWS)
        return [self._setting(str(name), value) for name, value in rows]

    def visible_text(self, text: str) -> str:
        """Return a text that describes settings; empty if they are hidden or it names a model."""
        return self.telling(text) if self.share.shows_settings else ""

    def telling(self, text: str) -> str:
        """Return a text other than a setting; empty if it names a hidden model."""
        return "" if self._names_model(text) else text

    def _setting(self, name: str, value: Any) -> Setting:
        addresses = list(dict.fromkeys(inputs.addresses_in(value)))
        keys = [key for address in addresses if (key := inputs.key_of(address))]
        files = [self.files[key] for key in keys if key in self.files]
        if addresses and _is_only_files(value):
            text = "" if files else self._instead(len(addresses))
        else:
            text = _setting_text(_without(value, addresses))
        if not self.share.shows_models and (_OF_MODEL.search(name) or self._names_model(text)):
            text = HIDDEN
        return Setting(label(name)[:MAX_VALUE_CHARS], text, files)

    def _instead(self, count: int) -> str:
        return inputs_gone(count) if self.has_inputs else counted(count, "file")

    def _names_model(self, text: str) -> bool:
        if self.share.shows_models:
            return False
        lower = text.casefold()
        return bool(_PROVIDER.search(text)) or any(name in lower for name in self.names)


def inputs_gone(count: int) -> str:
    """Return the sentence in place of files that are gone."""
    return "This file no longer exists." if count == 1 else "These files no longer exist."


def _names(models: Iterable[tuple[str, str]]) -> Iterable[str]:
    for endpoint_id, name in models:
        yield endpoint_id.casefold()
        if len(name) > 2:
            yield name.casefold()


def _is_only_files(value: Any) -> bool:
    value_list = value if isinstance(value, list) else [value]
    return all(isinstance(part, str) and inputs.key_of(part) for part in value_list)


def _without(value: Any, addresses: list[str]) -> Any:
    """Replace our files' addresses, which visitors must not see, by numbers."""
    if isinstance(value, str):
        return f"file {addresses.index(value) + 1}" if value in addresses else value
    if isinstance(value, dict):
        return {key: _without(child, addresses) for key, child in value.items()}
    return [_without(child, addresses) for child in value] if isinstance(value, list) else value


def _setting_text(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    text = _OURS.sub("(a file)", text[:_READ])
    return text if len(text) <= LONGEST_SETTING else f"{text[:LONGEST_SETTING]}…"
