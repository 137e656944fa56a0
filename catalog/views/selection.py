"""Acts on several models that were ticked in the gallery: star, collect, mark, block."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.db import transaction
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.permissions import CHANGE_COLLECTION, CHANGE_ENDPOINT, may, require
from catalog.curation import collection_editing, marks
from catalog.models import Collection, Endpoint, Favourite
from catalog.views.favourites import way_back
from core.formatting import counted
from core.forms import LineField
from core.http.posts import BUTTON, pressed, ticked

if TYPE_CHECKING:
    from django.http import HttpResponse

    from core.http.htmx import HtmxRequest

MOST = 500  # models at once


class SelectionForm(forms.Form):
    """The collection that the models are added to, and why they are marked."""

    collection = forms.ModelChoiceField(Collection.objects.all(), empty_label=None, required=False)
    reason = LineField(label="Why", max_length=marks.LONGEST_REASON, required=False)


@require_http_methods(["GET", "HEAD", "POST"])
def selection(request: HtmxRequest) -> HttpResponse:
    """Render the bar with what the user may do; a POST does it to each `model`."""
    if request.method == "POST":
        form = SelectionForm(request.POST)
        try:
            messages.success(request, _act(request, form))
        except ValueError as error:
            messages.error(request, str(error))
        return redirect(way_back(request))
    context = {
        "collections": may(request.user, CHANGE_COLLECTION) and Collection.objects.all(),
        "may_mark": may(request.user, CHANGE_ENDPOINT),
    }
    return render(request, "catalog/partials/_selection_bar.html", context)


@transaction.atomic
def _act(request: HtmxRequest, form: SelectionForm) -> str:
    """Do what the pressed button says; return a sentence, or raise ValueError with one."""
    if not form.is_valid():
        raise ValueError(next(iter(form.errors.values()))[0])
    chosen = Endpoint.objects.filter(endpoint_id__in=ticked(request, "model")[:MOST])
    verb, mark = pressed(request, name=BUTTON)
    models = counted(chosen.count(), "model")
    if verb == "collect":
        require(request.user, CHANGE_COLLECTION)
        collection = form.cleaned_data["collection"]
        if collection is None:
            raise ValueError("Choose a collection.")
        added = collection_editing.add_models(collection, list(chosen.only("pk")))
        return f"{counted(added, 'model')} added to “{collection.title}”."
    if verb == "mark":
        require(request.user, CHANGE_ENDPOINT)
        marks.set_mark(chosen, mark, form.cleaned_data["reason"], request.user)
        return f"{models}: {marks.WORDS[mark].lower()}."
    for endpoint in chosen.only("pk"):
        Favourite.objects.set(request.user.pk, endpoint, starred=True)
    return f"{models} starred."
