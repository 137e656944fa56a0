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
from core.http.posts import hidden, is_posted
from core.refusals import Refused
from features.library import selection
from features.library.search.conditions import IS, UPLOAD
from runs.files.storage_limits import QuotaExceeded
from runs.models import Upload
from runs.ownership import upload_deletion
from runs.results.selections import listed_query

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest
    from runs.models.upload import UploadQuerySet

_LEFT = "Not deleted: {}, gone already or not yours to delete."


@require_POST
def deletions(request: HtmxRequest) -> HttpResponseBase:
    """Delete the posted uploads; the following list offers to undo it.

    With `for_good` deleted uploads are purged without waiting for the rest of their grace period.
    """
    try:
        keys = set(selection.posted(request).uploads)
    except Refused as refusal:
        messages.warning(request, str(refusal))
        return _back_to_list(request)
    if is_posted(request, "for_good"):
        deleted = upload_deletion.restorable(request.user).filter(pk__in=keys)
        count, address = upload_deletion.delete_for_good(deleted, request.user), ""
        if count:
            notice = f"{counted(count, 'upload')} deleted for good. The files go within an hour."
            messages.success(request, notice)
    else:
        uploads = Upload.objects.kept().shown_to(request.user).filter(pk__in=keys)
        deletion = upload_deletion.delete(uploads, request.user)
        count, address = deletion.deleted, deletion.at.isoformat()
    if count < len(keys):
        messages.warning(request, _LEFT.format(counted(len(keys) - count, "upload")))
    return _back_to_list(request, address if count else "")


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
