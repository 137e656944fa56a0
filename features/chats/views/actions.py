"""Actions on a conversation: answer again, edit, stop, save a draft, rename."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts.limits.rate_limit import limit
from core.http.parameters import parse_key, parse_uuid
from core.http.posts import hidden, pressed
from features.chats.display import composer
from features.chats.forms import TitleForm
from features.chats.models import Chat, Turn
from features.chats.turns import sending
from features.chats.views.chat import find_own, keep_draft, read_post, render_page
from runs.state import state_machine

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest


@limit("run")
@require_POST
def turns(request: HtmxRequest, pk: uuid.UUID) -> HttpResponseBase:
    """Handle a turn's pressed button (`~do`): again, shorter, edit or stop."""
    chat = find_own(request, pk)
    verb, key = pressed(request)
    turn_filter = {"run_id": parse_uuid(key)} if verb == "stop" else {"pk": parse_key(key)}
    turn = chat.turns.select_related("endpoint").filter(**turn_filter).first()
    if turn is None:
        return redirect(chat)
    if verb == "stop" and turn.run_id:
        state_machine.request_cancel(turn.run_id)
        if turn.others.exists():  # the conversation continues with the turn beside it
            return redirect(chat)
        return redirect(f"{chat.get_absolute_url()}?turn={turn.pk}#turn-{turn.pk}")
    token = f"{hidden(request, '~token')[:64]}-{verb[:5]}-{turn.pk}"
    try:
        new_turn = _resent(chat, turn, verb, read_post(request).text, token)
    except sending.Refused as refusal:
        return _refuse(request, chat, turn, verb, str(refusal))
    return redirect(f"{chat.get_absolute_url()}?turn={new_turn.pk}#turn-{new_turn.pk}")


def _refuse(request: HtmxRequest, chat: Chat, turn: Turn, verb: str, why: str) -> HttpResponseBase:
    """Render the page with the reason beside the turn, and the text that was typed there."""
    if verb == "edit":
        edit_context = {"edited_text": read_post(request).text, "edit_trouble": why}
        return render_page(request, chat, status=422, more={"edited": turn.pk, **edit_context})
    context = {"trouble_at": turn.pk, "turn_trouble": why, "through": turn.pk}
    return render_page(request, chat, status=422, more=context)


def _resent(chat: Chat, turn: Turn, verb: str, text: str, token: str) -> Turn:
    if verb == "edit":
        turn.text = text
    return sending.again(chat, turn, token, is_shorter=verb == "shorter")


@limit("draft")
@require_POST
def draft(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Save the draft and render its cost; ignored if the message has been sent meanwhile."""
    chat = find_own(request, pk)
    token = sending.mark(hidden(request, "~token"))
    if not chat.turns.filter(form_token__startswith=token).exists():
        keep_draft(chat, filled := read_post(request))
        before = composer.of_message(chat, parse_key(hidden(request, "~parent")), filled)
        return render(request, "features/chats/_preview.html", {"preview": before, "chat": chat})
    return HttpResponse(status=204)


@require_POST
def title(request: HtmxRequest, pk: uuid.UUID) -> HttpResponse:
    """Rename the conversation."""
    chat = find_own(request, pk)
    form = TitleForm(request.POST, instance=chat)
    if not form.is_valid():
        return render_page(request, chat, status=422, more={"title_form": form})
    form.save()
    return redirect(chat)
