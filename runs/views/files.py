"""Serves artifacts and uploads with permissions and byte ranges, as types safe for browsers."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import IO, Any

from django import forms
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import UploadedFile
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotFound,
    JsonResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_POST, require_safe

from accounts.limits.rate_limit import limit
from core.file_names import clean_name
from core.forms import cleaned
from core.http.caching import no_store
from core.http.conditional import parse_range
from core.http.errors import Unavailable
from core.http.htmx import HtmxRequest
from core.http.parameters import parse_key
from core.http.posts import hidden
from core.http.streaming import CHUNK_BYTES, OffThreadStream, chunks
from fal.db_safe import db_safe_text
from fal.errors import FileUnavailable
from fal.messages.data_uri import decode_data_uri
from projects import current, roles
from runs.files import content_types, derived_files, result_names, storage_limits, upload_deletion
from runs.files import uploads as domain
from runs.files.artifact_urls import artifact_url
from runs.files.media import mesh_viewer
from runs.models import Artifact, DerivedFile, Run, Upload
from runs.ownership import deletion
from runs.results import json_tree, previews, transcripts
from runs.results.outputs import artifacts_in

log = logging.getLogger(__name__)

RETRY_AFTER_S = 60
SOON_S = 2  # until the browser asks again for a file that is being made
UNAVAILABLE = "This server's storage does not give the file at the moment. Try again in a minute.\n"
NOT_HERE = (
    "The file is not in this server's storage. If the storage was changed, the file may be in "
    "the former one: an admin can copy it with “manage.py move_media”."
)
# The same message for an image in a page.
NO_PICTURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 320 200" role="img" fill="#808080" '
    'font-family="sans-serif" font-size="17" text-anchor="middle"><text x="160" y="95">'
    'This file is not in the storage</text><text x="160" y="119">of this server.</text></svg>'
)
# Policy for files: a browser that opens one executes nothing in it.
FILE_POLICY = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"
YEAR_S = 365 * 24 * 3600
TOOLS = {"mask", "recorder"}


@require_safe
def artifact(request: HttpRequest, pk: uuid.UUID, position: int) -> HttpResponseBase:
    """Serve our copy of an artifact; until it exists, redirect upstream or serve inline data."""
    artifact = _artifact(request, pk, position)
    if artifact.state == Artifact.State.STORED:
        return serve(
            request,
            artifact.file,
            artifact.content_type,
            result_names.served_name(artifact, request.user),
        )
    url = artifact_url(artifact)
    if not url:
        raise Http404("This file was not copied to this server.")
    return _inline_file(request, artifact) if artifact.is_inline else redirect(url)


@require_safe
def poster(request: HttpRequest, pk: uuid.UUID, position: int) -> HttpResponseBase:
    """Serve the poster of a video."""
    return _preview(request, _artifact(request, pk, position).poster)


@require_safe
def thumbnail(request: HttpRequest, pk: uuid.UUID, position: int) -> HttpResponseBase:
    """Serve an artifact's thumbnail for lists."""
    return _preview(request, _artifact(request, pk, position).thumbnail)


@require_safe
@xframe_options_sameorigin
def viewer(request: HttpRequest, pk: uuid.UUID, position: int) -> HttpResponseBase:
    """Serve a mesh in a viewer for a sandboxed frame, which can make no requests.

    Until the mesh is copied, the status is 202 (RFC 9110, 15.3.3) and `<mesh-view>` retries from
    the page: a sandboxed frame that reloads itself sends no cookies, and would show the login.
    """
    artifact = _artifact(request, pk, position)
    if artifact.kind != "mesh":
        raise Http404("This is not a 3D model.")
    if artifact.state == Artifact.State.REMOTE:  # will be copied in a moment
        return render(request, "playground/artifacts/viewer_loading.html", status=202)
    if artifact.state == Artifact.State.LOST:
        raise Http404("This file could not be copied to this server.")
    name = mesh_viewer.page_name(artifact.file)
    return from_storage(name, mesh_viewer.UNSHOWN, lambda: mesh_page(name))


