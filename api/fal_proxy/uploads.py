"""Uploads of fal's clients: a ticket for sending a file, and an address for inputs.

The client receives the file's address before it sends the file, so a row maps the address to the
upload, which is stored once per content.
"""

from __future__ import annotations

import re
import tempfile
import uuid
from collections.abc import Iterator
from typing import IO, Any, NamedTuple

from django.contrib.auth.models import User
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.urls import reverse

from api.fal_proxy import result_files
from api.models import ProxyFile
from core.file_names import clean_name
from projects import roles
from projects.models import Project
from runs.files import uploads
from runs.files.own_addresses import path_at_own_host

SALT = "api.fal_proxy.uploads"
MAX_AGE_S = 3600
CHUNK_BYTES = 1 << 20
_OURS = "/api/fal/"
_FILE = re.compile(rf"{_OURS}files/([0-9a-f]{{8}}(?:-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}})/[^/]+")


class AnnouncedUpload(NamedTuple):
    """A file that will be sent: its user, the id in its address, its name and claimed type.

    It will live in the project; None in old tickets means the private one.
    """

    user_id: int
    pk: str
    name: str
    content_type: str
    project_id: int | None = None


class Announcement(NamedTuple):
    """A ticket for sending a file, and the file's later path."""

    ticket: str
    file_path: str


def announce(user_id: int, project_id: int, name: str, content_type: str) -> Announcement:
    """Return the ticket for a file that will be sent, and its later path."""
    file_id = str(uuid.uuid4())
    name = clean_name(name)
    claims = AnnouncedUpload(user_id, file_id, name, content_type[:127], project_id)
    file_path = reverse("api:fal-file", args=[file_id, name])
    return Announcement(signing.dumps(claims, salt=SALT), file_path)


def read_ticket(ticket: str) -> AnnouncedUpload:
    """Return the file of a ticket; raises signing.BadSignature if it is invalid or expired."""
    return AnnouncedUpload(*signing.loads(ticket, salt=SALT, max_age=MAX_AGE_S))


def receive(announced: AnnouncedUpload, body: IO[bytes]) -> ProxyFile:
    """Store a file; raises ValueError, or what `uploads.store` raises, with a message."""
    with tempfile.SpooledTemporaryFile(CHUNK_BYTES) as spooled:
        size = 0
        while chunk := body.read(CHUNK_BYTES):
            size += len(chunk)
            if size > uploads.MAX_BYTES:
                most = uploads.MAX_BYTES >> 20
                raise ValueError(f"{announced.name} is larger than {most} MB.")
            spooled.write(chunk)
        return keep(announced, spooled, size)


def keep(
    announced: AnnouncedUpload, content: IO[bytes], size: int, *, freed_bytes: int = 0
) -> ProxyFile:
    """Store a file's whole content as the user's upload; raises like `receive`.

    Raises PermissionDenied too, if the user may no longer start anything in the project.
    """
    user, project = User.objects.get(pk=announced.user_id), None
    if announced.project_id is not None:
        project = Project.objects.filter(pk=announced.project_id).first()
        if project is None:
            raise ValueError("The project that this file was for is gone.")
        roles.require_maker(user, project)
    name, content_type = announced.name, announced.content_type
    file: UploadedFile[Any] = UploadedFile(content, name, content_type, size)
    upload = uploads.store(announced.user_id, file, freed_bytes=freed_bytes, project=project)
    kept_file, _ = ProxyFile.objects.update_or_create(
        pk=announced.pk, user_id=announced.user_id, defaults={"upload": upload}
    )
    return kept_file


def with_uploads(user: User, arguments: dict[str, Any]) -> dict[str, Any]:
    """Return arguments with the proxy's file addresses replaced by those that pages use."""
    paths = {text: path_at_own_host(text.strip()) for text in _texts(arguments) if _OURS in text}
    files = {text: match[1] for text, path in paths.items() if (match := _FILE.fullmatch(path))}
    rows = ProxyFile.objects.filter(pk__in=files.values(), user=user).select_related("upload")
    uploaded = {str(row.pk): row.upload.get_absolute_url() for row in rows} if files else {}
    addresses = {text: uploaded[pk] for text, pk in files.items() if pk in uploaded}
    addresses |= {text: own for text, path in paths.items() if (own := result_files.page_of(path))}

    def replaced(value: Any) -> Any:
        if isinstance(value, str):
            return addresses.get(value, value)
        if isinstance(value, dict):
            return {key: replaced(child) for key, child in value.items()}
        return [replaced(child) for child in value] if isinstance(value, list) else value

    replaced_arguments: dict[str, Any] = replaced(arguments) if addresses else arguments
    return replaced_arguments


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _texts(child)
