"""The list of conversations with its search, and the choice of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from catalog.models import Endpoint
from chats.display import choices, composer
from chats.models import Chat
from chats.talk import carry
from chats.talk.shape import shape_of
from chats.turns import finding
from core.http.parameters import parse_moment, parse_uuid
from fal.db_safe import db_safe_text

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest

LISTED = 40
no_store = cache_control(private=True, no_store=True)


@require_safe
@no_store
def index(request: HtmxRequest) -> HttpResponse:
    """List the user's conversations, newest first; `?q=` searches titles, messages and answers."""
    query = db_safe_text(request.GET.get("q", "").strip())[:200]
    chats = Chat.objects.of(request.user).exclude(said_at=None, draft={})
    chats = finding.matching(chats, query).select_related("endpoint")
    chats = chats.annotate(count=Count("turns"))
    before = parse_moment(request.GET.get("before", ""))
    chats = chats.filter(created_at__lt=before) if before else chats
    listed = list(chats.defer("settings", "system").order_by("-created_at")[: LISTED + 1])
    found_in = finding.hits(listed, query) if query else {}
    context = {
        "chats": [(chat, found_in.get(chat.pk)) for chat in listed[:LISTED]],
        "asked": query,
        "more": listed[LISTED - 1].created_at.isoformat() if len(listed) > LISTED else "",
        "deleted": parse_uuid(request.GET.get("deleted", "")),
    }
    return render(request, "chats/chats.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def new(request: HtmxRequest) -> HttpResponse:
    """Choose a model: for a new conversation, or with `chat` for the next turn of one.

    With `second` it answers beside the conversation's model.
    """
    is_second = bool(request.POST.get("second") or request.GET.get("second"))
    key = parse_uuid(request.POST.get("chat", "") or request.GET.get("chat", ""))
    chat = get_object_or_404(Chat.objects.of(request.user), pk=key) if key else None
    chosen = Endpoint.objects.filter(
        endpoint_id=db_safe_text(request.POST.get("model", ""))
    ).first()
    if request.method == "POST" and chosen and shape_of(chosen) and not chosen.refusal:
        if chat and is_second:
            return redirect(_add_second(chat, chosen))
        return redirect(_switch(chat, chosen) if chat else _begin(request.user, chosen))
    query = db_safe_text(request.GET.get("q", "").strip())[:200]
    models = choices.models(query)
    if chat and is_second:
        models = [endpoint for endpoint in models if endpoint.pk != chat.endpoint_id]
    context: dict[str, Any] = {"models": models, "asked": query, "chat": chat}
    context["is_second"] = bool(chat) and is_second
    if request.method == "POST":
        context["trouble"] = "This model has no conversations. Choose another one."
    return render(request, "chats/new.html", context)


def _begin(user: Any, endpoint: Endpoint) -> Chat:
    """Return an empty conversation with this model: an existing one, else a new one."""
    empty = Chat.objects.of(user).filter(said_at=None, endpoint=endpoint).first()
    return empty or Chat.objects.create(user=user, endpoint=endpoint)


def _add_second(chat: Chat, second: Endpoint) -> Chat:
    """Add a second model that answers the next messages as well."""
    chat.second = second
    chat.save(update_fields=["second"])
    return chat


def _switch(chat: Chat, to: Endpoint) -> Chat:
    """Switch to another model for the next answer, which keeps the settings that it accepts."""
    filled, before = composer.held(chat), shape_of(chat.endpoint)
    arguments = composer.settings_of(before, filled.post)[0] if before else {}
    chat.settings = carry.settings(arguments, chat.endpoint, to)
    chat.endpoint, chat.system = to, filled.system
    after = shape_of(to)
    post = composer.encode(after, chat.settings) if after else {}
    is_typed = bool(filled.text)
    chat.draft = {"text": filled.text, "system": filled.system, "post": post} if is_typed else {}
    chat.save(update_fields=["settings", "endpoint", "system", "draft"])
    return chat
