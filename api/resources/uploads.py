"""Uploads: files for the inputs of runs."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from api.contract.operation import Body, Call, Parameter, Reply, Response, operation
from api.http import uploads
from api.http.problem import Problem
from api.resources.changes import read_moment
from api.resources.parameters import CURSOR, IN_PROJECT, LIMIT, TO_PROJECT, as_uuid, take_page
from core.http.posts import ticked
from runs.files import upload_deletion
from runs.files import uploads as domain
from runs.models import Upload

UPLOAD = Parameter(
    "upload_id", {"type": "string", "format": "uuid"}, "the file", where="path", converter="uuid"
)
FORM = "multipart/form-data"


def as_json(upload: Upload, call: Call) -> dict[str, Any]:
    """Return an `Upload`."""
    address = upload.get_absolute_url()
    return {
        "id": str(upload.pk),
        "address": address,
        "url": call.absolute(address),
        "file_name": upload.file_name,
        "content_type": upload.content_type,
        "size_bytes": upload.size_bytes,
        "project": call.reach.key_of(upload),
    }


@operation(
    "GET",
    "/uploads",
    scope="read",
    tag="uploads",
    parameters=[IN_PROJECT, LIMIT, CURSOR],
    responses=[Response(200, "Files, the newest first.", "UploadPage")],
)
def list_uploads(call: Call) -> Reply:
    """List the files of your projects."""
    values = call.values
    rows = call.reach.listed_rows(Upload.objects.kept().shown_to(call.user)).order_by(
        "-created_at", "-pk"
    )
    if values["cursor"]:
        at, key = read_moment(values["cursor"], str)
        pk = as_uuid(str(key))
        rows = rows.filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=pk))
    uploads = list(rows[: values["limit"] + 1])

    def mark(upload: Upload) -> tuple[str, str]:
        return upload.created_at.isoformat(), str(upload.pk)

    return Reply(take_page(uploads, values["limit"], lambda upload: as_json(upload, call), mark))


@operation(
    "POST",
    "/uploads",
    scope="run",
    tag="uploads",
    limit="file",
    parameters=[TO_PROJECT],
    body=Body("NewUpload", FORM),
    responses=[Response(201, "The file, stored once per content.", "Upload")],
    errors=[507],
)
def create_upload(call: Call) -> Reply:
    """Upload a file for a run's input."""
    file, kinds = call.request.FILES.get("file"), ticked(call.request, "kind")
    if file is None:
        detail = "Send the file as the part `file`, with a file name."
        raise Problem(422, detail, errors=[{"pointer": "#/file", "detail": detail}])
    if not {*kinds} <= {*domain.KINDS} or len(kinds) > 1:
        detail = f"kind must be one of {', '.join(domain.KINDS)}."
        raise Problem(422, detail, errors=[{"pointer": "#/kind", "detail": detail}])
    project = call.reach.require_maker()
    upload = uploads.store(call.user.pk, file, "".join(kinds), project, place={"pointer": "#/file"})
    return Reply(as_json(upload, call), 201, {"Location": f"/api/v1/uploads/{upload.pk}"})


@operation(
    "GET",
    "/uploads/{upload_id}",
    scope="read",
    tag="uploads",
    parameters=[UPLOAD],
    responses=[Response(200, "The file's address, name and size.", "Upload")],
    errors=[404],
)
def get_upload(call: Call) -> Reply:
    """Read the details of a file of your projects."""
    return Reply(as_json(find(call), call))


def find(call: Call) -> Upload:
    """Return the upload that a call names; raises Problem (404)."""
    uploads = call.reach.visible_rows(Upload.objects.kept().shown_to(call.user))
    upload = uploads.filter(pk=call.values["upload_id"]).first()
    if upload is None:
        raise Problem(404, "There is no such file, or it is somebody else's.")
    return upload


@operation(
    "DELETE",
    "/uploads/{upload_id}",
    scope="run",
    tag="uploads",
    parameters=[UPLOAD],
    responses=[Response(204, "Deleted; for 7 days, the page “Deleted uploads” can restore it.")],
    errors=[404],
)
def delete_upload(call: Call) -> Reply:
    """Delete a file that you uploaded, or one in a project that you manage.

    A run that waits with it still gets it; runs that have used it stay.
    """
    uploads = Upload.objects.kept().filter(pk=find(call).pk)
    if not upload_deletion.delete(uploads, call.user).deleted:
        raise Problem(
            403, "Only who uploaded this file, and its project's managers, may delete it."
        )
    return Reply(None, 204)
