"""The account page and its forms; allauth has its own pages for the ways to sign in."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.contrib.auth.models import User
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from accounts.models import Preferences
from accounts.profile import name_template, preferences
from accounts.second_factor import factors
from accounts.sessions import active_sessions
from accounts.sign_in.issuers import connections, from_settings
from core.http.htmx import HtmxRequest
from core.http.parameters import parse_key
from core.http.posts import hidden

THEMES = {"": "Like the system", "light": "Light", "dark": "Dark"}
YEAR_S = 365 * 24 * 3600


class NameForm(forms.ModelForm):  # type: ignore[type-arg]
    """First and last name, as shown to colleagues."""

    class Meta:
        model = get_user_model()
        fields = ["first_name", "last_name"]
        widgets = {
            "first_name": forms.TextInput({"autocomplete": "given-name"}),
            "last_name": forms.TextInput({"autocomplete": "family-name"}),
        }


class FileNamesForm(forms.ModelForm):  # type: ignore[type-arg]
    """The template of saved results' names; empty for the default."""

    class Meta:
        model = Preferences
        fields = ["file_names"]
        labels = {"file_names": "Template"}
        help_texts = {"file_names": ""}
        widgets = {
            "file_names": forms.TextInput(
                {"autocomplete": "off", "spellcheck": "false", "placeholder": name_template.DEFAULT}
            ),
        }

    def clean_file_names(self) -> str:
        """Return the template; raises ValidationError if it has an unknown word."""
        template: str = self.cleaned_data["file_names"]
        if problem := name_template.problem(template):
            raise forms.ValidationError(problem)
        return template


@require_safe
@never_cache
def account(request: HtmxRequest) -> HttpResponse:
    """Show the account page."""
    return _render_account(request)


def _render_account(
    request: HtmxRequest, status: int = HTTPStatus.OK, **forms: Any
) -> HttpResponse:
    """Render the account page; `forms` replaces the forms that have errors."""
    person = request.user
    template = preferences.file_names(person)
    context = {
        "name_form": NameForm(instance=User.objects.get(pk=person.pk)),
        "has_password": person.has_usable_password(),
        "connections": ", ".join(connections.names_of(person)),
        "has_issuers": bool(from_settings.apps()),
        "factors": factors.load(person),
        "session_count": len(active_sessions.list_for_user(person, None)),
        "themes": THEMES.items(),
        "shares_runs": preferences.shares_runs(person),
        "file_names_form": FileNamesForm({"file_names": template}),
        "file_name_words": name_template.WORDS.items(),
        "file_name_example": name_template.example(template),
    }
    return render(request, "account/account.html", context | forms, status=status)


def _saved(request: HtmxRequest, message: str, section: str) -> HttpResponseBase:
    messages.success(request, message)
    return redirect(f"{reverse('account')}#{section}")


@require_POST
def name(request: HtmxRequest) -> HttpResponseBase:
    """Change first and last name."""
    form = NameForm(request.POST, instance=User.objects.get(pk=request.user.pk))
    if not form.is_valid():
        return _render_account(request, HTTPStatus.UNPROCESSABLE_ENTITY, name_form=form)
    form.save()
    return _saved(request, "Your name is saved.", "name")


@require_POST
def theme(request: HtmxRequest) -> HttpResponseBase:
    """Choose light or dark for this browser, or leave it to the system."""
    theme_name = hidden(request, "theme")
    response = redirect(f"{reverse('account')}#theme")
    if theme_name in THEMES and theme_name:
        response.set_cookie(settings.THEME_COOKIE_NAME, theme_name, max_age=YEAR_S, samesite="Lax")
    else:
        response.delete_cookie(settings.THEME_COOKIE_NAME, samesite="Lax")
    return response


@require_POST
def sharing(request: HtmxRequest) -> HttpResponseBase:
    """Choose who sees new runs."""
    shares = hidden(request, "shares_runs") == "1"
    preferences.set_shares_runs(request.user, shares)
    whom = "the team as examples of their model" if shares else "nobody but you"
    return _saved(request, f"New runs are shown to {whom}.", "runs")


@require_POST
def file_names(request: HtmxRequest) -> HttpResponseBase:
    """Choose how results are named when they are saved; the page shows an example."""
    form = FileNamesForm(request.POST)
    if not form.is_valid():
        return _render_account(request, HTTPStatus.UNPROCESSABLE_ENTITY, file_names_form=form)
    preferences.set_file_names(request.user, form.cleaned_data["file_names"])
    return _saved(request, "Your file names are saved.", "file-names")


@require_POST
def session_ends(request: HtmxRequest) -> HttpResponseBase:
    """End the posted session."""
    pk = parse_key(hidden(request, "session"))
    is_ended = pk is not None and active_sessions.end(request.user, pk)
    message = "The session is ended." if is_ended else "That session has ended already."
    messages.success(request, message)
    return redirect("usersessions_list")
