"""Links that fill in a model's form: make one of the form's contents, and end it."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from accounts.audit import trail
from core.http.htmx import HtmxRequest
from playground.form import share_links
from playground.form.form_state import FormContents, FormState
from playground.views.model_page.posted_form import redraw, show_notice, with_form

SHARES = "/shares/"  # the page that lists the links


@with_form
def link(request: HtmxRequest, contents: FormContents) -> HttpResponseBase:
    """Show a link to the form's contents."""
    arguments, problems = contents.parsed
    if problems:
        return redraw(request, contents, FormState(contents.post, problems=problems), status=422)
    link = share_links.make_link(request.user, contents.endpoint, arguments)
    linked_to = request.build_absolute_uri(link.address)
    return show_notice(request, contents, {"link": link, "linked_to": linked_to})


@require_POST
def deletion(request: HtmxRequest, pk: str) -> HttpResponseBase:
    """End a link: its address is gone, and its files are no longer open."""
    link = get_object_or_404(share_links.links_of(request.user), pk=pk)
    with transaction.atomic():
        trail.record(request.user, "deleted", [link])
        link.delete()
    messages.success(request, "The link has ended, and your files in it are private again.")
    return redirect(SHARES)
