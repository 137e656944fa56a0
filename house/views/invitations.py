"""Invitations, for users who may invite people: list, create, withdraw."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts import mail, permissions, roles
from accounts.roles import Role
from core.http.addresses import absolute
from core.http.caching import no_store
from core.http.posts import hidden, is_posted
from core.refusals import Refused
from core.resource import Resource
from house import invitations as rules
from house.forms import InvitationForm
from house.models import Invitation
from house.views.guard import needs, require
from projects.models import Membership

if TYPE_CHECKING:
    from django.http import HttpResponseBase

    from core.http.htmx import HtmxRequest

METHODS = ["GET", "HEAD", "POST"]


class Invitations(Resource[Invitation]):
    """Invitations of the house, the newest first, with the form of a new one."""

    model, parts, deletion_path = Invitation, ("list", "deletion"), "revocation"
    at, list_route = "invitations/", "people:invitations"
    on_page, list_template = 50, "house/invitations.html"
    deletion_message = "The invitation is withdrawn: its link no longer works."
    delete_and_restore = (rules.revoke, rules.restore)
    undo_message = "The invitation is open again."

    def visible_rows(self, request: HtmxRequest) -> Any:
        """Return all of them; raises Http404 or PermissionDenied for who may not invite people."""
        require(request.user, permissions.ADD_USER)
        rows = Invitation.objects.select_related("made_by")
        return rows.prefetch_related("projects__project", "joinings__user")

    @method_decorator([needs(permissions.ADD_USER), require_http_methods(METHODS), no_store])
    @sensitive_variables("token", "link", "visible_link", "extra", "new_invitation")
    def index(self, request: HtmxRequest) -> HttpResponseBase:
        """List invitations; a POST makes one, and mails its link or shows it once."""
        form = InvitationForm(request.user, request.POST if request.method == "POST" else None)
        status, extra = HTTPStatus.OK, {}
        # Pressed for lines for further projects, nothing is made, and nothing judged.
        if request.method == "POST" and not is_posted(request, "more"):
            if new_invitation := _make(request, form):
                invitation, token = new_invitation
                link = absolute(request, reverse("people:invitation", args=[token]))
                visible_link = "" if rules.send(invitation, link) else link
                extra = {"new_invitation": invitation, "link": visible_link}
                form = InvitationForm(request.user)
            else:
                status = HTTPStatus.UNPROCESSABLE_ENTITY
        extra = {"form": form, "project_roles": Membership.Role.choices, **extra}
        if request.htmx:  # the form on a project's page
            template = (
                "house/_made.html"
                if "new_invitation" in extra
                else "house/_project_invitation.html"
            )
            extra["project_key"] = hidden(request, "project")
            return self.render(request, template, extra, status)
        extra["roles"] = [(role, role.label, roles.MEANINGS[role]) for role in Role]
        return self.render_list(request, status, sends_mail=mail.sends_links(), **extra)


INVITATIONS = Invitations()


def _make(request: HtmxRequest, form: InvitationForm) -> tuple[Invitation, str] | None:
    """Make what the form says; None, with the reason in the form, if that is not possible."""
    if form.is_valid():
        try:
            return rules.make(request.user, form.wanted)
        except Refused as refusal:
            form.add_error("role", str(refusal))
    return None
