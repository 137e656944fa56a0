"""Vitrine's own addresses for the files in a result: they open without a token, as at fal.

An address names the run and the token, and opens only as long as that token could read the result
from the queue. Pages of ours, which call with a login, get the addresses that pages use.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.core import signing
from django.urls import reverse
from django.utils import timezone

from api.models import Token
from api.reach import Reach
from core.file_names import clean_name
from runs.models import Artifact, Run
from schemas.exact import STRING

if TYPE_CHECKING:
    from django.contrib.auth.models import User

SALT = "api.fal_proxy.result_files"
_ADDRESS = re.compile(r"/api/fal/results/([^/]+)/[^/]+")
RECENT = timedelta(seconds=10)  # time after a run's end in which its files may still be copied


def are_coming(run: Run) -> bool:
    """Whether the files of a run that has just ended are still being copied."""
    is_recent = run.ended_at is not None and timezone.now() - run.ended_at < RECENT
    return is_recent and run.artifacts.filter(state=Artifact.State.REMOTE).exists()


def addresses(run: Run, token: Token | None, origin: str) -> dict[str, str]:
    """Return this caller's address of each copied file, by upstream's address."""
    artifacts = run.artifacts.filter(state=Artifact.State.STORED).exclude(url__startswith="data:")
    return {
        url: origin
        + (_path(run, position, token, url) if token else _artifact_url(run.pk, position))
        for position, url in artifacts.values_list("position", "url")
    }


def addresses_by_position(run: Run, token: Token, origin: str) -> dict[int, str]:
    """Return the addresses of a run's copied files for the program of a token."""
    artifacts = run.artifacts.filter(state=Artifact.State.STORED)
    return {
        position: origin + _path(run, position, token, url)
        for position, url in artifacts.values_list("position", "url")
    }


def _path(run: Run, position: int, token: Token, url: str) -> str:
    signed = signing.Signer(salt=SALT).sign_object([run.pk.hex, position, token.pk])
    name = clean_name(urlsplit(url).path.rpartition("/")[2])
    return reverse("api:fal-result-file", args=[signed, name])


def _artifact_url(run: uuid.UUID, position: int) -> str:
    return reverse("playground:artifact", args=[run, position])


def replaced(text: str, addresses: Mapping[str, str]) -> str:
    """Return JSON text with these addresses replaced in its strings, and the rest unchanged."""
    if not addresses:
        return text
    longest_first = sorted(addresses, key=len, reverse=True)
    # A longer address with the same beginning is another one.
    pattern = re.compile(rf"({'|'.join(map(re.escape, longest_first))})(?=$|[\s,;\"'<>)\]}}\\])")

    def rewritten(match: re.Match[str]) -> str:
        if "://" not in match[0] and "\\" not in match[0]:
            return match[0]
        string = json.loads(match[0], strict=False)
        new_string = pattern.sub(lambda address_match: addresses[address_match[0]], string)
        return match[0] if new_string == string else json.dumps(new_string)

    return STRING.sub(rewritten, text)


def page_of(path: str) -> str:
    """Return the path that pages use for the file at this path; empty for other paths."""
    match = _ADDRESS.fullmatch(path)
    try:
        run, position, _ = _read(match[1] if match else "")
    except signing.BadSignature:
        return ""
    return _artifact_url(run, position)


def find(signed: str) -> tuple[Artifact, User] | None:
    """Return the copied file of an address and its owner; None if it no longer opens."""
    try:
        run, position, token_id = _read(signed)
    except signing.BadSignature:
        return None
    rows = Token.objects.select_related("project", "user")
    token = rows.filter(pk=token_id, revoked_at=None, user__is_active=True).first()
    if token is None or token.is_expired or token.is_shut_out:
        return None
    reach = Reach(token.user, token.project)
    runs = reach.visible_rows(Run.objects.owned_by(token.user)).filter(pk=run)
    stored_artifacts = Artifact.objects.filter(run__in=runs, state=Artifact.State.STORED)
    artifact = stored_artifacts.filter(position=position).first()
    return (artifact, token.user) if artifact else None


def _read(signed: str) -> tuple[uuid.UUID, int, int]:
    """Return run, position and token of an address; raises signing.BadSignature."""
    run, position, token_id = signing.Signer(salt=SALT).unsign_object(signed)
    return uuid.UUID(run), position, token_id
