"""The house's leaderboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from boards.leaderboard import page
from boards.leaderboard.tallies import tallies_of
from boards.models import Board
from boards.models.vote import TAG_CHARS
from boards.views.board import no_store
from fal.db_safe import db_safe_text

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

CATEGORY_CHARS = 64


@require_safe
@no_store
def leaderboard(request: HtmxRequest) -> HttpResponse:
    """Rank the models of a category by the votes on inputs with a tag; both may be empty."""
    category = db_safe_text(request.GET.get("category", ""))[:CATEGORY_CHARS].strip()
    tag = db_safe_text(request.GET.get("tag", ""))[:TAG_CHARS].strip()
    tallies = tallies_of(Board.objects.kept().open_to(request.user))
    context = {
        "board": page.leaderboard(tallies, category, tag),
        "has_votes": bool(tallies.overall),
    }
    return render(request, "boards/leaderboard.html", context)
