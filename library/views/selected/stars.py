"""Stars many results at once, or removes their stars."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Q
from django.views.decorators.http import require_POST

from core.refusals import Refused
from library import selection
from library.views.selected import answers
from projects.models.in_project import MAKERS, is_member, is_shown_to
from runs.models import Run
from runs.results import stars as stars_of_runs

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpResponseBase

    from core.http.htmx import HtmxRequest
    from runs.models.querysets import RunQuerySet


@require_POST
def stars(request: HtmxRequest) -> HttpResponseBase:
    """Star the posted results, `star=1`, or remove their stars, `star=0`."""
    try:
        posted = selection.posted(request)
    except Refused as refused:
        return answers.refuse(request, str(refused))
    is_starred = request.POST.get("star") != "0"
    chosen = selection.choose(posted, starrable_by(request.user))
    stars_of_runs.star_results(chosen.results, is_starred=is_starred)
    words = answers.sentence(chosen, "are starred" if is_starred else "are without a star")
    return answers.done(request, words, starred=is_starred)


def starrable_by(user: User) -> RunQuerySet:
    """Return the runs that the user may star: their own, and as a maker those they see."""
    own = Q(is_member(user), user_id=user.pk)
    in_living = Q(is_shown_to(user), is_member(user, MAKERS), project__archived_at=None)
    return Run.objects.kept().filter(own | in_living)
