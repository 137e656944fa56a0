"""Links to a form's contents: the input in the address, or a short id if that is too long."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from catalog.models import Endpoint
from playground.models import Share, Upload

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAX_ADDRESS_CHARS = 6000  # browsers, proxies and chat programs cut longer addresses
RESULT = re.compile(r'"/runs/[0-9a-f-]{36}/artifacts/[0-9]+/')
UPLOAD = re.compile(r'"/uploads/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/')


@dataclass(frozen=True)
class Link:
    """An address below this site, and how many files in it colleagues can and cannot see."""

    address: str
    files: int
    private: int


def make_link(user: User, endpoint: Endpoint, arguments: dict[str, Any]) -> Link:
    """Return the address that fills these arguments in; it shares the person's uploads in them."""
    text = json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))
    page = endpoint.get_absolute_url()
    address = f"{page}?{urlencode({'input': text}, errors='surrogatepass')}" if arguments else page
    if len(address) > MAX_ADDRESS_CHARS:
        address = share(user, endpoint, arguments).get_absolute_url()
    return Link(address, open_files(user, arguments), len(set(RESULT.findall(text))))


def share(user: User, endpoint: Endpoint, arguments: dict[str, Any]) -> Share:
    """Store the arguments under a short id; equal arguments get the same id."""
    known = Share.objects.filter(user=user, endpoint=endpoint, arguments=arguments).first()
    return known or Share.objects.create(user=user, endpoint=endpoint, arguments=arguments)


def open_files(user: User, arguments: dict[str, Any]) -> int:
    """Share the uploads of `user` in these arguments with colleagues; returns their number."""
    wanted = set(UPLOAD.findall(json.dumps(arguments)))
    if not wanted:
        return 0
    return Upload.objects.filter(user=user, pk__in=wanted).update(is_shared=True)
