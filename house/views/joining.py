"""Pages behind an invitation link: people with an account join, others create one."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts import roles
from accounts.limits.rate_limit import limit
from accounts.roles import Role
from core.refusals import Refused
from house import invitations as rules
from house import sign_up as accounts
from house.forms import SignUpForm
from projects import members

if TYPE_CHECKING:
    from core.http.htmx import HtmxRequest
    from house.models import Invitation

Open = Callable[["HtmxRequest", "Invitation", str], HttpResponse]


def _of_open_invitation(view: Open) -> Callable[..., HttpResponse]:
    """Pass the URL's open invitation to the view; otherwise show why there is none."""

    @wraps(view)
    def respond(request: HtmxRequest, token: str) -> HttpResponse:
        invitation = rules.find(token, request.user)
        if invitation is None:
            return _closed(request, rules.UNKNOWN, HTTPStatus.NOT_FOUND)
        if request.user.is_authenticated and rules.has_joined(invitation, request.user):
            return _closed(request, rules.JOINED_BEFORE, HTTPStatus.OK)
        if sentence := rules.refusal(invitation):
            return _closed(request, sentence, HTTPStatus.GONE)
        return view(request, invitation, token)

    return respond


@limit("sign-in")
@login_not_required
@never_cache
@require_safe
@_of_open_invitation
def invitation(request: HtmxRequest, invite: Invitation, token: str) -> HttpResponse:
    """Show who invites the visitor and to what, and offer to join."""
    if not request.user.is_authenticated:
        rules.keep(request.session, invite, token)
    return _render_joining(request, invite, token)


@limit("sign-in")
@never_cache
@require_POST
@_of_open_invitation
def acceptance(request: HtmxRequest, invite: Invitation, token: str) -> HttpResponse:
    """Let the logged-in person join."""
    try:
        joined = rules.join(request.user, invite)
    except Refused as refusal:
        return _closed(request, str(refusal), HTTPStatus.CONFLICT)
    request.session.pop(rules.SESSION_KEY, None)
    return _welcome(request, joined)


@limit("sign-in")
@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_POST
@_of_open_invitation
def sign_up(request: HtmxRequest, invite: Invitation, token: str) -> HttpResponse:
    """Create an account, let it join, and log in."""
    if request.user.is_authenticated:
        return redirect("people:invitation", token)
    form = SignUpForm(invite.email, request.POST)
    if not form.is_valid():
        return _render_joining(request, invite, token, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    rules.keep(request.session, invite, token)
    values = form.cleaned_data
    try:
        person = accounts.create_account(
            request.session, values["username"], values["email"], values["password"]
        )
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return _render_joining(request, invite, token, form, HTTPStatus.CONFLICT)
    login(request, person)
    messages.success(request, "Your account has been created.")
    return redirect(_address([i.project for i in invite.projects.all()]))


def _render_joining(
    request: HtmxRequest,
    invite: Invitation,
    token: str,
    form: SignUpForm | None = None,
    status: int = HTTPStatus.OK,
) -> HttpResponse:
    user = request.user
    is_known = user.is_authenticated
    context: dict[str, Any] = {
        "invitation": invite,
        "token": token,
        "inviter": members.name_of(invite.made_by) if invite.made_by else "Somebody",
        "role": Role(invite.role),
        "meaning": roles.MEANINGS[Role(invite.role)],
        "gifts": rules.gifts(invite, user),
        "gives": not is_known or rules.gives_anything(invite, user),
        "is_higher": is_known and roles.RANKS[Role(invite.role)] > roles.RANKS[roles.role_of(user)],
        "form": form or SignUpForm(invite.email),
    }
    return render(request, "house/invitation.html", context, status=status)


def _closed(request: HtmxRequest, sentence: str, status: int) -> HttpResponse:
    return render(request, "house/invitation_closed.html", {"reason": sentence}, status=status)


def _welcome(request: HtmxRequest, joined: rules.JoinResult) -> HttpResponse:
    names = ", ".join(f"“{project}”" for project in joined.projects)
    messages.success(request, f"You have joined{f': {names}' if names else ''}.")
    if joined.left_out:
        left_out = ", ".join(f"“{project}”" for project in joined.left_out)
        messages.error(
            request,
            f"You were not added to {left_out}: the person who invited you may no longer add "
            "people there.",
        )
    return redirect(_address(joined.projects))


def _address(projects: Any) -> str:
    """Return the first page after joining: that of the only project, else the front page."""
    return projects[0].get_absolute_url() if len(projects) == 1 else "/"
