"""API tokens: create, list, revoke, restore."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django import forms
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts import permissions
from api import tokens
from api.forms import ProjectField
from api.models import Token
from core.forms import LineField
from core.http.caching import no_store
from core.periods import UNDO_WITHIN
from core.resource import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.contrib.auth.models import User
    from django.forms.boundfield import BoundWidget
    from django.http import HttpResponseBase, QueryDict

    from core.http.htmx import HtmxRequest

LIFETIMES = [("30", "30 days"), ("90", "90 days"), ("365", "A year"), ("", "Never")]
DEFAULT_LIFETIME = "90"


class TokenForm(forms.Form):
    """The name, scopes, project and lifetime of a new token."""

    name = LineField(
        max_length=tokens.MAX_NAME_CHARS,
        required=tokens.NO_NAME,
        widget=forms.TextInput({"placeholder": "What will use it, e.g. nightly script"}),
    )
    scope = forms.MultipleChoiceField(
        label="What it may do",
        choices=[*tokens.SCOPES.items()],
        initial=tokens.DEFAULT_SCOPES,
        widget=forms.CheckboxSelectMultiple,
        error_messages=dict.fromkeys(("required", "invalid_choice"), tokens.NO_SCOPE),
    )
    days = forms.TypedChoiceField(
        label="Expires",
        choices=LIFETIMES,
        initial=DEFAULT_LIFETIME,
        required=False,
        coerce=int,
        empty_value=None,
        error_messages={"invalid_choice": "Choose when the token expires."},
    )

    def __init__(self, user: User, data: QueryDict | None = None, name: str = "") -> None:
        super().__init__(data, auto_id="token-%s", initial={"name": name})
        self.user = user
        self.fields["project"] = project_field = ProjectField(user, label="Projects")
        self.projects = project_field.projects.values()

    @property
    def scopes(self) -> Iterator[tuple[BoundWidget, str]]:
        """Yield the choices of scopes, each with its name."""
        return zip(self["scope"], tokens.SCOPES, strict=True)

    def create(self) -> tuple[Token, str] | None:
        """Create the token, returned with its secret; None if the form has errors."""
        if not self.is_valid():
            return None
        cleaned = self.cleaned_data
        try:
            return tokens.create(
                self.user,
                cleaned["name"],
                cleaned["scope"],
                cleaned["days"],
                by=self.user,
                project=cleaned["project"],
            )
        except ValueError as error:
            self.add_error("name", str(error))
            return None


class Tokens(Resource[Token]):
    """The user's tokens. People with `CHANGE_USER` also revoke and restore those of others."""

    model, parts, deletion_path = Token, ("list", "deletion"), "revocation"
    at, list_route, list_template = "account/tokens/", "api:tokens", "api/tokens.html"
    delete_and_restore = (tokens.revoke, tokens.restore)
    deletion_message = "The token is revoked and no longer works."
    undo_message = "“{row.name}” is valid again."

    def visible_rows(self, request: HtmxRequest) -> Any:
        """Return the user's tokens; for people with `CHANGE_USER` everybody's."""
        rows, user = Token.objects.select_related("user", "project"), request.user
        return rows if permissions.may(user, permissions.CHANGE_USER) else rows.filter(user=user)

    def rows_of_list(self, request: HtmxRequest) -> Any:
        """Return the user's own that are not revoked: a list, since there are few."""
        return list(self.visible_rows(request).filter(user=request.user, revoked_at=None))

    @method_decorator([require_http_methods(["GET", "HEAD", "POST"]), no_store])
    @sensitive_variables("secret")
    def index(self, request: HtmxRequest) -> HttpResponseBase:
        """List the user's tokens; a POST creates one and shows it once."""
        form = TokenForm(request.user, request.POST if request.method == "POST" else None)
        token, secret = form.create() or (None, "")
        status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
        lately = timezone.now() - UNDO_WITHIN
        revoked = Token.objects.filter(user=request.user, revoked_at__gt=lately, revoked_by=None)
        return self.render_list(
            request,
            status,
            form=TokenForm(request.user) if token else form,
            created=token,
            revoked=revoked.order_by("-revoked_at").first(),
            secret=secret,
            project_ids={project.pk for project in form.projects},
            address=request.build_absolute_uri("/").rstrip("/"),
        )

    def list_address(self, request: HtmxRequest, row: Token) -> str:
        is_own = row.user_id == request.user.pk
        return reverse(self.list_route) if is_own else reverse("people:person", args=[row.user_id])


TOKENS = Tokens()
