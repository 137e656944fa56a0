"""Takes files that are not here, or not to be read, out of arguments that came from elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runs.models import Run, Upload
from runs.own_addresses import OUR_ADDRESS

if TYPE_CHECKING:
    from django.contrib.auth.models import User

_GONE = object()


def without_unreadable(user: User, arguments: dict[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """Return the arguments without such files, and the names of the inputs that had them."""
    readable = _readable(user, arguments)
    clean = {name: _without(value, readable) for name, value in arguments.items()}
    touched = [name for name, value in arguments.items() if clean[name] != value]
    return {name: value for name, value in clean.items() if value is not _GONE}, touched


def _readable(user: User, arguments: Any) -> set[str]:
    """Return the addresses of ours among the arguments whose files the user may read."""
    uploads: dict[str, list[str]] = {}
    runs: dict[str, list[str]] = {}
    for address in {*_addresses(arguments)}:
        match = OUR_ADDRESS.fullmatch(address)
        if match and match["upload"]:
            uploads.setdefault(match["upload"], []).append(address)
        elif match:
            runs.setdefault(match["run"], []).append(address)
    rows = Upload.objects.filter(pk__in=uploads).select_related("project")
    there = {str(upload.pk) for upload in rows if upload.is_readable_by(user)}
    there |= {
        str(pk)
        for pk in Run.objects.readable_by(user).filter(pk__in=runs).values_list("pk", flat=True)
    }
    of_files = uploads | runs
    return {address for key in there for address in of_files[key]}


def _addresses(value: Any) -> list[str]:
    waiting, addresses = [value], []
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            addresses += [item] if OUR_ADDRESS.fullmatch(item) else []
        elif isinstance(item, dict | list):
            waiting += item.values() if isinstance(item, dict) else item
    return addresses


def _without(value: Any, readable: set[str]) -> Any:
    if isinstance(value, str):
        return _GONE if OUR_ADDRESS.fullmatch(value) and value not in readable else value
    if isinstance(value, list):
        items = [_without(item, readable) for item in value]
        return [item for item in items if item is not _GONE]
    if isinstance(value, dict):
        children = {name: _without(child, readable) for name, child in value.items()}
        # An object that held such a file, as a LoRA does its path, means nothing without it.
        return _GONE if _GONE in children.values() else children
    return value
