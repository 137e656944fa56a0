"""A share as its makers see it: its address, its options, its end."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts.audit import trail
from core.http.addresses import absolute
from core.http.caching import no_store
from core.http.posts import hidden
from features.sharing import access, items
from features.sharing.events import raise_version
from features.sharing.models import Share
from features.sharing.own import audiences, creation
from features.sharing.own.options import OptionsForm
from projects import roles
from projects.rights import Rights

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

SAVED = "Saved. The address stays the same."
RENEWED = "The share has a new address. The former one no longer works."


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def edit_share(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Show a share's address and options; a POST changes them, or sets them by `for_whom`."""
    shares = Share.objects.managed_by(request.user).select_related("user", "project", "for_project")
    share = get_object_or_404(shares, pk=pk)
    if request.method != "POST":
        return _show(request, share)
    roles.require_maker(request.user, share.project)
    if answer := audiences.named(hidden(request, audiences.FIELD)):
        changed_fields = audiences.apply(share, answer)
        _save(request, share, f"for {answer.label.lower()}" if changed_fields else "")
        return dialog(request, share) if request.htmx else redirect("sharing:own-share", share.pk)
    form = OptionsForm(share, request.user, request.POST)
    if not form.is_valid():
        return _show(request, share, form, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    _save(request, share, _in_words(form.apply()))
    if request.htmx:
        return dialog(request, share, SAVED)
    messages.success(request, SAVED)
    return redirect("sharing:own-share", share.pk)


@transaction.atomic
def _save(request: HtmxRequest, share: Share, changes: str) -> None:
    share.save()
    items.make_ready(share)
    if changes:
        items.touch(share.items.all())
        trail.record(request.user, "changed", [share], changes)
        raise_version(share.pk)


def dialog(request: HtmxRequest, share: Share, words: str = "") -> HttpResponse:
    """Return the dialog with the address and the options of a share."""
    context = _context(request, share, OptionsForm(share, request.user)) | {"message": words}
    return render(request, "features/sharing/_dialog.html", context)


@require_POST
def address(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Give a share a new address, as its former one cannot be decrypted any more."""
    share = get_object_or_404(Share.objects.managed_by(request.user), pk=pk)
    roles.require_maker(request.user, share.project)
    creation.renew(share, request.user)
    messages.success(request, RENEWED)
    return redirect("sharing:own-share", share.pk)


def _show(
    request: HtmxRequest, share: Share, form: OptionsForm | None = None, status: int = HTTPStatus.OK
) -> HttpResponse:
    form = form or OptionsForm(share, request.user)
    template = "features/sharing/_dialog.html" if request.htmx else "features/sharing/made.html"
    return render(request, template, _context(request, share, form), status=status)


def _context(request: HtmxRequest, share: Share, form: OptionsForm) -> dict[str, object]:
    return {
        "share": share,
        "form": form,
        "address": absolute(request, share.get_absolute_url()),
        "end": access.end_of(share),
        "whom": access.audience_in_words(share),
        "answers": audiences.FOR_WHOM,
        "answer": audiences.find_answer(share),
        "may_change": Rights(request.user, share).may_change,
    }


def _in_words(changed_fields: list[str]) -> str:
    return ", ".join(name.removesuffix("_id").replace("_", " ") for name in changed_fields)
