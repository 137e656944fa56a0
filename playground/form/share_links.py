"""Links to a form's contents: the input in the address, or a short id if it is too long."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from catalog.models import Endpoint
from runs.models import Artifact, Share, Upload

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User
    from django.db.models import QuerySet

MAX_ADDRESS_CHARS = 6000  # browsers, proxies and messengers cut longer addresses
_UUID = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
RESULT = re.compile(rf'"/runs/({_UUID})/artifacts/([0-9]{{1,6}})/')
UPLOAD = re.compile(rf'"/uploads/({_UUID})/')


@dataclass(frozen=True)
class Link:
    """A link's path, and how many of its files colleagues can and cannot see.

    A link opens the uploads and results that belong to its author, and no others, until it ends.
    """

    address: str
    files: int
    private: int


def make_link(user: User, endpoint: Endpoint, arguments: dict[str, Any]) -> Link:
    """Return the link that fills in these arguments.

    A link that opens files has a row, and ends with it. Otherwise the address contains the input,
    unless that is too long.
    """
    own_file_count = _count_own_files(user, arguments)
    count = len(_uploads_in(arguments)) + len(_results_in(arguments))
    address = _address_with_input(endpoint, arguments)
    if own_file_count or len(address) > MAX_ADDRESS_CHARS:
        row = share(user, endpoint, arguments)
        Share.objects.filter(pk=row.pk).update(opens_files=own_file_count > 0)
        address = row.get_absolute_url()
    return Link(address, own_file_count, count - own_file_count)


def _address_with_input(endpoint: Endpoint, arguments: dict[str, Any]) -> str:
    page = endpoint.get_absolute_url()
    text = json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))
    return f"{page}?{urlencode({'input': text}, errors='surrogatepass')}" if arguments else page


def share(user: User, endpoint: Endpoint, arguments: dict[str, Any]) -> Share:
    """Store the arguments under a short id; equal arguments get the same id."""
    existing = Share.objects.filter(user=user, endpoint=endpoint, arguments=arguments).first()
    return existing or Share.objects.create(user=user, endpoint=endpoint, arguments=arguments)


def links_of(user: User | AnonymousUser) -> QuerySet[Share]:
    """Return the user's links that open files, newest first."""
    links = Share.objects.filter(user_id=user.pk or 0, opens_files=True)
    return links.select_related("endpoint").order_by("-created_at")


def _count_own_files(user: User, arguments: dict[str, Any]) -> int:
    """Return how many uploads and results in these arguments are the user's own."""
    count = 0
    if uploads := _uploads_in(arguments):
        count += Upload.objects.kept().filter(user=user, pk__in=uploads).count()
    if results := _results_in(arguments):
        own = Artifact.objects.filter(run__user=user, run_id__in={run for run, _ in results})
        places = own.values_list("run_id", "position")
        count += sum((str(run), str(position)) in results for run, position in places)
    return count


def _uploads_in(arguments: dict[str, Any]) -> set[str]:
    return set(UPLOAD.findall(json.dumps(arguments)))


def _results_in(arguments: dict[str, Any]) -> set[tuple[str, str]]:
    return set(RESULT.findall(json.dumps(arguments)))
