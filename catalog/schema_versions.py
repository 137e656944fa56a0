"""The parsed schemas of endpoints, cached by content: forms, estimates and comparisons use them."""

from __future__ import annotations

import re
from typing import Any

from catalog.models import Endpoint, Schema
from core.byte_cache import byte_cached, size_of
from schemas import build, contract
from schemas.document.openapi import read_document
from schemas.validation import Version

_DIGEST = re.compile("[0-9a-f]{64}")


def version_of(endpoint: Endpoint) -> Version:
    """Return the endpoint's schema, ready for use; without one the input is one JSON field."""
    return _load_version(endpoint.schema_id or "", endpoint.endpoint_id)


def former_version(endpoint: Endpoint, digest: str) -> Version | None:
    """Return an older version of the endpoint's schema; None if it is not stored (any more)."""
    if not _DIGEST.fullmatch(digest):
        return None
    try:
        return _load_version(digest, endpoint.endpoint_id)
    except Schema.DoesNotExist:
        return None


def _version_size(version: Version) -> int:
    """Return twice a version's bytes: its validator (`schemas/validation.py`) is built later."""
    return 2 * size_of(version)


@byte_cached(14 << 20, weigh=_version_size)
def _load_version(digest: str, endpoint_id: str) -> Version:
    document: Any = None
    if digest:
        text = Schema.objects.values_list("document", flat=True).get(pk=digest)
        document = read_document(text)
    input_contract = contract(document, endpoint_id)
    return Version(input_contract, build(input_contract))
