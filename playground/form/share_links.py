"""Links to a form's contents: the input in the address, or a short id if it is too long."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from catalog.models import Endpoint
from playground.models import Artifact, Share, Upload

if TYPE_CHECKING:
    from django.contrib.auth.models import User

MAX_ADDRESS_CHARS = 6000  # browsers, proxies and chat programs cut longer addresses
_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
RESULT = re.compile(rf'"/runs/({_UUID})/artifacts/([0-9]{{1,6}})/')
UPLOAD = re.compile(rf'"/uploads/({_UUID})/')


@dataclass(frozen=True)
class Link:
    """A link's path, and how many of its files colleagues can and cannot see.

    Making a link opens the uploads and results that belong to its author, and no others.
    """

    address: str
    files: int
    private: int


def make_link(user: User, endpoint: Endpoint, arguments: dict[str, Any]) -> Link:
    """Return the link that fills in these arguments; opens the user's own files in them."""
    text = json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))
    page = endpoint.get_absolute_url()
    address = f"{page}?{urlencode({'input': text}, errors='surrogatepass')}" if arguments else page
    if len(address) > MAX_ADDRESS_CHARS:
        address = share(user, endpoint, arguments).get_absolute_url()
    count = len(_uploads_in(arguments)) + len(_results_in(arguments))
    opened = open_files(user, arguments)
    return Link(address, opened, count - opened)


def share(user: User, endpoint: Endpoint, arguments: dict[str, Any]) -> Share:
    """Store the arguments under a short id; equal arguments get the same id."""
    known = Share.objects.filter(user=user, endpoint=endpoint, arguments=arguments).first()
    return known or Share.objects.create(user=user, endpoint=endpoint, arguments=arguments)


def open_files(user: User, arguments: dict[str, Any]) -> int:
    """Open the uploads and results of `user` in these arguments to all; returns how many."""
    opened = 0
    if uploads := _uploads_in(arguments):
        opened += Upload.objects.filter(user=user, pk__in=uploads).update(is_shared=True)
    if results := _results_in(arguments):
        own = Artifact.objects.filter(run__user=user, run_id__in={run for run, _ in results})
        places = own.values_list("pk", "run_id", "position")
        named = [pk for pk, run, position in places if (str(run), str(position)) in results]
        opened += Artifact.objects.filter(pk__in=named).update(is_shared=True)
    return opened


def _uploads_in(arguments: dict[str, Any]) -> set[str]:
    return set(UPLOAD.findall(json.dumps(arguments)))


def _results_in(arguments: dict[str, Any]) -> set[tuple[str, str]]:
    return set(RESULT.findall(json.dumps(arguments)))
