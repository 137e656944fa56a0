"""The pages that export a person's data, for themselves or an admin, and erase it."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import permissions
from accounts.audit import trail
from core.db.name_order import by_name
from core.forms import LineField
from core.http.caching import no_store
from core.http.downloads import download
from core.refusals import Refused
from features.notifications import outbox
from house.operations.person_data import archive, erasure
from playground.display.covered_row import ReasonForm
from projects import members

if TYPE_CHECKING:
    from django.http import HttpResponse
    from django.http.response import HttpResponseBase

    from core.http.htmx import HtmxRequest

TAKEN = "looked_at"  # the kind of notification about looks at private work


class EraseForm(forms.Form):
    """The heir, and the typed name of the person to erase."""

    name = LineField(max_length=150)

    def __init__(self, person: User, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._person = person
        other_users = User.objects.filter(is_active=True).exclude(pk=person.pk)
        self.fields["to"] = forms.ModelChoiceField(
            other_users.order_by(by_name("username"), "pk"),
            label="The person who gets what others rely on",
            empty_label=None,
        )
        self.fields["name"].label = f"Type “{person.get_username()}” to erase them"

    def clean_name(self) -> str:
        """Return the name, which must be the person's."""
        if self.cleaned_data["name"] != self._person.get_username():
            raise ValidationError("This is not the person's name. Nothing was erased.")
        return self._person.get_username()


@no_store
@require_safe
def own_archive(request: HtmxRequest) -> HttpResponseBase:
    """Send the user's own data as a ZIP."""
    trail.record_export(request, [request.user], "their own data")
    return _sent(request.user, is_for_themselves=True)


@no_store
@require_http_methods(["GET", "HEAD", "POST"])
def of_person(request: HtmxRequest, user_id: int) -> HttpResponse:
    """List the person's rows that are deleted and that stay; a POST erases the person."""
    person = _person(request, user_id)
    form = EraseForm(person, request.POST or None, initial={"to": request.user.pk})
    if request.method == "POST" and form.is_valid():
        try:
            erased = erasure.erase(person, form.cleaned_data["to"], request.user)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"They are erased. Their account is now called {erased}.")
            return redirect("people:people")
    return _render_person_data(request, person, form, ReasonForm())


@no_store
@require_POST
def archive_of_person(request: HtmxRequest, user_id: int) -> HttpResponseBase:
    """Send a person's data as a ZIP, for a reason; the person is notified."""
    person = _person(request, user_id)
    reason = ReasonForm(request.POST)
    if not reason.is_valid():
        return _render_person_data(request, person, EraseForm(person), reason)
    why, by = reason.cleaned_data["reason"], request.user.get_username()
    trail.record(request.user, "exported", [person], f"a person's data, because: {why}")
    outbox.notify(
        person,
        TAKEN,
        subject=f"{by} has taken your data as a file",
        text=f"All that is yours here, private work too. The reason: {why}",
        key=f"data {timezone.now().isoformat()}",
    )
    return _sent(person)


def _person(request: HtmxRequest, user_id: int) -> User:
    if not request.user.is_staff:
        raise Http404("You may not see this page: it is for people who look after accounts.")
    permissions.require(request.user, permissions.DELETE_USER)
    return get_object_or_404(User, pk=user_id)


def _render_person_data(
    request: HtmxRequest, person: User, form: EraseForm, reason: ReasonForm
) -> HttpResponse:
    wrong = (form.is_bound and form.errors) or (reason.is_bound and reason.errors)
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    context = {
        "person": person,
        "name": members.name_of(person),
        "plan": erasure.plan(person),
        "is_oneself": person.pk == request.user.pk,
        "form": form,
        "reason": reason,
    }
    return render(request, "house/operations/person_data.html", context, status=status)


def _sent(person: User, *, is_for_themselves: bool = False) -> HttpResponseBase:
    packed = archive.prepare(person, is_for_themselves=is_for_themselves)
    name = f"vitrine-{person.get_username()}-{timezone.localtime():%Y-%m-%d}.zip"
    return download(packed, name)
