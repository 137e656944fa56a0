"""The input files of shared results: uploads, and results that were inputs of others.

They are items of the share with numbers, like its results, so that an address reveals nothing about
them. Visitors get them if the share shows settings.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.urls import reverse

from features.sharing import items
from features.sharing.items import MAX_ITEMS, NO_RUN
from features.sharing.models import Share, ShareItem
from runs.files.own_addresses import OUR_ADDRESS
from runs.models import Artifact, Upload
from runs.ownership import deletion

Key = tuple[uuid.UUID, int | None]  # (upload, None) or (run, position of a file)


@dataclass(frozen=True)
class InputFile:
    """A file among the inputs: its kind, such as `image`, and its address for visitors."""

    kind: str
    src: str


def addresses_in(value: Any) -> Iterator[str]:
    """Yield the addresses of our own files in a JSON value, in order."""
    if isinstance(value, str):
        if OUR_ADDRESS.fullmatch(value):
            yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from addresses_in(part)


def key_of(address: str) -> Key | None:
    """Return the key of the file at one of our addresses; None for any other text."""
    match = OUR_ADDRESS.fullmatch(address)
    if match is None:
        return None
    if match["upload"]:
        return uuid.UUID(match["upload"]), None
    return uuid.UUID(match["run"]), int(match["position"])


def keep_in_step(share: Share, addresses: Iterable[str]) -> None:
    """Give each of these files a number in the share, and mark other inputs as gone.

    Call it after `items.keep_in_step`, as results of the share do not count as inputs. Writes, and
    locks the share, only if there are differences.
    """
    wanted_keys = {key for address in addresses if (key := key_of(address))}
    if not any(_differences(share, wanted_keys)):
        return
    with transaction.atomic():
        Share.objects.select_for_update(of=("self",)).get(pk=share.pk)
        added, changed_items = _differences(share, wanted_keys)
        ShareItem.objects.bulk_create(added)
        ShareItem.objects.bulk_update(changed_items, ["is_gone", "is_input"])
        items.touch([*added, *changed_items])


def _differences(share: Share, wanted_keys: set[Key]) -> tuple[list[ShareItem], list[ShareItem]]:
    """Return new items, and existing ones that return or go; none of them is saved yet."""
    items_by_key = {_key(item): item for item in share.items.all()}
    highest = max((item.number for item in items_by_key.values()), default=0)
    changed_items = []
    for key, item in items_by_key.items():
        is_back = item.is_gone and key in wanted_keys and item.answers_id is None
        is_left_out = item.is_input and not item.is_gone and key not in wanted_keys
        if is_back or is_left_out:
            item.is_gone, item.is_input = is_left_out, True
            changed_items.append(item)
    missing = sorted(wanted_keys - items_by_key.keys(), key=str)[:MAX_ITEMS]
    added = [_item(share, number, key) for number, key in enumerate(missing, start=highest + 1)]
    return added, changed_items


def files_of(share: Share) -> Mapping[Key, InputFile]:
    """Return the files of a share, including its results, by their keys; three queries.

    Serving a file checks whether the share's user may still read it.
    """
    items_by_key = {_key(item): item for item in share.items.filter(is_gone=False)}
    runs = [key for key, _ in items_by_key]
    uploads = [item.upload_id for item in items_by_key.values() if item.upload_id]
    results = Artifact.objects.filter(run__in=runs).order_by()
    kinds: dict[Key, str] = {
        (run, position): kind
        for run, position, kind in results.values_list("run_id", "position", "kind")
    }
    uploads_of_share = Upload.objects.kept().filter(pk__in=uploads)
    for pk, content_type in uploads_of_share.values_list("pk", "content_type"):
        kinds[pk, None] = content_type.partition("/")[0]
    return {
        key: InputFile(kinds[key], reverse("sharing:share-file", args=[share.token, item.number]))
        for key, item in items_by_key.items()
        if key in kinds
    }


def artifact_of(share: Share, item: ShareItem) -> Artifact | None:
    """Return the result that is an input, if the share's user may still read it."""
    readable = deletion.readable_artifacts(str(item.run_id), share.user)
    return readable.filter(position=item.position, state=Artifact.State.STORED).first()


def _item(share: Share, number: int, key: Key) -> ShareItem:
    item = ShareItem(share=share, number=number, place=number, is_input=True)
    row, position = key
    if position is None:
        item.upload_id = row
    else:
        item.run_id, item.position = row, position
    return item


def _key(item: ShareItem) -> Key:
    return (item.upload_id, None) if item.upload_id else (item.run_id or NO_RUN, item.position)
