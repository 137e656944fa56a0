"""The answers of a review for its makers: what was said, new versions, closing, export."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts.audit import trail
from core.file_names import portable_name
from core.http.downloads import download
from core.http.parameters import parse_key, parse_uuid
from core.http.posts import hidden
from core.refusals import Refused
from features.library.selection import ResultKey
from features.notifications import inbox
from features.sharing.access import Visit, end_of, told_of
from features.sharing.models import Share, ShareItem
from features.sharing.review import making as make_it
from features.sharing.review import rules as reviews
from features.sharing.review import summary, versions
from projects import roles
from projects.rights import Rights
from runs.files import uploads

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from core.http.htmx import HtmxRequest

CLOSED = "The review is closed. Its answers are kept."
REOPENED = "The review is open again."
SENT = "The new version is sent. You can take it back until it has been seen."
TAKEN_BACK = "The version is taken back. Nobody sees it any more."
NO_RESULT = "Choose a result first."
NOT_AN_ANSWER = "This run answers no comment."


@require_safe
def list_answers(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show the items with what was said on them: of one reviewer (`by`), or of all.

    `new` is the number of an item for which it offers ways to a new version, `answers` the key of
    the comment that this is to answer.
    """
    share = _share(request.user, pk)
    by, new = request.GET.get("by", ""), parse_key(request.GET.get("new", ""))
    inbox.see(request.user, share)
    answers = summary.answers_of(share, by)
    may_change = Rights(request.user, share).may_change
    offered_for = next((row for row in answers.tallies if may_change and row.number == new), None)
    context = {
        "share": share,
        "visit": Visit(share, request.user, may_change),
        "answers": answers,
        "tallies": [row for row in answers.tallies if row.is_answered or row is offered_for],
        "unanswered": [
            row for row in answers.tallies if not (row.is_answered or row is offered_for)
        ],
        "chosen_reviewer": by,
        "end": end_of(share),
        "may_change": may_change,
        "offered_for": offered_for,
        "offered": versions.offered(share, request.user, offered_for.chain[-1])
        if offered_for
        else [],
        "answered": request.GET.get("answers", ""),
    }
    return render(request, "features/sharing/review/answers.html", context)


