"""Addresses of Vitrine's own for the files in a result: they open without a token, as at fal.

An address opens for as long as its caller could read the result from the queue, and for nobody
after that: it names the run, and the token or login with which the caller called.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from django.contrib.auth.models import User
from django.core import signing
from django.urls import reverse
from django.utils import timezone

from api import tokens
from api.models import Token
from api.reach import Reach
from core.file_names import clean_name
from people.accounts import single_use
from runs.models import Artifact, Run
from schemas.exact import STRING

if TYPE_CHECKING:
    from projects.models import Project

SALT = "api.fal_proxy.result_files"
_ADDRESS = re.compile(r"/api/fal/results/([^/]+)/[^/]+")
RECENT = timedelta(seconds=10)  # how long after its end a run's files may still be on their way


class Reader(NamedTuple):
    """Who was given a result: a user with a token or a login (its digest)."""

    user_id: int
    token_id: int | None
    login: str

    def reach(self) -> Reach | None:
        """Return the projects that the token or login still sees; None if it is not valid."""
        user = User.objects.filter(pk=self.user_id, is_active=True).first()
        project: Project | None = None
        if user is None:
            return None
        if self.token_id is None:
            if single_use.is_spent(self.login):
                return None
        else:
            rows = Token.objects.select_related("project", "user")
            token = rows.filter(pk=self.token_id, user=user, revoked_at=None).first()
            if token is None or token.is_expired or token.is_shut_out:
                return None
            if tokens.RUN not in token.scope_list:
                return None
            project = token.project
        return Reach(user, project)


def are_coming(run: Run) -> bool:
    """Whether the files of a run that has just ended are still being copied."""
    is_recent = run.ended_at is not None and timezone.now() - run.ended_at < RECENT
    return is_recent and run.artifacts.filter(state=Artifact.State.REMOTE).exists()


def addresses(run: Run, reader: Reader, origin: str) -> dict[str, str]:
    """Return the address for the reader of each copied file, by its address at upstream."""
    stored = run.artifacts.filter(state=Artifact.State.STORED).exclude(url__startswith="data:")
    return {
        url: origin + _path(run.pk, position, reader, url)
        for position, url in stored.values_list("position", "url")
    }


def _path(run: uuid.UUID, position: int, reader: Reader, url: str) -> str:
    signed = signing.Signer(salt=SALT).sign_object([run.hex, position, *reader])
    name = clean_name(urlsplit(url).path.rpartition("/")[2])
    return reverse("api:fal-result-file", args=[signed, name])


def replaced(text: str, addresses: Mapping[str, str]) -> str:
    """Return JSON text with these addresses replaced in its strings, all else as it is written."""
    if not addresses:
        return text
    longest_first = sorted(addresses, key=len, reverse=True)
    # A longer address that begins like a file's is another one.
    pattern = re.compile(rf"({'|'.join(map(re.escape, longest_first))})(?=$|[\s,;\"'<>)\]}}\\])")

    def rewritten(match: re.Match[str]) -> str:
        string = json.loads(match[0], strict=False)
        changed = pattern.sub(lambda found: addresses[found[0]], string)
        return match[0] if changed == string else json.dumps(changed, ensure_ascii=False)

    return STRING.sub(rewritten, text)


def read(signed: str) -> tuple[uuid.UUID, int, Reader]:
    """Return run, position and reader of an address; raises signing.BadSignature."""
    run, position, *reader = signing.Signer(salt=SALT).unsign_object(signed)
    return uuid.UUID(run), position, Reader(*reader)


def page_of(path: str) -> str:
    """Return the path of the file's page-side address, for inputs; empty for other paths."""
    match = _ADDRESS.fullmatch(path)
    try:
        run, position, _ = read(match[1] if match else "")
    except signing.BadSignature:
        return ""
    return reverse("playground:artifact", args=[run, position])


def find(signed: str) -> tuple[Artifact, User] | None:
    """Return the copied file of an address, and whose it is; None if it no longer opens."""
    try:
        run, position, reader = read(signed)
    except signing.BadSignature:
        return None
    reach = reader.reach()
    if reach is None:
        return None
    runs = reach.shown(Run.objects.of(reach.user)).filter(pk=run)
    stored = Artifact.objects.filter(run__in=runs, state=Artifact.State.STORED)
    artifact = stored.filter(position=position).first()
    return (artifact, reach.user) if artifact else None
