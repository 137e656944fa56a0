"""Visitors of a shared board ask for rows."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.db import transaction
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from accounts.limits.rate_limit import limit
from boards import row_requests
from sharing import reviewers
from sharing.access import UNKNOWN, Visit, for_visitors
from sharing.events import raise_version
from sharing.participants import participant_of
from sharing.views import visit as visits
from sharing.visits import asked_rows

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest


@limit("review")
@require_POST
@for_visitors
def rows(request: HtmxRequest, visit: Visit) -> HttpResponse:
    """Let a row for `prompt` wait, asked for by `name`; refused, the page again with a sentence."""
    share, typed = visit.share, request.POST.get("prompt", "")
    board = asked_rows.board_of(share)
    if board is None:
        raise Http404(UNKNOWN)
    try:
        row = asked_rows.row_of(share, board, typed)
        with transaction.atomic():
            reviewer = reviewers.reviewer_for_post(request, visit)
            row_requests.request_row(participant_of(visit, reviewer), board, row)
            raise_version(share.pk)
    except reviewers.NameRefused as refused:
        problem = {"name_problem": refused.sentence}
    except ValueError as error:
        problem = {"row_problem": str(error)}
    else:
        response = redirect(f"{share.get_absolute_url()}#rows")
        reviewers.remember(response, request, reviewer)
        return response
    typed_name = request.POST.get(reviewers.NAME_FIELD, "")
    context = {"row_typed": typed, "name_typed": typed_name, **problem}
    return visits.page(request, visit, context, status=HTTPStatus.UNPROCESSABLE_ENTITY)
