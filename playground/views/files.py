"""Bytes: artifacts and uploads, with permission, ranges and types that cannot do harm."""

from __future__ import annotations

import logging
import math
import re
import uuid
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import IO, Any

from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from config.errors import Unavailable
from config.pages import Unhurried
from fal.errors import FileUnavailable
from fal.files import decoded
from playground import trees
from playground.archivist import MAX_BYTES, UNSHOWN
from playground.files import mesh_viewer, sniffing
from playground.files import uploads as domain
from playground.models import Artifact, Run, Upload
from playground.renderers import source

log = logging.getLogger(__name__)

CHUNK = 1 << 16
AGAIN_S = 60
AWAY = "This server's storage does not give the file at the moment. Try again in a minute.\n"
ACTIVE = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
YEAR_S = 365 * 24 * 3600
TOOLS = {"mask", "recorder"}


@require_safe
def artifact(request: HttpRequest, pk: uuid.UUID, position: int) -> HttpResponseBase:
    """Our copy of an artifact; before there is one, upstream's address, or the file that it holds."""
    found = _artifact(request, pk, position)
    if found.state == Artifact.State.STORED:
        return serve(request, found.file, found.content_type, found.file_name)
    url = source(found)
    if not url:
        raise Http404("This file was not copied.")
    return _decoded(request, found) if found.is_inline else redirect(url)


@require_safe
def poster(request: HttpRequest, pk: uuid.UUID, position: int) -> HttpResponseBase:
    """A film's still."""
    return _small(request, _artifact(request, pk, position).poster)


@require_safe
def thumbnail(request: HttpRequest, pk: uuid.UUID, position: int) -> HttpResponseBase:
    """An artifact in a size for lists."""
    return _small(request, _artifact(request, pk, position).thumbnail)


@require_safe
@xframe_options_sameorigin
def viewer(request: HttpRequest, pk: uuid.UUID, position: int) -> HttpResponseBase:
    """A mesh in a viewer, for a sandboxed frame: it can reach neither us nor anybody else."""
    found = _artifact(request, pk, position)
    if found.kind != "mesh":
        raise Http404("This is no 3D model.")
    if found.state == Artifact.State.REMOTE:  # its copy is a moment away
        return render(request, "playground/artifacts/viewer_waits.html")
    if found.state == Artifact.State.LOST:
        raise Http404("This file could not be copied.")
    name = mesh_viewer.page_of(found.file)
    return _from_storage(name, UNSHOWN, lambda: _viewer(name))


def _viewer(name: str) -> HttpResponseBase:
    kept = {
        "Content-Security-Policy": mesh_viewer.POLICY,
        "Cache-Control": f"private, max-age={YEAR_S}, immutable",
    }
    page = _chunks(default_storage.open(name))
    return Unhurried(page, content_type="text/html; charset=utf-8", headers=kept)


