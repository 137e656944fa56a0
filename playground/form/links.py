"""Addresses that stand for what is in a form: the input itself, or a short id where that is too long."""

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

LONGEST = 6000  # characters; browsers, proxies and chat programs cut longer addresses
RESULT = re.compile(r'"/runs/[0-9a-f-]{36}/artifacts/[0-9]+/')
UPLOAD = re.compile(r'"/uploads/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/')


@dataclass(frozen=True)
class Link:
    """An address below this site; how many files in it colleagues can see now, and how many they cannot."""

    address: str
    files: int
    private: int


def make(user: User, endpoint: Endpoint, arguments: dict[str, Any]) -> Link:
    """The address that fills these arguments in; the person's own files in them can be read through it."""
    text = json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))
    page = endpoint.get_absolute_url()
    address = f"{page}?{urlencode({'input': text}, errors='surrogatepass')}" if arguments else page
    if len(address) > LONGEST:
        address = share(user, endpoint, arguments).get_absolute_url()
    return Link(address, open_files(user, arguments), len(set(RESULT.findall(text))))


def share(user: User, endpoint: Endpoint, arguments: dict[str, Any]) -> Share:
    """The arguments under a short id; the same ones again have the same id."""
    known = Share.objects.filter(user=user, endpoint=endpoint, arguments=arguments).first()
    return known or Share.objects.create(user=user, endpoint=endpoint, arguments=arguments)


def open_files(user: User, arguments: dict[str, Any]) -> int:
    """Let colleagues see the files of `user` that the arguments hold; how many there are."""
    wanted = set(UPLOAD.findall(json.dumps(arguments)))
    if not wanted:
        return 0
    return Upload.objects.filter(user=user, pk__in=wanted).update(is_shared=True)
