"""What selected results can be used as: one has a menu of its own, pictures fill lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods

from accounts.limits.rate_limit import limit
from catalog.models import Revision
from core.refusals import Refused
from library import pictures as sets_of_pictures
from library import selection
from library.views.selected import answers
from projects import current
from projects.rules import gallery
from runs.models import Artifact, Run

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest
    from library.selection import Chosen

no_store = cache_control(private=True, no_store=True)


@limit("search")
@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def uses(request: HtmxRequest) -> HttpResponseBase:
    """List the models that take the pictures of `?artifact=…`; a POST leads there."""
    readable = Run.objects.readable_by(request.user)
    try:
        if request.method == "POST":
            return redirect(_address(selection.choose(selection.posted(request), readable)))
        named = selection.Selection(selection.parse(request.GET))
    except Refused as refused:
        return answers.refuse(request, str(refused))
    pictures = sets_of_pictures.pictures_of(selection.choose(named, readable))
    text = request.GET.get("q", "")
    locks = gallery.locks_in(current.current(request), Revision.current())
    context = {
        "pictures": pictures,
        "fields": named.fields,
        "groups": sets_of_pictures.menu(pictures, text, locks) if pictures.keys else [],
        "q": text,
    }
    return render(request, "library/selected/uses.html", context)


def _address(chosen: Chosen) -> str:
    """Return where the uses of the chosen results are listed; raises Refused if they have none."""
    if len(chosen.results) == 1:
        (only,) = chosen.results
        has_file = Artifact.objects.filter(run=only.run, position=only.position).exists()
        if has_file:
            return reverse("playground:artifact-uses", args=only)
        return reverse("playground:run-uses", args=[only.run])
    pictures = sets_of_pictures.pictures_of(chosen)
    if not pictures.keys:
        raise Refused(
            "Several results can be used together if they are pictures, and none of these is. "
            "Select one of them alone."
        )
    query = urlencode({"artifact": [str(key) for key in pictures.keys]}, doseq=True)
    return f"{reverse('library:results-uses')}?{query}"
