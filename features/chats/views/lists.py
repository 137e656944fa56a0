"""The list of conversations with its search, and the choice of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from catalog.models import Endpoint
from catalog.models.querysets import EndpointQuerySet
from core.http.caching import no_store
from core.http.parameters import parse_uuid, search_words
from core.http.posts import hidden
from features.chats.display import composer
from features.chats.models import Chat
from features.chats.talk import second_model
from features.chats.talk.shape import shape_of
from features.chats.turns import finding
from features.chats.views.chat import find_own
from projects import current, roles
from projects.kept.resource import Resource
from projects.rules import enforcement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.contrib.auth.models import User
    from django.core.paginator import Page

    from core.http.htmx import HtmxRequest
    from projects.models import Project

CATEGORIES = (
    *("llm", "vision", "text-to-text", "image-to-text", "video-to-text", "audio-to-text"),
    *("unknown", "json"),
)
MOST_MODELS = 60


class Chats(Resource[Chat]):
    """The list of conversations and their deletion; runs of deleted ones stay in the history."""

    model, parts = Chat, ("list", "deletion")
    at, list_route = "", "chats:chats"
    on_page, deletion_message = 40, "The chat is deleted. Its runs are kept."
    list_template, row_template = "features/chats/chats.html", "features/chats/_row.html"

    def rows(self) -> Any:
        """Return the conversations with their number of turns, without their contents."""
        rows = super().rows().select_related("project", "user", "endpoint__picture")
        counted_rows = rows.annotate(count=Count("turns"), has_draft=~Q(draft={}))
        return counted_rows.defer("settings", "system", "draft").order_by("-created_at")

    def rows_of_list(self, request: HtmxRequest) -> Any:
        """Return conversations that are not empty; unsent ones are visible only to their user."""
        rows = super().rows_of_list(request).exclude(said_at=None, draft={})
        return rows.filter(Q(user_id=request.user.pk) | Q(said_at__isnull=False))

    def search_rows(self, rows: Any, request: HtmxRequest) -> Any:
        """Return conversations with all words of `?q=` in their title, or in one turn."""
        return finding.matching(rows, search_words(request), request.user)

    def list_context(self, request: HtmxRequest, page: Page[Chat]) -> Mapping[str, Any]:
        """Add to each row the place of the words."""
        words = search_words(request)
        found_in = finding.hits(page.object_list, words, request.user) if words else {}
        for chat in page.object_list:
            chat.found = found_in.get(chat.pk)  # type: ignore[attr-defined]
        return {}


CHATS = Chats()


@require_http_methods(["GET", "HEAD", "POST"])
@no_store
def new(request: HtmxRequest) -> HttpResponse:
    """Choose a model: for a new conversation, or with `chat` for the next turn of one.

    With `second`, the model answers beside the conversation's model.
    """
    is_second = bool(hidden(request, "second") or request.GET.get("second"))
    key = parse_uuid(hidden(request, "chat") or request.GET.get("chat", ""))
    chat = find_own(request, key) if key else None
    project = current.current(request)
    why_not = "" if chat else roles.refusal_to_make(request.user, project)
    model = Endpoint.objects.filter(endpoint_id=hidden(request, "model")).first()
    if request.method == "POST" and model and shape_of(model) and not model.refusal:
        if chat and is_second:
            return redirect(_add_second(chat, model))
        if chat:
            return redirect(_switch(chat, model))
        roles.require_maker(request.user, project)
        return redirect(_begin(request.user, project, model))
    query = search_words(request)
    models = models_for_chats(query)
    if chat and is_second:
        models = [endpoint for endpoint in models if endpoint.pk != chat.endpoint_id]
    context: dict[str, Any] = {"models": models, "search_text": query, "chat": chat}
    context |= {"is_second": bool(chat) and is_second, "why_not": why_not}
    context["locks"] = enforcement.locks(chat.project if chat else project, models)
    if request.method == "POST":
        context["trouble"] = "This model has no conversations. Choose another one."
    return render(request, "features/chats/new.html", context)


def _begin(user: User, project: Project, endpoint: Endpoint) -> Chat:
    """Return an empty conversation with this model: an existing one, else a new one."""
    chats = Chat.objects.owned_by(user).filter(project=project)
    empty = chats.filter(said_at=None, endpoint=endpoint).first()
    new_work = project.for_new_work()
    return empty or Chat.objects.create(user=user, endpoint=endpoint, **new_work)


def _add_second(chat: Chat, second: Endpoint) -> Chat:
    """Add a second model that answers the next messages as well."""
    chat.second = second
    chat.save(update_fields=["second"])
    return chat


def _switch(chat: Chat, to: Endpoint) -> Chat:
    """Switch to another model for the next answer; keep the settings that it accepts."""
    filled, before = composer.held(chat), shape_of(chat.endpoint)
    arguments = composer.settings_of(before, filled.post)[0] if before else {}
    chat.settings = second_model.carried_settings(arguments, chat.endpoint, to)
    chat.endpoint, chat.system = to, filled.system
    after = shape_of(to)
    post = composer.encode(after, chat.settings) if after else {}
    is_typed = bool(filled.text)
    chat.draft = {"text": filled.text, "system": filled.system, "post": post} if is_typed else {}
    chat.save(update_fields=["settings", "endpoint", "system", "draft"])
    return chat


def models_for_chats(query: str = "") -> list[Endpoint]:
    """Return the models that take text and answer in text, language models first.

    Facts from each schema tell their inputs; before it is read, a model's category decides.
    """
    matches = _candidates().called(query).defer("description", "field_words", "inputs")
    matches = matches.select_related("picture")
    fitting_models = [
        endpoint
        for endpoint in matches.order_by("position")
        if _is_fit(endpoint) and endpoint.is_runnable
    ]
    return sorted(fitting_models, key=lambda endpoint: endpoint.category != "llm")[:MOST_MODELS]


def _candidates() -> EndpointQuerySet:
    is_router = Q(endpoint_id__contains="any-llm") | Q(endpoint_id__contains="openrouter/")
    return Endpoint.objects.filter(Q(category__in=CATEGORIES) | is_router, gone_at=None)


def _is_fit(endpoint: Endpoint) -> bool:
    facts = set(endpoint.facts)
    if not facts or endpoint.endpoint_id.endswith("/chat/completions"):
        return endpoint.category == "llm"
    return {"in:text", "out:text"} <= facts
