"""The user's API tokens: create, list, revoke, restore."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from api import tokens
from api.models import Token
from api.reach import Reach
from core.forms import LineField
from core.http.caching import no_store
from core.periods import UNDO_WITHIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.contrib.auth.models import User
    from django.forms.boundfield import BoundWidget
    from django.http import QueryDict

    from core.http.htmx import HtmxRequest

LIFETIMES = [("30", "30 days"), ("90", "90 days"), ("365", "A year"), ("", "Never")]
DEFAULT_LIFETIME = "90"
NOT_A_MEMBER = "You are not a member of this project. Choose another one."


@require_http_methods(["GET", "HEAD", "POST"])
@no_store  # the page of a new token contains it
@sensitive_variables("made")
def index(request: HtmxRequest) -> HttpResponse:
    """List the user's tokens; a POST creates one and shows it once."""
    if request.method != "POST":
        return _page(request, TokenForm(request.user))
    form = TokenForm(request.user, request.POST)
    if (made := form.create()) is None:
        return _page(request, form)
    return _page(request, TokenForm(request.user), secret=made[1], created=made[0])


class TokenForm(forms.Form):
    """The name, scopes, project and lifetime of a new token."""

    name = LineField(
        max_length=tokens.MAX_NAME_CHARS,
        required=tokens.NO_NAME,
        widget=forms.TextInput({"placeholder": "What will use it, e.g. nightly script"}),
    )
    scope = forms.MultipleChoiceField(
        label="It may",
        choices=[*tokens.SCOPES.items()],
        initial=tokens.DEFAULT_SCOPES,
        widget=forms.CheckboxSelectMultiple,
        error_messages=dict.fromkeys(("required", "invalid_choice"), tokens.NO_SCOPE),
    )
    project = forms.ChoiceField(
        label="Projects", required=False, error_messages={"invalid_choice": NOT_A_MEMBER}
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
        self.projects = {project.key: project for project in Reach(user).projects}
        self.fields["project"].choices = [  # type: ignore[attr-defined]
            ("", "All my projects"),
            *((key, project.name) for key, project in self.projects.items()),
        ]

    @property
    def scopes(self) -> Iterator[tuple[BoundWidget, str]]:
        """Yield the choices of scopes, each with its name."""
        return zip(self["scope"], tokens.SCOPES, strict=True)

    def create(self) -> tuple[Token, str] | None:
        """Create the token, returned with its secret; None if the form has errors."""
        if not self.is_valid():
            return None
        typed = self.cleaned_data
        project = self.projects.get(typed["project"])
        try:
            return tokens.create(
                self.user,
                typed["name"],
                typed["scope"],
                typed["days"],
                by=self.user,
                project=project,
            )
        except ValueError as error:
            self.add_error("name", str(error))
            return None


@sensitive_variables("more")
def _page(request: HtmxRequest, form: TokenForm, **more: Any) -> HttpResponse:
    mine = Token.objects.filter(user=request.user, revoked_at=None).select_related("project")
    lately = timezone.now() - UNDO_WITHIN
    revoked = Token.objects.filter(user=request.user, revoked_at__gt=lately, revoked_by=None)
    context = {
        "tokens": list(mine),
        "form": form,
        "project_ids": {project.pk for project in form.projects.values()},
        "revoked": revoked.order_by("-revoked_at").first(),
        "address": request.build_absolute_uri("/").rstrip("/"),
    }
    status = 422 if form.is_bound else 200
    return render(request, "api/tokens.html", context | more, status=status)


@require_POST
def revocation(request: HtmxRequest, pk: int) -> HttpResponseBase:
    """Revoke a token at once; the page offers to undo that for a day."""
    tokens.revoke(get_object_or_404(Token, user=request.user, pk=pk))
    return redirect("api:tokens")


@require_POST
def recovery(request: HtmxRequest, pk: int) -> HttpResponseBase:
    """Undo a revocation."""
    token = get_object_or_404(Token, user=request.user, pk=pk)
    try:
        tokens.restore(token)
    except ValueError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"“{token.name}” is valid again.")
    return redirect("api:tokens")
