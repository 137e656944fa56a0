"""A conversation's page, and the composer that it posts."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect, replace_url

from accounts.limits.rate_limit import limit
from catalog.schema_versions import version_of
from core.http.caching import no_store
from core.http.parameters import parse_key
from core.http.posts import BUTTON, controls, hidden
from features.chats.display import composer, page
from features.chats.display.composer import Message
from features.chats.models import Chat
from features.chats.talk import second_model
from features.chats.talk.shape import shape_of
from features.chats.turns import sending
from playground.display import covered_row
from playground.form.posted_files import with_files
from playground.views import refusals
from projects.kept.models import KeptQuerySet
from runs.start import refused_starts
from schemas import Problem, apply

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

MOST_TEXT = 400_000  # characters of a message


@limit("run")
@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def chat(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Show a conversation; a POST comes from its composer."""
    if request.method == "POST":
        return _post(request, find_own(request, pk))
    if (covered := covered_row.covered(request.user, "chat", pk)) is not None:
        return covered_row.render_covered(request, "chat", covered)
    chat = find_open(request, pk)
    response = render_page(request, chat)
    if request.htmx and "before" not in request.GET:  # the page after a POST
        return replace_url(response, request.get_full_path())
    return response


def find(request: HttpRequest, pk: uuid.UUID) -> Chat:
    """Return a conversation that the user sees."""
    return _find(Chat.objects.kept().shown_to(request.user), pk)


def _find(chats: KeptQuerySet[Chat], pk: uuid.UUID) -> Chat:
    return get_object_or_404(chats.select_related("endpoint", "second", "project", "user"), pk=pk)


def find_open(request: HttpRequest, pk: uuid.UUID) -> Chat:
    """Return a conversation that the user may read, as a member or as an admin."""
    return _find(Chat.objects.kept().open_to(request.user), pk)


def find_own(request: HttpRequest, pk: uuid.UUID) -> Chat:
    """Return the user's own conversation; PermissionDenied for members who read along."""
    chat = find(request, pk)
    if chat.user_id != request.user.pk:
        raise PermissionDenied(chat.read_along)
    return chat


def render_page(
    request: HtmxRequest,
    chat: Chat,
    filled: Message | None = None,
    status: int = 200,
    more: dict[str, Any] | None = None,
) -> HttpResponse:
    """Render the page, with the composer as saved or as posted."""
    through = parse_key(hidden(request, "~parent") or request.GET.get("turn"))
    before = parse_key(request.GET.get("before"))
    edited = parse_key(request.GET.get("edit"))
    more = more or {}
    through = more.get("edited") or more.get("through") or edited or through
    context = page.context(request.user, chat, through, before, filled)
    context |= {"edited": edited, "before": before, **more}
    return render(request, "features/chats/chat.html", context, status=status)


def read_post(request: HttpRequest) -> Message:
    """Return the contents of a posted composer."""
    post = {name: values for name, values in controls(request).items() if name[:1] != "~"}
    return Message(_text(request, "~text"), _text(request, "~system"), post)


def _text(request: HttpRequest, name: str) -> str:
    return hidden(request, name).replace("\r\n", "\n")[:MOST_TEXT]


def keep_draft(chat: Chat, filled: Message) -> None:
    """Save the unsent contents of the composer."""
    is_empty = not filled.text and filled.system == chat.system and not filled.post
    draft = {"text": filled.text, "system": filled.system, "post": filled.post}
    chat.draft = {} if is_empty else draft
    chat.save(update_fields=["draft"])


def _post(request: HtmxRequest, chat: Chat) -> HttpResponseBase:
    filled, file_problems = _with_files(request, chat, read_post(request))
    action = hidden(request, BUTTON)
    if action == "alone":
        chat.second = None
        chat.save(update_fields=["second"])
        filled = replace(filled, post=second_model.without_fields(filled.post))
        keep_draft(chat, filled)
        return render_page(request, chat, filled)
    if action in ("model", "second"):
        keep_draft(chat, filled)
        second_parameter = "&second=1" if action == "second" else ""
        address = f"{reverse('chats:new')}?chat={chat.pk}{second_parameter}"
        return HttpResponseClientRedirect(address) if request.htmx else redirect(address)
    if action not in ("", "send", "run"):
        changed_form = replace(filled, post=apply(filled.post, action))
        keep_draft(chat, changed_form)
        return render_page(request, chat, changed_form)
    return _send(request, chat, replace(filled, problems=file_problems))


def _send(request: HtmxRequest, chat: Chat, filled: Message) -> HttpResponseBase:
    shape = shape_of(chat.endpoint)
    settings, unread = composer.settings_of(shape, filled.post) if shape else ({}, [])
    second, unread_beside = second_model.settings_of(chat, filled.post, settings)
    problems = [*filled.problems, *unread, *unread_beside]
    parent, token = parse_key(hidden(request, "~parent")), hidden(request, "~token")[:64]
    try:
        if problems:
            raise sending.Refused(problems)
        sending.send(chat, parent, filled.text, filled.system, settings, token, beside=second)
    except sending.Refused as refusal:
        keep_draft(chat, filled)
        refused_form = replace(filled, problems=refusal.problems)
        return render_page(request, chat, refused_form, status=422)
    except refused_starts.Forbidden as forbidden:
        keep_draft(chat, filled)
        return _forbid(request, chat, forbidden, filled)
    return redirect(chat)


def _forbid(
    request: HtmxRequest, chat: Chat, refusal: refused_starts.Forbidden, filled: Message
) -> HttpResponse:
    """Answer a refused message: htmx keeps its page and gets the refusal, others get the page."""
    if not request.htmx:
        return render_page(request, chat, filled, status=refusal.status, more={"refused": refusal})
    marks = {name: values for name, values in controls(request).items() if name[:1] == "~"}
    return refusals.answer(request, refusal, {**marks, "~do": ["send"], **filled.post})


def _with_files(request: HttpRequest, chat: Chat, filled: Message) -> tuple[Message, list[Problem]]:
    """Store posted files; return the composer with their addresses, and problems with others."""
    shape = shape_of(chat.endpoint)
    version = shape.version if shape else version_of(chat.endpoint)
    root = second_model.with_second(chat, version.root)
    post, problems = with_files(filled.post, request.FILES, root, request.user.pk, chat.project)
    return replace(filled, post=post), problems
