"""Serves the files of a share to its visitors, by the number of the item.

If the share hides models or settings, it serves copies without metadata, in which recipes and
signatures name the model.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpResponseBase
from django.utils.crypto import salted_hmac
from django.views.decorators.http import require_safe

from core.file_names import portable_name
from features.sharing import inputs, items
from features.sharing.access import Visit, for_visitors
from features.sharing.kinds.collection import Collection
from features.sharing.kinds.table import kind_of
from features.sharing.visits import counting
from runs.files import derived_files, stripped_copies
from runs.files.stripped_copies import MEDIA_TYPES
from runs.files.stripped_copies import copy_of as ready_copy
from runs.models import Artifact, DerivedFile, Upload
from runs.views import files

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest
    from features.sharing.models import Share, ShareItem

# A browser has to ask each time, so that the files of an ended share are gone at once.
CACHE = "private, no-cache"
WEBP = "image/webp"  # type of all pictures that are made here


@require_safe
@for_visitors
def file(request: HtmxRequest, visit: Visit, number: int) -> HttpResponseBase:
    """Serve the file, whole or in ranges."""
    item = items.item_at(visit.share, number)
    stored_file = _stored(visit.share, item)

    def serve() -> HttpResponseBase:
        try:
            name = _served(visit.share, stored_file)
        except stripped_copies.NotReady as soon:
            return files.meanwhile(request, stored_file, str(soon))
        return _serve(request, visit, number, name, stored_file.content_type, item)

    return files.from_storage(stored_file.file, files.NOT_HERE, serve)


@require_safe
@for_visitors
def thumbnail(request: HtmxRequest, visit: Visit, number: int) -> HttpResponseBase:
    """Serve the thumbnail of a file."""
    item = items.item_at(visit.share, number)
    return _serve(request, visit, number, _result(visit.share, item).thumbnail, WEBP, item)


@require_safe
@for_visitors
def poster(request: HtmxRequest, visit: Visit, number: int) -> HttpResponseBase:
    """Serve the still picture of a film."""
    item = items.item_at(visit.share, number)
    return _serve(request, visit, number, _result(visit.share, item).poster, WEBP, item)


@require_safe
@for_visitors
def picture(request: HtmxRequest, visit: Visit, number: int) -> HttpResponseBase:
    """Serve the picture of a model in a shared collection, by its place from 1."""
    kind = kind_of(visit.share)
    cover = kind.picture(visit.share, number - 1) if isinstance(kind, Collection) else None
    if cover is None:
        raise Http404("There is no such picture.")
    return _serve(request, visit, number, cover.small, WEBP)


def _stored(share: Share, item: ShareItem | None) -> Artifact | Upload:
    """Return a result, or an input if the share shows settings; raises Http404."""
    if item is None or not (item.is_input or item.upload_id):
        return _result(share, item)
    source: Artifact | Upload | None = None
    if share.shows_settings or not item.is_input:
        is_upload = item.upload_id is not None
        source = items.upload_of(share, item) if is_upload else inputs.artifact_of(share, item)
    if source is None:
        raise Http404(items.GONE)
    return source


def _result(share: Share, item: ShareItem | None) -> Artifact:
    artifact = items.artifact_of(share, item)
    if artifact is None or artifact.state != Artifact.State.STORED:
        raise Http404(items.GONE)
    return artifact


def _served(share: Share, stored_file: Artifact | Upload) -> str:
    """Return the name of the file to serve: a copy without metadata if they have secrets.

    The metadata of an upload may say who took a picture, and where.
    """
    if isinstance(stored_file, Upload):
        is_whole = not stored_file.content_type.startswith(MEDIA_TYPES)
    else:
        is_whole = share.shows_models and share.shows_settings
    if is_whole:
        return stored_file.file
    try:
        copy = ready_copy(stored_file.file)
    except stripped_copies.NotReady:
        raise
    except stripped_copies.NotStripped as error:
        raise Http404(str(error)) from error
    if isinstance(stored_file, Artifact):
        derived_files.record_stored(stored_file, DerivedFile.What.STRIPPED, copy)
    return copy


def _serve(
    request: HtmxRequest,
    visit: Visit,
    number: int,
    name: str,
    content_type: str,
    item: ShareItem | None = None,
) -> HttpResponseBase:
    if not name:
        raise Http404("There is no picture of this file.")
    title = visit.share.title or "result"
    # Not the file's own name: it is a digest with which people in the house could find the file.
    tag = salted_hmac("sharing.files", f"{visit.share.pk}:{name}").hexdigest()
    response = files.serve(request, name, content_type, portable_name(f"{title} {number}"), tag=tag)
    response.headers["Cache-Control"] = CACHE
    counting.see(request, visit, item)
    return response
