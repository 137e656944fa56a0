"""Recognises addresses of our own files in any spelling.

In arguments they are paths, which a worker replaces with upstream's addresses. People and programs
also send absolute URLs, from a board's table or the browser. Upstream could not fetch these: it has
no login here, and may not reach this host at all.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.http.request import validate_host
from django.urls import reverse

from core.file_names import clean_name
from core.http.host_names import ascii_host

_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
OUR_ADDRESS = re.compile(
    rf"/uploads/(?P<upload>{_UUID})/[^/]*"
    rf"|/runs/(?P<run>{_UUID})/artifacts/(?P<position>[0-9]{{1,6}})/"
)
_OUR_PATH = re.compile(
    rf"/uploads/(?P<upload>{_UUID})/(?P<name>[^/]+)"
    rf"|/runs/(?P<run>{_UUID})/artifacts/(?P<position>[0-9]{{1,6}})/?",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"\s*+(?:https?://|/(?:uploads|runs)/)\S++\s*+", re.IGNORECASE)


_BEGINNINGS = ("https://", "http://", "data:", "/uploads/", "/runs/")


def begins_as_address(text: str) -> bool:
    """Whether a text begins as a file's address: ours, another host's, or the file itself."""
    return text.startswith(_BEGINNINGS)


def with_own_paths(value: Any) -> Any:
    """Return the arguments with our files as paths."""
    return mapped(value, _with_own_path)


def tidy_addresses(value: Any) -> Any:
    """Return the arguments with our files as paths and without spaces around addresses."""
    return mapped(value, lambda text: _with_own_path(_trimmed(text)))


def mapped(value: Any, change: Callable[[str], str]) -> Any:
    """Return JSON with each text changed, at any depth."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: mapped(child, change) for key, child in value.items()}
    return [mapped(child, change) for child in value] if isinstance(value, list) else value


def _trimmed(text: str) -> str:
    is_address = "/" in text and _ADDRESS.fullmatch(text)
    return text.strip() if is_address else text


def _with_own_path(text: str) -> str:
    if "/" not in text or not _ADDRESS.fullmatch(text):
        return text
    address = text.strip()
    path = address if address.startswith("/") else path_at_own_host(address)
    file = _OUR_PATH.fullmatch(path) or _OUR_PATH.fullmatch(unquote(path))
    if file is None:
        return text
    if file["upload"]:
        name = clean_name(unquote(file["name"]))
        return reverse("playground:upload", args=[file["upload"].lower(), name])
    return reverse("playground:artifact", args=[file["run"].lower(), int(file["position"])])


def path_at_own_host(address: str) -> str:
    """Return the path of an address if it names this server, else "".

    Accepts any allowed host name, port and scheme, since a proxy may use others than we know.
    """
    try:
        parts = urlsplit(address)
        host = ascii_host((parts.hostname or "").rstrip("."))
    except ValueError:  # not an address; UnicodeError is a ValueError, too
        return ""
    host = f"[{host}]" if ":" in host else host
    return parts.path if host and validate_host(host, settings.ALLOWED_HOSTS) else ""