@require_POST
def closing(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Close the review, or reopen it with `closed=0`."""
    share = _share(request.user, pk)
    roles.require_maker(request.user, share.project)
    is_closed = hidden(request, "closed", "1") == "1"
    reviews.close(share, request.user, is_closed)
    messages.success(request, CLOSED if is_closed else REOPENED)
    return redirect("sharing:answers", share.pk)


@require_safe
def export(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Send picks, ratings and comments as CSV, or with `format=json` as JSON."""
    share = _share(request.user, pk)
    rows = summary.rows_of(share)
    is_json = request.GET.get("format") == "json"
    name = portable_name(f"{share.title or 'review'} answers.{'json' if is_json else 'csv'}")
    trail.record_export(request, [share], "answers of its review")
    return download(
        {"title": share.title, "answers": rows} if is_json else summary.as_csv(rows), name
    )


@require_POST
def sending(request: HtmxRequest, pk: uuid.UUID, number: int) -> HttpResponse:
    """Send a result (`artifact`) or a `file` as the next version of an item.

    `answers` is the key of the comment that the version answers.
    """
    share = _share(request.user, pk)
    roles.require_maker(request.user, share.project)
    item = get_object_or_404(share.items, number=number, is_gone=False)
    try:
        version = _send(request, share, item)
    except Refused as refusal:
        return _back(request, share, item, problem=str(refusal))
    return _back(request, share, version, SENT)


@require_POST
def retraction(request: HtmxRequest, pk: uuid.UUID, number: int) -> HttpResponse:
    """Take a version back that nobody has seen."""
    share = _share(request.user, pk)
    roles.require_maker(request.user, share.project)
    version = get_object_or_404(share.items, number=number)
    try:
        versions.take_back(share, request.user, version)
    except Refused as refusal:
        return _back(request, share, version, problem=str(refusal))
    return _back(request, share, version, TAKEN_BACK)


@require_safe
def answer(request: HtmxRequest, run_id: uuid.UUID) -> HttpResponse:
    """Show a run's results over the version that its comment is about, and the button to send one.

    `artifact` chooses one of several. The stage of the model's page shows it above the results.
    """
    return _show_answer(request, run_id)


@require_POST
def making(request: HtmxRequest, pk: uuid.UUID, comment_id: uuid.UUID) -> HttpResponse:
    """Open the form of an editing model with what a comment asks for; it runs nothing."""
    share = _share(request.user, pk)
    roles.require_maker(request.user, share.project)
    comments = share.comments.kept().select_related("share__project", "share__user", "item")
    found_comment = get_object_or_404(comments, pk=comment_id, item__isnull=False)
    try:
        return redirect(make_it.address_of_form(found_comment, request.user))
    except (Refused, ValueError) as refusal:
        messages.error(request, str(refusal))
        return redirect("sharing:answers", share.pk)


@require_safe
def comment(request: HtmxRequest, pk: uuid.UUID, comment_id: uuid.UUID) -> HttpResponse:
    """Redirect to a comment on the share whoever may know the share's present address."""
    share = get_object_or_404(told_of(request.user), pk=pk)
    found_comment = get_object_or_404(share.comments.select_related("item"), pk=comment_id)
    address = (
        reverse("sharing:review-item", args=[share.token, found_comment.item.number])
        if found_comment.item
        else reverse("sharing:review", args=[share.token])
    )
    return redirect(f"{address}#comment-{found_comment.pk}")


def _send(request: HtmxRequest, share: Share, item: ShareItem) -> ShareItem:
    answered = parse_uuid(hidden(request, "answers"))
    comment = share.comments.kept().filter(pk=answered).first() if answered else None
    if file := request.FILES.get("file"):
        try:
            upload = uploads.store(request.user.pk, file, project=share.project)
        except ValueError as error:
            raise Refused(str(error), "file") from None
        return versions.send_upload(share, request.user, item, upload, comment)
    run, _, position = hidden(request, "artifact").partition("/")
    try:
        key = ResultKey(uuid.UUID(run), int(position or 0))
    except ValueError:
        raise Refused(NO_RESULT) from None
    return versions.send(share, request.user, item, key, comment)


def _back(
    request: HtmxRequest, share: Share, item: ShareItem, said: str = "", problem: str = ""
) -> HttpResponse:
    """Return to the answers; a script on a stage gets the stage's panel."""
    if request.htmx and (run_id := parse_uuid(hidden(request, "stage"))):
        return _show_answer(request, run_id, problem)
    if problem:
        messages.error(request, problem)
    else:
        messages.success(request, said)
    return redirect(f"{reverse('sharing:answers', args=[share.pk])}#item-{item.number}")


def _show_answer(request: HtmxRequest, run_id: uuid.UUID, problem: str = "") -> HttpResponse:
    chosen = hidden(request, "artifact") or request.GET.get("artifact", "")
    shown_answer = make_it.answer_of(request.user, run_id, chosen)
    if shown_answer is None and request.htmx:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)  # the stage of somebody who only sees it
    if shown_answer is None:
        raise Http404(NOT_AN_ANSWER)
    template = "_answer" if request.htmx else "answer"
    status = HTTPStatus.UNPROCESSABLE_ENTITY if problem else HTTPStatus.OK
    context = {"answer": shown_answer, "problem": problem}
    return render(request, f"features/sharing/review/{template}.html", context, status=status)


def _share(user: User, pk: uuid.UUID) -> Share:
    """Return a share whose answers the user sees: their own, or their projects' as a maker."""
    shares = Share.objects.managed_by(user).select_related("user", "project")
    return get_object_or_404(shares, pk=pk)
