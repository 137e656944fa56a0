"""Invitations, for users who may invite people: list, create, withdraw."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from accounts import mail, permissions, roles
from accounts.roles import Role
from core.http.addresses import absolute
from core.http.caching import no_store
from core.http.parameters import page_number, parse_key
from core.http.posts import hidden, is_posted
from house import invitations as rules
from house.forms import InvitationForm
from house.models import Invitation
from house.views.guard import needs, refusals_as_messages
from projects.models import Membership

if TYPE_CHECKING:
    from django.http import HttpResponse

    from core.http.htmx import HtmxRequest

PER_PAGE = 50


@needs(permissions.ADD_USER)
@require_http_methods(["GET", "HEAD", "POST"])
@no_store  # the page of a new invitation has its link
@sensitive_variables("token", "link", "shown")
def index(request: HtmxRequest) -> HttpResponse:
    """List invitations; a POST creates one, and mails its link or shows it once."""
    if request.method != "POST":
        return _page(request, InvitationForm(request.user))
    form = InvitationForm(request.user, request.POST)
    if is_posted(request, "more"):  # more lines for projects; nothing is created or validated
        return _page(request, form)
    if not form.is_valid():
        return _page(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    try:
        invitation, token = rules.make(request.user, form.wanted)
    except rules.Refused as refusal:
        form.add_error("role", str(refusal))
        return _page(request, form, HTTPStatus.UNPROCESSABLE_ENTITY)
    link = absolute(request, reverse("people:invitation", args=[token]))
    shown = "" if rules.send(invitation, link) else link
    return _page(request, InvitationForm(request.user), made=invitation, link=shown)


@needs(permissions.ADD_USER)
@require_POST
def revocation(request: HtmxRequest, pk: int) -> HttpResponse:
    """Withdraw an invitation at once; the page offers to undo that for a day."""
    invitation = get_object_or_404(Invitation, pk=pk)
    rules.revoke(request.user, invitation)
    return redirect(f"{reverse('people:invitations')}?withdrawn={invitation.pk}")


@needs(permissions.ADD_USER)
@require_POST
def recovery(request: HtmxRequest, pk: int) -> HttpResponse:
    """Undo a withdrawal."""
    invitation = get_object_or_404(Invitation, pk=pk)
    with refusals_as_messages(request):
        rules.restore(request.user, invitation)
        messages.success(request, "The invitation is open again.")
    return redirect("people:invitations")


def _page(
    request: HtmxRequest, form: InvitationForm, status: int = HTTPStatus.OK, **more: Any
) -> HttpResponse:
    if request.htmx:
        return _on_project(request, form, status, **more)
    number = page_number(request.GET.get("page", ""))
    rows = rules.listed(number - 1, PER_PAGE)
    withdrawn = parse_key(request.GET.get("withdrawn"))
    context = {
        "form": form,
        "rows": rows,
        "number": number,
        "has_more": len(rows) == PER_PAGE,
        "withdrawn": Invitation.objects.filter(pk=withdrawn or 0, revoked_at__isnull=False).first(),
        "roles": [(role, role.label, roles.MEANINGS[role]) for role in Role],
        "project_roles": Membership.Role.choices,
        "sends_mail": mail.sends_links(),
    }
    return render(request, "house/invitations.html", context | more, status=status)


def _on_project(
    request: HtmxRequest, form: InvitationForm, status: int, **more: Any
) -> HttpResponse:
    """Answer the form on a project's page with the invitation, or with the form and its errors."""
    context = {
        "form": form,
        "project_key": hidden(request, "project"),
        "project_roles": Membership.Role.choices,
    }
    template = "house/_made.html" if more else "house/_project_invitation.html"
    return render(request, template, context | more, status=status)
