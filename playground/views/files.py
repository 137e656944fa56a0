"""Bytes: artifacts and uploads, with permission, ranges and types that cannot do harm."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from pathlib import PurePath
from typing import IO, Any

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.http import (
    FileResponse,
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_GET, require_POST, require_safe

from playground import archivist, mesh_viewer, sniffing
from playground.models import Artifact, Run, Upload
from playground.renderers import source

CHUNK = 1 << 16
ACTIVE = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
YEAR_S = 365 * 24 * 3600
MAX_UPLOAD_BYTES = 200 << 20


@require_safe
def artifact(request: HttpRequest, pk: uuid.UUID, position: int) -> HttpResponseBase:
    """Our copy of an artifact; before there is one, upstream's address."""
    found = _artifact(request, pk, position)
    if found.state != Artifact.State.STORED:
        if url := source(found):
            return redirect(url)
        raise Http404("This file was not copied.")
    return serve(request, found.file, found.content_type, found.file_name)


@require_GET
@xframe_options_sameorigin
def viewer(request: HttpRequest, pk: uuid.UUID, position: int) -> HttpResponse:
    """A mesh in a viewer, for a sandboxed frame: it can reach neither us nor anybody else."""
    found = _artifact(request, pk, position)
    if found.state == Artifact.State.REMOTE:  # its copy is a moment away
        return render(request, "playground/artifacts/viewer_waits.html")
    if found.state == Artifact.State.LOST:
        raise Http404("This file could not be copied.")
    response = HttpResponse(mesh_viewer.page(found.file, found.digest))
    response.headers["Content-Security-Policy"] = mesh_viewer.POLICY
    response.headers["Cache-Control"] = f"private, max-age={YEAR_S}, immutable"
    return response


@require_safe
def output(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The run's raw output as a file."""
    run = get_object_or_404(Run.objects.visible_to(request.user), pk=pk)
    response = HttpResponse(
        json.dumps(run.output, indent=2, ensure_ascii=False), content_type="application/json"
    )
    response.headers["Content-Disposition"] = f'inline; filename="{run.pk}.json"'
    return response


@require_POST
def uploads(request: HttpRequest) -> JsonResponse:
    """Keep a posted `file`; answer its address and what it is, or a sentence that says why not."""
    file = request.FILES.get("file")
    if file is None:
        return JsonResponse({"error": "No file arrived. Choose one and try again."}, status=422)
    try:
        kept = keep_upload(request, file)
    except ValueError as error:
        return JsonResponse({"error": str(error)}, status=422)
    return JsonResponse(
        {
            "url": kept.get_absolute_url(),
            "preview": kept.get_absolute_url(),
            "name": kept.file_name,
            "content_type": kept.content_type,
            "size_bytes": kept.size_bytes,
        }
    )


def keep_upload(request: HttpRequest, file: UploadedFile[Any]) -> Upload:
    """One uploaded file as a row, once for each content; raises ValueError with a sentence."""
    name = PurePath(file.name or "file").name
    name = re.sub(r"[^\w.\-]+", "-", name)[-100:].strip("-.") or "file"
    size_bytes = file.size or 0
    if not size_bytes:
        raise ValueError(f"{name} is empty. Choose a file with something in it.")
    if size_bytes > MAX_UPLOAD_BYTES:
        raise ValueError(
            f"{name} is larger than {MAX_UPLOAD_BYTES >> 20} MB, the most this server takes."
        )
    kept = archivist.store(file, file.content_type or "")
    if kept.content_type == "image/heic":
        raise ValueError(
            f"{name} is an HEIC photo, which models cannot read. Save it as JPEG or PNG."
        )
    upload, _ = Upload.objects.get_or_create(
        user_id=request.user.pk or 0,
        digest=kept.digest,
        defaults={
            "file": kept.name,
            "file_name": name,
            "content_type": kept.content_type,
            "size_bytes": kept.size_bytes,
        },
    )
    return upload


@require_safe
def upload(request: HttpRequest, pk: uuid.UUID, name: str) -> HttpResponseBase:
    """A person's own upload; staff see everybody's."""
    found = get_object_or_404(Upload, pk=pk)
    if found.user_id != request.user.pk and not getattr(request.user, "is_staff", False):
        raise Http404("No such upload.")
    return serve(request, found.file, found.content_type, found.file_name)


def serve(request: HttpRequest, file: str, content_type: str, name: str) -> HttpResponseBase:
    """A stored file: whole or the part that `Range` asks for (RFC 9110, 14; Safari needs it for video).

    What a browser could execute is only ever downloaded, and sandboxed besides.
    """
    try:
        size_bytes = default_storage.size(file)
        opened = default_storage.open(file)
    except FileNotFoundError as error:
        raise Http404("The file is no longer in the storage.") from error
    part = _part(request.headers.get("Range", ""), size_bytes)
    response: HttpResponseBase
    if part is None:
        response = FileResponse(opened, content_type=content_type)
        response.headers["Content-Length"] = str(size_bytes)
    elif part[0] >= size_bytes:
        opened.close()
        response = HttpResponse(status=416, headers={"Content-Range": f"bytes */{size_bytes}"})
    else:
        first, last = part
        response = StreamingHttpResponse(
            _chunks(opened, first, last - first + 1), status=206, content_type=content_type
        )
        response.headers["Content-Range"] = f"bytes {first}-{last}/{size_bytes}"
        response.headers["Content-Length"] = str(last - first + 1)
    harmless = content_type in sniffing.HARMLESS
    name = name if "." in name else f"{name or 'file'}.{sniffing.extension(content_type)}"
    is_attachment = not harmless or "download" in request.GET
    response.headers["Content-Disposition"] = content_disposition_header(is_attachment, name) or ""
    response.headers["Accept-Ranges"] = "bytes"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = ACTIVE
    response.headers["Cache-Control"] = f"private, max-age={YEAR_S}, immutable"
    return response


def _part(header: str, size_bytes: int) -> tuple[int, int] | None:
    """First and last byte that a `Range` header asks for; None for all (also several ranges)."""
    found = re.fullmatch(r"\s*bytes=(\d*)-(\d*)\s*", header)
    if not found or not (found[1] or found[2]):
        return None
    if not found[1]:
        return max(size_bytes - int(found[2]), 0), size_bytes - 1
    last = min(int(found[2]), size_bytes - 1) if found[2] else size_bytes - 1
    first = int(found[1])
    return (first, last) if first <= last or first >= size_bytes else None


def _chunks(file: IO[bytes], first: int, count: int) -> Iterator[bytes]:
    with file:
        file.seek(first)
        while count > 0 and (chunk := file.read(min(CHUNK, count))):
            count -= len(chunk)
            yield chunk


def _artifact(request: HttpRequest, pk: uuid.UUID, position: int) -> Artifact:
    run = get_object_or_404(Run.objects.visible_to(request.user).only("pk"), pk=pk)
    return get_object_or_404(Artifact, run=run, position=position)
