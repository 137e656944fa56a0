"""Reads the size of a run's input picture or video, since most results have the same shape."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from django.db.models import QuerySet

from runs.files.inputs import our_addresses
from runs.files.own_addresses import OUR_ADDRESS
from runs.models import Artifact, Upload

MAX_KNOWN = 4096
MAX_VALUES = 200  # arguments searched for files
_NOT_SHOWN = ("mask", "audio", "lora", "reference", "style")  # inputs that do not set the shape


def shape_of_input(arguments: Any) -> tuple[int, int] | None:
    """Return width and height of the first picture or video of ours in the arguments.

    Ignores masks, references and similar inputs. None if there is no file or its size is unknown.
    """
    if not isinstance(arguments, Mapping):
        return None
    sizes = (_size_at(address) for address in _addresses(arguments))
    return next(filter(None, sizes), None)


def is_measuring(arguments: Any) -> bool:
    """Whether a worker will soon measure an upload in the arguments. At most one query."""
    matches = (
        OUR_ADDRESS.fullmatch(address) for address in islice(our_addresses(arguments), MAX_VALUES)
    )
    keys = [match["upload"] for match in matches if match and match["upload"]]
    # A picture's size is known from the start; a worker only makes a small one of it.
    unmeasured = Upload.objects.filter(pk__in=keys, measure_at__isnull=False).exclude(
        content_type__startswith="image/", width__isnull=False
    )
    return bool(keys) and unmeasured.exists()


def _addresses(arguments: Mapping[str, Any]) -> Iterator[str]:
    for name, value in [*arguments.items()][:MAX_VALUES]:
        if any(word in name.lower() for word in _NOT_SHOWN):
            continue
        first = value[0] if isinstance(value, list) and value else value
        if isinstance(first, str) and OUR_ADDRESS.fullmatch(first):
            yield first


# Cached by address: a run in progress is rendered at each change, and files never change.
_known: OrderedDict[str, tuple[int, int]] = OrderedDict()


def _size_at(address: str) -> tuple[int, int] | None:
    if address in _known:
        return _known[address]
    match = OUR_ADDRESS.fullmatch(address)
    if match is None:
        return None
    rows: QuerySet[Any] = (
        Artifact.objects.filter(run_id=match["run"], position=int(match["position"]))
        if match["run"]
        else Upload.objects.filter(pk=match["upload"])
    )
    width, height = rows.values_list("width", "height").first() or (None, None)
    if not width or not height:
        return None
    _known[address] = width, height
    while len(_known) > MAX_KNOWN:
        _known.popitem(last=False)
    return width, height
