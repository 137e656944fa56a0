"""The page on which admins end a person's access, and the way back."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from accounts import permissions
from core.http.posts import hidden
from core.refusals import Refused
from house import departure as rules
from house import forms
from house.departure import Fate
from house.views.guard import needs, person_or_404, refusals_as_messages
from projects import members

if TYPE_CHECKING:
    from django.contrib.auth.models import User
    from django.http import HttpResponse

    from core.http.htmx import HtmxRequest


@needs(permissions.CHANGE_USER)
@require_http_methods(["GET", "HEAD", "POST"])
def departure(request: HtmxRequest, user_id: int) -> HttpResponse:
    """Ask what happens to a person's work; a POST applies it and ends their access."""
    person = person_or_404(user_id)
    if request.method != "POST":
        return _render_departure(request, person, Fate.STAYS, str(request.user.pk))
    name = members.name_of(person)
    fate, key = hidden(request, "fate"), hidden(request, "to")
    try:
        if fate not in set(Fate):
            raise Refused("Choose what becomes of their work.")
        to = forms.person_of(key)
        if to is None:
            raise Refused("Choose the person who gets it.")
        departure_result = rules.leave(person, request.user, Fate(fate), to)
    except Refused as refusal:
        return _render_departure(request, person, fate, key, str(refusal))
    messages.success(request, departure_result.sentence(name, to.get_username()))
    if fate == Fate.REMOVED:
        return redirect("people:people")
    return redirect("people:person", person.pk)


@needs(permissions.CHANGE_USER)
@require_POST
def return_(request: HtmxRequest, user_id: int) -> HttpResponse:
    """Let a person who has left sign in again."""
    person = person_or_404(user_id)
    with refusals_as_messages(request):
        rules.take_back(person, request.user)
        messages.success(
            request, f"{person.username} may sign in again. Choose their role and projects here."
        )
    return redirect("people:person", person.pk)


def _render_departure(
    request: HtmxRequest, person: User, fate: str, to: str, refusal: str = ""
) -> HttpResponse:
    may_delete = permissions.may(request.user, permissions.DELETE_USER)
    fates = [fate for fate in Fate if may_delete or fate != Fate.REMOVED]
    leaver = rules.preview(person)
    context = {
        "person": person,
        "name": members.name_of(person),
        "leaver": leaver,
        "in_all": rules.in_words(leaver.in_all),
        "private": rules.in_words(leaver.private),
        "fates": [(fate, *rules.MEANINGS[fate]) for fate in fates],
        "fate": fate,
        "others": forms.others(person),
        "to": to,
        "refused": refusal,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if refusal else HTTPStatus.OK
    return render(request, "house/departure.html", context, status=status)
