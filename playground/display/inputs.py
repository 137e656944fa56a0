"""The files that a run was made from, and the one to lay over its result."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from catalog.schema_versions import version_of
from runs.file_kinds import KINDS, VISUAL
from runs.files.artifact_urls import may_show
from runs.files.own_addresses import OUR_ADDRESS
from runs.models import Artifact, Run, Upload
from schemas.meanings import by_meaning

if TYPE_CHECKING:
    from catalog.models import Endpoint

MOST_INPUTS = 12
_Key = tuple[str, int]  # of a file: (upload, 0) or (run, position)


class ComparisonFile(NamedTuple):
    """A file laid over a result, with a slider: its address, labels of both, and its run."""

    address: str
    first: str
    second: str
    run: Run | None = None


class InputFile(NamedTuple):
    """One of our files among a run's arguments: its address, and its kind, as for artifacts.

    An upload that was deleted has no address.
    """

    address: str
    kind: str

    @property
    def word(self) -> str:
        """Return the label of its kind: `Picture`."""
        return KINDS[self.kind].label


def main_input(run: Run, kind: str) -> ComparisonFile | None:
    """Return the run's only main input of this kind, to lay its result over; None without one.

    One query at most, for our own files; upstream's are shown if pages may load them.
    """
    addresses = main_addresses(run, kind) if kind in VISUAL else []
    if len(addresses) != 1:
        return None
    if match := OUR_ADDRESS.fullmatch(addresses[0]):
        is_shown = _kinds([match]).get(_key(match)) == kind
    else:
        is_shown = addresses[0].startswith("http") and may_show(addresses[0])
    return ComparisonFile(addresses[0], "Before", "After") if is_shown else None


def main_addresses(run: Run, kind: str) -> list[str]:
    """Return the addresses in the run's main input of this kind."""
    return _in_main(run.endpoint, run.arguments, kind)


def own_file(endpoint: Endpoint, arguments: Any) -> InputFile | None:
    """Return the first file of a form, which its stage shows: a picture, film or sound.

    None without one, or if a page may not load it.
    """
    for kind in ("image", "video", "audio"):
        for address in _in_main(endpoint, arguments, kind)[:1]:
            is_long = address.startswith("data:")
            if OUR_ADDRESS.fullmatch(address) or (may_show(address) and not is_long):
                return InputFile(address, kind)
    return None


def _in_main(endpoint: Endpoint, arguments: Any, kind: str) -> list[str]:
    """Return the addresses in a model's main input of a kind."""
    field = by_meaning(version_of(endpoint).root.children).get(kind)
    value = arguments.get(field.name) if field and isinstance(arguments, dict) else None
    texts = value if isinstance(value, list) else [value]
    return [text for text in texts if isinstance(text, str) and text]


def input_files(run: Run) -> list[InputFile]:
    """Return the first `MOST_INPUTS` of our files in the run's arguments, in their order.

    Two queries at most. Not for readers of an example: they may not open its inputs.
    """
    addresses = dict.fromkeys(_texts_in(run.arguments))
    matches = filter(None, map(OUR_ADDRESS.fullmatch, addresses))
    hits = list(islice(matches, MOST_INPUTS))
    kinds = _kinds(hits)
    return [
        InputFile(match[0] if _key(match) in kinds else "", kinds.get(_key(match), "file"))
        for match in hits
        if match["upload"] or _key(match) in kinds
    ]


def _texts_in(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _texts_in(child)


def _key(match: re.Match[str]) -> _Key:
    return match["upload"] or match["run"], int(match["position"] or 0)


def _kinds(input_matches: Sequence[re.Match[str]]) -> dict[_Key, str]:
    return _kinds_of_uploads(input_matches) | _kinds_of_results(input_matches)


def _kinds_of_uploads(input_matches: Sequence[re.Match[str]]) -> dict[_Key, str]:
    keys = [match["upload"] for match in input_matches if match["upload"]]
    rows = (
        Upload.objects.kept().filter(pk__in=keys).values_list("pk", "content_type") if keys else ()
    )
    return {(str(pk), 0): _known_kind(content_type.partition("/")[0]) for pk, content_type in rows}


def _kinds_of_results(input_matches: Sequence[re.Match[str]]) -> dict[_Key, str]:
    runs = [match["run"] for match in input_matches if match["run"]]
    if not runs:
        return {}
    stored_artifacts = Artifact.objects.filter(run_id__in=runs).exclude(state=Artifact.State.LOST)
    rows = stored_artifacts.values_list("run_id", "position", "kind")
    return {(str(run), position): _known_kind(kind) for run, position, kind in rows}


def _known_kind(kind: str) -> str:
    return kind if kind in KINDS else "file"
