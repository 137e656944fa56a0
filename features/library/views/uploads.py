"""Deletes and restores uploads that were selected on the wall."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from core.formatting import counted
from core.http.parameters import parse_moment
from core.http.posts import hidden
from core.refusals import Refused
from features.library import selection
from features.library.search.conditions import IS, UPLOAD
from runs.files import upload_deletion
from runs.files.storage_limits import QuotaExceeded
from runs.models import Upload
from runs.results.selections import listed_query

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest
    from runs.models.upload import UploadQuerySet


@require_POST
def deletions(request: HtmxRequest) -> HttpResponseBase:
    """Delete the posted uploads; the following list offers to undo it."""
    try:
        keys = set(selection.posted(request).uploads)
    except Refused as refusal:
        messages.warning(request, str(refusal))
        return _back_to_list(request)
    uploads = Upload.objects.kept().shown_to(request.user).filter(pk__in=keys)
    deletion = upload_deletion.delete(uploads, request.user)
    if left := len(keys) - deletion.deleted:
        messages.warning(request, f"Not deleted: {counted(left, 'upload')}, gone or not yours.")
    return _back_to_list(request, deletion.at.isoformat() if deletion.deleted else "")


@require_POST
def recovery(request: HtmxRequest) -> HttpResponseBase:
    """Restore deleted uploads: the posted ones, or all that were deleted at the posted time."""
    try:
        count = upload_deletion.restore(_posted_deleted(request), request.user)
    except (Refused, QuotaExceeded) as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, f"{counted(count, 'upload')} brought back.")
    return _back_to_list(request)


def _posted_deleted(request: HtmxRequest) -> UploadQuerySet:
    deleted = upload_deletion.restorable(request.user)
    if at := parse_moment(hidden(request, "at")):
        return deleted.filter(deleted_at=at)
    return deleted.filter(pk__in=selection.posted(request).uploads)


def _back_to_list(request: HtmxRequest, deleted: str = "") -> HttpResponseBase:
    """Redirect to the list with the posted filters and the deletion that can be undone."""
    parameters = listed_query(request)
    parameters.setdefault("q", f"{IS}:{UPLOAD}")
    parameters.pop("deleted", None)
    if deleted:
        parameters["deleted"] = deleted
    return redirect(f"{reverse('library:runs')}?{parameters.urlencode()}")
