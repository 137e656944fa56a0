"""Creates shares, lists them, and restores ended ones."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_http_methods

from core.formatting import counted
from core.forms import cleaned
from core.http.caching import no_store
from core.http.posts import controls, hidden
from core.refusals import Refused
from core.resource import Resource
from features.library import selection
from features.notifications import inbox
from features.sharing import items
from features.sharing.models import Share
from features.sharing.own import audiences, creation
from features.sharing.own.options import MessageForm
from features.sharing.views import share_page
from playground.form import share_links

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from django.core.paginator import Page

    from core.http.htmx import HtmxRequest
    from features.sharing.models.share import ShareQuerySet

ENDED_SHOWN = 50


class Shares(Resource[Share]):
    """The user's shares, with `?of=all` everybody's; they end, and come back for a day."""

    model, list_route = Share, "sharing:shares"
    deletion_message = "The share has ended. Its address no longer works."
    undo_message = "“{row}” is shared again, at the same address."
    on_page, list_template = 50, "features/sharing/shares.html"
    delete_and_restore = (creation.revoke, creation.bring_back)

    @method_decorator([require_http_methods(["GET", "HEAD", "POST"]), no_store])
    def index(self, request: HtmxRequest) -> HttpResponseBase:
        """List the shares; a POST with `for_whom` makes one, and without it asks for whom it is.

        It takes a selection of results, or the `kind` and the `source` of something else, and ends
        at the share's page; a script gets the dialog that shows the same.
        """
        return _make(request) if request.method == "POST" else self.render_list(request)

    def visible_rows(self, request: HtmxRequest) -> Any:
        """Return the shares that the user may end."""
        return creation.endable_shares(request.user).select_related("project")

    def rows_of_list(self, request: HtmxRequest) -> Any:
        """Return those that are open."""
        return self._all(request).live().filter(user__is_active=True)

    def list_context(self, request: HtmxRequest, page: Page[Share]) -> Mapping[str, Any]:
        """Return what has ended, and the links that fill in a form."""
        of_all, live = self._is_of_all(request), self.rows_of_list(request)
        pictures = items.pictures_of(request.user, [share.pk for share in page])
        for share in page:
            share.pictures = pictures.get(share.pk, ())
        ended = self._all(request).exclude(pk__in=live.order_by().values("pk"))
        return {
            "ended": list(ended[:ENDED_SHOWN]),
            "number_ended": ended.count(),
            "may_see_all": creation.may_see_all(request.user),
            "of_all": of_all,
            "links": [] if of_all else list(share_links.links_of(request.user)),
            "new": inbox.new_things(request.user, Share),
        }

    def _is_of_all(self, request: HtmxRequest) -> bool:
        return request.GET.get("of") == "all" and creation.may_see_all(request.user)

    def _all(self, request: HtmxRequest) -> ShareQuerySet:
        return creation.listed_shares(request.user, of_all=self._is_of_all(request))

    def list_address(self, request: HtmxRequest, row: Share) -> str:
        address = super().list_address(request, row)
        return address if row.user_id == request.user.pk else f"{address}?of=all"


SHARES = Shares()


def _make(request: HtmxRequest) -> HttpResponse:
    warning, answer = "", audiences.named(hidden(request, audiences.FIELD))
    user = request.user
    try:
        read_first = cleaned(MessageForm(request.POST))
        note_and_title = read_first["note"], read_first["title"]
        results: Sequence[selection.ResultKey] = ()
        if kind := hidden(request, "kind"):
            share = creation.share_source(
                user, kind, hidden(request, "source"), answer, *note_and_title
            )
        else:
            share, selected = creation.share_results(
                user, selection.posted(request), answer, *note_and_title
            )
            results, warning = selected.results, _left_out(selected)
    except Refused as refusal:
        return _refuse(request, str(refusal))
    if answer is None:
        title = creation.suggested_title(share, results)
        return _ask_for_whom(request, share, MessageForm(initial={"title": title}), warning)
    if request.htmx:
        return share_page.dialog(request, share, warning)
    if warning:
        messages.warning(request, warning)
    return redirect("sharing:own-share", share.pk)


def _ask_for_whom(
    request: HtmxRequest, share: Share, message_form: MessageForm, warning: str
) -> HttpResponse:
    """Ask for whom the share is, with a form that posts the same again; there is no link yet."""
    question_fields = {audiences.FIELD, *MessageForm.base_fields}
    posted = controls(request, but=question_fields).items()
    context = {
        "share": share,
        "answers": audiences.FOR_WHOM,
        "message_form": message_form,
        "message": warning,
        "pending_fields": [(name, value) for name, values in posted for value in values],
    }
    template = "features/sharing/_dialog.html" if request.htmx else "features/sharing/made.html"
    return render(request, template, context)


def _left_out(selected: selection.SelectedResults) -> str:
    """Return a sentence about selected results that are not shared; empty if all are."""
    unreachable = selected.out_of_reach
    sentences = []
    if unreachable:
        left_out_phrase = f"{counted(unreachable, 'selected result')} left out"
        sentences.append(
            f"{left_out_phrase}: deleted, without a result, or you may not share them."
        )
    if selected.left_out:
        older = counted(selected.left_out, "older run")
        sentences.append(f"{older} left out: a share holds no more.")
    return " ".join(sentences)


def _refuse(request: HtmxRequest, why: str) -> HttpResponse:
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if request.htmx:
        return HttpResponse(why, status=status, content_type="text/plain; charset=utf-8")
    return render(request, "features/sharing/refused.html", {"why": why}, status=status)