def mesh_page(name: str) -> HttpResponseBase:
    """Serve a stored mesh's page for a sandboxed frame; raises any error of the storage."""
    headers = {
        "Content-Security-Policy": mesh_viewer.POLICY,
        "Cache-Control": f"private, max-age={YEAR_S}, immutable",
    }
    # Appended when served, so that pages rendered before the script existed can follow, too.
    page = _followed(chunks(default_storage.open(name)), mesh_viewer.CAMERA_SCRIPT)
    return OffThreadStream(page, content_type="text/html; charset=utf-8", headers=headers)


@require_safe
@no_store
def output(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Serve the run's raw output as a file, verbatim if JSON values cannot represent it."""
    run = get_object_or_404(Run.objects.readable_by(request.user).with_endpoint(), pk=pk)
    whole_text = run.output_text or json_tree.as_text(run.output)
    derived_files.record_text(run, 0, DerivedFile.What.OUTPUT, whole_text)
    return _text_file(
        whole_text, "application/json", result_names.Namer(request.user).of_run(run, ".json")
    )


@require_safe
@no_store
def text(request: HttpRequest, pk: uuid.UUID, position: int) -> HttpResponseBase:
    """Serve one whole text of a run's output, or of its partial output, as a file."""
    run = get_object_or_404(Run.objects.readable_by(request.user).with_endpoint(), pk=pk)
    texts = previews.texts(artifacts_in(run.partial if run.output is None else run.output))
    if position >= len(texts):
        raise Http404("This run has no such text.")
    whole_text = db_safe_text(texts[position].text)
    if run.output is not None:
        derived_files.record_text(run, position, DerivedFile.What.TEXT, whole_text)
    name = result_names.Namer(request.user).of_run(run, ".txt", position + 1)
    return _text_file(whole_text, "text/plain; charset=utf-8", name)


@require_safe
@no_store
def transcript(request: HttpRequest, pk: uuid.UUID, kind: str) -> HttpResponseBase:
    """Serve the transcript in a run's output as TXT, SRT or VTT, or a page's next lines as HTML."""
    run = get_object_or_404(Run.objects.readable_by(request.user).with_endpoint(), pk=pk)
    if kind == "html":
        after = min(parse_key(request.GET.get("after", "")) or 0, transcripts.MOST_ROWS)
        context = {"run": run, "transcript": transcripts.on_page(run.output, after)}
        context["recording"] = request.GET.get("recording")
        return render(request, "playground/run/_transcript_lines.html", context)
    lines = list(transcripts.lines_of(run.output))
    if not lines or kind not in transcripts.FORMATS:
        raise Http404("This run has no such transcript.")
    write, content_type = transcripts.FORMATS[kind]
    file_name = result_names.Namer(request.user).of_run(run, f".{kind}")
    return _text_file(write(lines), content_type, file_name)


def _text_file(text: str, content_type: str, name: str) -> OffThreadStream:
    """Stream a text in pieces, so that no encoded copy of megabytes is made."""
    starts = range(0, len(text), CHUNK_BYTES)
    pieces = (text[start : start + CHUNK_BYTES].encode() for start in starts)
    disposition = content_disposition_header(False, name) or ""
    headers = {"Content-Disposition": disposition}
    return OffThreadStream(pieces, content_type=content_type, headers=headers)


@limit("file")
@require_POST
def uploads(request: HtmxRequest) -> JsonResponse:
    """Store a posted `file` of the given `kind`; return its address, or why it was refused."""
    file = request.FILES.get("file")
    if file is None:
        return JsonResponse({"error": "No file arrived. Choose one and try again."}, status=422)
    if refusal := roles.refusal_to_make(request.user, current.current(request)):
        return JsonResponse({"error": refusal}, status=HTTPStatus.FORBIDDEN)
    try:
        upload = store_upload(request, file, hidden(request, "kind"))
    except domain.NotStored as error:
        return JsonResponse({"error": str(error)}, status=HTTPStatus.INSUFFICIENT_STORAGE)
    except storage_limits.QuotaExceeded as error:
        body = {"error": str(error), "href": storage_limits.LARGEST_FILES}
        return JsonResponse(body, status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    except ValueError as error:
        return JsonResponse({"error": str(error)}, status=422)
    return JsonResponse(_upload_json(upload))


class KnownFileForm(forms.Form):
    """A file that a page is about to send, if its content is not here yet."""

    digest = forms.CharField(required=False)
    name = forms.CharField(required=False)
    size_bytes = forms.IntegerField(min_value=0)


@limit("file")
@require_POST
def known_upload(request: HtmxRequest) -> HttpResponse:
    """Return the user's own upload with `digest`, to avoid sending it twice; 204 without one."""
    project = current.current(request)
    if refusal := roles.refusal_to_make(request.user, project):
        return JsonResponse({"error": refusal}, status=HTTPStatus.FORBIDDEN)
    try:
        file = cleaned(KnownFileForm(request.POST))
        upload = domain.find_by_digest(request.user.pk or 0, **file, project=project)
    except ValueError as error:
        return JsonResponse({"error": str(error)}, status=422)
    return JsonResponse(_upload_json(upload)) if upload else HttpResponse(status=204)


def store_upload(request: HttpRequest, file: UploadedFile[Any], kind: str = "") -> Upload:
    """Store a posted file in the request's project; raises ValueError with a message."""
    return domain.store(request.user.pk or 0, file, kind, project=current.current(request))


def _upload_json(upload: Upload) -> dict[str, Any]:
    return {
        "url": upload.get_absolute_url(),
        "name": upload.file_name,
        "content_type": upload.content_type,
        "size_bytes": upload.size_bytes,
        "uses": reverse("playground:upload-uses", args=[upload.pk]),
    }


@require_safe
def tool(request: HttpRequest, name: str) -> HttpResponse:
    """Render the dialog that paints a mask or records a sound; a script fetches it."""
    if name not in TOOLS:
        raise Http404("No such tool.")
    return render(request, f"playground/media/{name}.html")


@require_safe
def upload(request: HttpRequest, pk: uuid.UUID, name: str) -> HttpResponseBase:
    """Serve an upload that the user may read: in their projects, or shared; staff read all."""
    upload = get_object_or_404(Upload, pk=pk)
    is_restorable = upload_deletion.restorable(request.user).filter(pk=pk).exists
    if not upload.is_readable_by(request.user) and not is_restorable():
        raise Http404("No such upload.")
    file_name = clean_name(name) or upload.file_name
    return serve(request, upload.file, upload.content_type, file_name)


@require_safe
def upload_thumbnail(request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Serve the small picture of an upload that the user may read."""
    upload = get_object_or_404(Upload, pk=pk)
    if not upload.is_readable_by(request.user):
        raise Http404("No such upload.")
    return _preview(request, upload.thumbnail)


def from_storage(file: str, missing: str, load: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """Call `load` for a file; 404 with `missing` without a file, 503 if the storage fails."""
    try:
        return load()
    except Http404:
        raise
    except FileNotFoundError:
        return HttpResponseNotFound(f"{missing}\n", content_type="text/plain; charset=utf-8")
    except Exception as error:  # storage backends raise any kind of exception
        log.error("%s cannot be read, the storage failed: %r", file, error)
        return Unavailable(UNAVAILABLE, RETRY_AFTER_S, content_type="text/plain; charset=utf-8")


def meanwhile(request: HttpRequest, stored_row: object, words: str) -> HttpResponseBase:
    """Answer while a file is being made: with its thumbnail, else 503 so that the browser retries.

    The answer is never cached: the file itself will be here in a moment.
    """
    small = getattr(stored_row, "thumbnail", "")
    if not (small and str(getattr(stored_row, "content_type", "")).startswith("image/")):
        return Unavailable(f"{words}\n", SOON_S, content_type="text/plain; charset=utf-8")
    response = serve(request, small, "image/webp", "picture")
    response.headers["Cache-Control"] = "no-store"
    return response


def serve(
    request: HttpRequest,
    file: str,
    content_type: str,
    name: str,
    *,
    tag: str = "",
) -> HttpResponseBase:
    """Serve a stored file: whole, one range, or 304 if the browser has it (RFC 9110, 13 and 14).

    Files that a browser could execute are sandboxed and only offered as a download. `tag` is the
    entity tag if the file's name must stay secret.
    """
    tag = f'"{tag or file.rpartition("/")[2]}"'  # a file's name is its content's hash
    response = get_conditional_response(request, etag=tag) or from_storage(
        file,
        NOT_HERE,
        lambda: _bytes(request, file, tag),
    )
    if isinstance(response, HttpResponseNotFound) and _is_for_picture(request):
        headers = {"Content-Security-Policy": FILE_POLICY, "Cache-Control": "no-store"}
        return HttpResponseNotFound(NO_PICTURE, content_type="image/svg+xml", headers=headers)
    if isinstance(response, Unavailable | HttpResponseNotFound):
        return response
    if response.status_code in {HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT}:
        response.headers["Content-Type"] = content_type
    if response.status_code < HTTPStatus.BAD_REQUEST:
        response.headers["ETag"] = tag
        response.headers["Cache-Control"] = f"private, max-age={YEAR_S}, immutable"
    response.headers["Accept-Ranges"] = "bytes"
    _make_safe(request, response, content_type, name)
    return response


def _is_for_picture(request: HttpRequest) -> bool:
    """Whether a page shows the answer as an image, which people see whatever its status."""
    accept = request.headers.get("Accept", "")
    return request.headers.get("Sec-Fetch-Dest") == "image" or accept.startswith("image/")


def _inline_file(request: HttpRequest, artifact: Artifact) -> HttpResponse:
    """Serve the file in an artifact's `data:` address until its copy is stored."""
    try:
        mime_type, content = decode_data_uri(artifact.url, max_bytes=storage_limits.largest_bytes())
    except FileUnavailable as error:
        raise Http404(error.message) from error
    content_type = content_types.content_type(content[: content_types.HEAD_BYTES], mime_type)
    response = HttpResponse(content, content_type=content_type)
    _make_safe(request, response, content_type, result_names.served_name(artifact, request.user))
    return response


def _make_safe(
    request: HttpRequest, response: HttpResponseBase, content_type: str, name: str
) -> None:
    """Prevent browsers from executing a file: sandbox it, and make risky types a download."""
    name = name if "." in name else f"{name or 'file'}.{content_types.extension(content_type)}"
    is_attachment = content_type not in content_types.HARMLESS or "download" in request.GET
    response.headers["Content-Disposition"] = content_disposition_header(is_attachment, name) or ""
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = FILE_POLICY


def _bytes(request: HttpRequest, file: str, tag: str) -> HttpResponseBase:
    """Serve a stored file, or the requested range if `If-Range` still matches."""
    size_bytes = default_storage.size(file)
    is_same = request.headers.get("If-Range", tag) == tag
    part = parse_range(request.headers.get("Range", ""), size_bytes) if is_same else None
    is_head = request.method == "HEAD"  # ranges apply only to GET; nothing is read
    if is_head or (part and not part.is_satisfiable):
        if part and not is_head:
            return HttpResponse(status=416, headers={"Content-Range": part.content_range})
        return HttpResponse(headers={"Content-Length": str(size_bytes)})
    open_file = default_storage.open(file)
    _seek(open_file, part.first if part else 0)
    count = part.last - part.first + 1 if part else size_bytes
    response = OffThreadStream(chunks(open_file, count), headers={"Content-Length": str(count)})
    if part:
        response.status_code = HTTPStatus.PARTIAL_CONTENT
        response.headers["Content-Range"] = part.content_range
    return response


def _preview(request: HttpRequest, file: str) -> HttpResponseBase:
    if not file:
        raise Http404("There is no small picture of this file.")
    return serve(request, file, "image/webp", "")


def _seek(file: IO[bytes], first: int) -> None:
    """Seek to a byte; read up to it if the storage's files cannot seek."""
    if first == 0:
        return
    try:
        file.seek(first)
    except (OSError, AttributeError):
        while first > 0 and (skipped := file.read(min(CHUNK_BYTES, first))):
            first -= len(skipped)


def _followed(chunks: Iterator[bytes], last: bytes) -> Iterator[bytes]:
    yield from chunks
    yield last


def _artifact(request: HttpRequest, pk: uuid.UUID, position: int) -> Artifact:
    return get_object_or_404(deletion.readable_artifacts(pk, request.user), position=position)