@require_safe
def output(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """The run's raw output as a file: to the letter where JSON values cannot hold it."""
    run = get_object_or_404(Run.objects.readable_by(request.user), pk=pk)
    response = HttpResponse(
        run.output_text or trees.as_text(run.output), content_type="application/json"
    )
    response.headers["Content-Disposition"] = f'inline; filename="{run.pk}.json"'
    return response


@require_POST
def uploads(request: HttpRequest) -> JsonResponse:
    """Keep a posted `file`, which has to be of `kind`; answer its address, or a sentence that says why not."""
    file = request.FILES.get("file")
    if file is None:
        return JsonResponse({"error": "No file arrived. Choose one and try again."}, status=422)
    try:
        kept = keep_upload(request, file, request.POST.get("kind", ""))
    except domain.NotKept as error:
        return JsonResponse({"error": str(error)}, status=HTTPStatus.INSUFFICIENT_STORAGE)
    except ValueError as error:
        return JsonResponse({"error": str(error)}, status=422)
    return JsonResponse(_told(kept))


@require_POST
def known_upload(request: HttpRequest) -> HttpResponse:
    """Asked before a file is sent: the person's own upload of that `digest`; 204 when it has to be sent."""
    size = request.POST.get("size_bytes", "")
    try:
        kept = domain.known(
            request.user.pk or 0,
            request.POST.get("digest", ""),
            request.POST.get("name", ""),
            int(size) if re.fullmatch(r"[0-9]{1,18}", size) else 0,
        )
    except ValueError as error:
        return JsonResponse({"error": str(error)}, status=422)
    return JsonResponse(_told(kept)) if kept else HttpResponse(status=204)


def keep_upload(request: HttpRequest, file: UploadedFile[Any], kind: str = "") -> Upload:
    """The requesting person's upload of a posted file; raises ValueError with a sentence."""
    return domain.keep(request.user.pk or 0, file, kind)


def _told(upload: Upload) -> dict[str, Any]:
    return {
        "url": upload.get_absolute_url(),
        "name": upload.file_name,
        "content_type": upload.content_type,
        "size_bytes": upload.size_bytes,
    }


@require_safe
def choices(request: HttpRequest) -> HttpResponse:
    """A dialog of the person's own results or uploads of one `kind`, to take one from."""
    kind = request.GET.get("kind", "")
    kind = kind if kind in domain.KINDS else "file"
    source = "uploads" if request.GET.get("from") == "uploads" else "results"
    query = request.GET.get("q", "").strip()[:200].replace("\x00", "")
    page = request.GET.get("page", "")
    look = domain.uploads if source == "uploads" else domain.results
    found = look(
        request.user.pk or 0, kind, query, int(page) if re.fullmatch(r"[0-9]{1,6}", page) else 1
    )
    context = {"choices": found, "kind": kind, "source": source, "q": query}
    return render(request, "playground/media/picker.html", context)


@require_safe
def tool(request: HttpRequest, name: str) -> HttpResponse:
    """The dialog in which a mask is painted or a sound recorded; its script fetches it when asked for."""
    if name not in TOOLS:
        raise Http404("No such tool.")
    return render(request, f"playground/media/{name}.html")


@require_safe
def upload(request: HttpRequest, pk: uuid.UUID, name: str) -> HttpResponseBase:
    """A person's own upload, or one that was shared; staff see everybody's."""
    found = get_object_or_404(Upload, pk=pk)
    if not found.is_readable_by(request.user):
        raise Http404("No such upload.")
    return serve(request, found.file, found.content_type, found.file_name)


def _from_storage(
    file: str, missing: str, read: Callable[[], HttpResponseBase]
) -> HttpResponseBase:
    """What `read` makes of a stored file; 404 with the words of `missing`, 503 while the storage does not give it."""
    try:
        return read()
    except FileNotFoundError as error:
        raise Http404(missing) from error
    except Exception as error:  # whatever storages may raise
        log.error("%s cannot be read, the storage does not give it: %r", file, error)
        return Unavailable(AWAY, AGAIN_S, content_type="text/plain; charset=utf-8")


def serve(request: HttpRequest, file: str, content_type: str, name: str) -> HttpResponseBase:
    """A stored file: whole, the part that `Range` asks for, or 304 to who has it (RFC 9110, 13 and 14).

    What a browser could execute is only ever downloaded, and sandboxed besides.
    """
    tag = f'"{file.rpartition("/")[2]}"'  # a file is named by its content's hash
    response = get_conditional_response(request, etag=tag) or _from_storage(
        file, "The file is no longer in the storage.", lambda: _bytes(request, file, tag)
    )
    if isinstance(response, Unavailable):
        return response
    if response.status_code in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
        response.headers["Content-Type"] = content_type
    if response.status_code < HTTPStatus.BAD_REQUEST:
        response.headers["ETag"] = tag
        response.headers["Cache-Control"] = f"private, max-age={YEAR_S}, immutable"
    response.headers["Accept-Ranges"] = "bytes"
    _disarm(request, response, content_type, name)
    return response


def _decoded(request: HttpRequest, found: Artifact) -> HttpResponse:
    """The file in the address itself, until its copy is there."""
    try:
        claimed, content = decoded(found.url, max_bytes=MAX_BYTES)
    except FileUnavailable as error:
        raise Http404(error.message) from error
    content_type = sniffing.content_type(content[: sniffing.HEAD_BYTES], claimed)
    response = HttpResponse(content, content_type=content_type)
    _disarm(request, response, content_type, found.file_name)
    return response


def _disarm(request: HttpRequest, response: HttpResponseBase, content_type: str, name: str) -> None:
    """Let nothing in a file be executed; it is downloaded by its name where it could be, or is asked to be."""
    name = name if "." in name else f"{name or 'file'}.{sniffing.extension(content_type)}"
    is_attachment = content_type not in sniffing.HARMLESS or "download" in request.GET
    response.headers["Content-Disposition"] = content_disposition_header(is_attachment, name) or ""
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = ACTIVE


def _bytes(request: HttpRequest, file: str, tag: str) -> HttpResponseBase:
    """The file, or the one part of it that is asked for and still of the same content."""
    size_bytes = default_storage.size(file)
    if request.method == "HEAD":  # which knows no ranges, and reads nothing
        return HttpResponse(headers={"Content-Length": str(size_bytes)})
    is_same = request.headers.get("If-Range", tag) == tag
    part = _part(request.headers.get("Range", ""), size_bytes) if is_same else None
    first, last = part or (0, size_bytes - 1)
    if part and first >= size_bytes:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size_bytes}"})
    opened = default_storage.open(file)
    _go_to(opened, first)
    count = last - first + 1
    response = Unhurried(_chunks(opened, count), headers={"Content-Length": str(count)})
    if part:
        response.status_code = HTTPStatus.PARTIAL_CONTENT
        response.headers["Content-Range"] = f"bytes {first}-{last}/{size_bytes}"
    return response


def _small(request: HttpRequest, file: str) -> HttpResponseBase:
    if not file:
        raise Http404("There is no small picture of this file.")
    return serve(request, file, "image/webp", "")


def _part(header: str, size_bytes: int) -> tuple[int, int] | None:
    """First and last byte that a `Range` header asks for; None for all (also several ranges)."""
    found = re.fullmatch(r"\s*(?i:bytes)=([0-9]{0,18})-([0-9]{0,18})\s*", header)
    if not found or not (found[1] or found[2]):
        return None
    if not found[1]:
        return max(size_bytes - int(found[2]), 0), size_bytes - 1
    last = min(int(found[2]), size_bytes - 1) if found[2] else size_bytes - 1
    first = int(found[1])
    return (first, last) if first <= last or first >= size_bytes else None


def _go_to(file: IO[bytes], first: int) -> None:
    """Go to that byte, through all before it where a storage's files know no other way."""
    if first == 0:
        return
    try:
        file.seek(first)
    except (OSError, AttributeError):
        while first > 0 and (skipped := file.read(min(CHUNK, first))):
            first -= len(skipped)


def _chunks(file: IO[bytes], count: float = math.inf) -> Iterator[bytes]:
    """The next `count` bytes, all there are by default; closes the file."""
    with file:
        while count > 0 and (chunk := file.read(int(min(CHUNK, count)))):
            count -= len(chunk)
            yield chunk


def _artifact(request: HttpRequest, pk: uuid.UUID, position: int) -> Artifact:
    run = get_object_or_404(Run.objects.readable_by(request.user).only("pk"), pk=pk)
    return get_object_or_404(Artifact, run=run, position=position)
