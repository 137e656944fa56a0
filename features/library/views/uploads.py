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
from features.library.search.conditions import IS, UPLOAD
from runs.files.storage_limits import QuotaExceeded
from runs.models import Upload
from runs.ownership import upload_deletion
from runs.results import selections

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

_NONE = "Nothing was {}: first select an upload that is yours."


@require_POST
def deletions(request: HtmxRequest) -> HttpResponseBase:
    """Delete the posted uploads; the following list offers to undo it.

    With `for_good` deleted uploads are purged without waiting for the rest of their grace period.
    """
    posted_keys = selections.posted_uploads(request)
    if is_posted(request, "for_good"):
        deleted = upload_deletion.restorable(request.user).filter(pk__in=posted_keys)
        count = upload_deletion.delete_for_good(deleted, request.user)
        notice = f"{counted(count, 'upload')} will be gone with the files within about an hour."
        messages.success(request, notice if count else _NONE.format("deleted"))
        return _back_to_list(request)
    uploads = Upload.objects.shown_to(request.user).filter(pk__in=posted_keys)
    deletion = upload_deletion.delete(uploads, request.user)
    if deletion.deleted < len(posted_keys) or not posted_keys:
        messages.warning(request, _NONE.format("deleted"))
    return _back_to_list(request, deletion.at.isoformat() if deletion.deleted else "")


@require_POST
def recovery(request: HtmxRequest) -> HttpResponseBase:
    """Restore deleted uploads: the posted ones, or all that were deleted at the posted time."""
    at = parse_moment(hidden(request, "at"))
    deleted = upload_deletion.restorable(request.user)
    if at is not None:
        uploads = deleted.filter(deleted_at=at)
    else:
        uploads = deleted.filter(pk__in=selections.posted_uploads(request))
    try:
        count = upload_deletion.restore(uploads, request.user)
    except QuotaExceeded as refusal:
        messages.error(request, str(refusal))
        return _back_to_list(request)
    messages.success(
        request,
        f"{counted(count, 'upload')} brought back." if count else _NONE.format("brought back"),
    )
    return _back_to_list(request)


def _back_to_list(request: HtmxRequest, deleted: str = "") -> HttpResponseBase:
    """Redirect to the list with the posted filters and the deletion that can be undone."""
    parameters = selections.listed_query(request)
    parameters.setdefault("q", f"{IS}:{UPLOAD}")
    parameters.pop("deleted", None)
    if deleted:
        parameters["deleted"] = deleted
    return redirect(f"{reverse('library:runs')}?{parameters.urlencode()}")
