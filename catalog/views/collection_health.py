"""Pages for curators to fix a collection: replace or remove a model, or mark it as checked.

Each action can be undone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from accounts import permissions
from catalog.curation import collection_health
from catalog.curation.permissions import curators_only
from catalog.models import Collection, Endpoint
from core.http.posts import hidden, is_posted

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

LAST_REPAIR_KEY = "mended_collection"  # session key: the last fix, for undo


@curators_only(permissions.CHANGE_COLLECTION)
@require_POST
def repair(request: HtmxRequest, slug: str) -> HttpResponse:
    """Replace `replace` by `by`, remove `remove`, or mark the changes of `seen` as checked.

    `undo` reverts the last action.
    """
    collection = get_object_or_404(Collection.objects.select_related("cover"), slug=slug)
    if is_posted(request, "seen"):
        collection_health.mark_checked(collection, hidden(request, "seen"))
    elif is_posted(request, "undo"):
        mended = request.session.pop(LAST_REPAIR_KEY, {})
        try:
            if mended.get("slug") == slug:
                collection_health.undo(collection, mended["before"])
        except ValueError as error:  # colleagues added models meanwhile, so that it is full
            messages.error(request, str(error))
    else:
        old, by = hidden(request, "replace") or hidden(request, "remove"), hidden(request, "by")
        if not collection.items.filter(endpoint__endpoint_id=old).exists():
            # A double click, or a colleague did it first.
            messages.info(request, f"{old or 'That model'} is no longer in this collection.")
            return redirect(f"{collection.get_absolute_url()}?mended=1")
        if by:
            get_object_or_404(Endpoint.objects.only("pk"), endpoint_id=by)
        before = (
            collection_health.replace(collection, old, by)
            if by
            else collection_health.remove(collection, old)
        )
        message = f"{old} is replaced by {by}." if by else f"{old} is removed from this collection."
        request.session[LAST_REPAIR_KEY] = {"slug": slug, "before": before, "said": message}
        return redirect(f"{collection.get_absolute_url()}?mended=1")
    return redirect(collection)
