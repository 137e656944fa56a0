"""Fill a model's form with other contents: of a preset, a run, an example, or defaults.

Each replaces the form's contents, and can be undone (`drafts.undo`).
"""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect

from catalog.models import Endpoint
from core.http.htmx import HtmxRequest
from core.http.posts import hidden
from playground.form import drafts, form_state, presets
from playground.form.form_state import FormContents, FormState
from playground.form.prefill import sources
from playground.views.model_page.page import LIBRARY_FIELD, SOURCE, parse_tab
from playground.views.model_page.posted_form import redraw, save_draft, with_form
from projects import current
from runs.start import transport_choices

GONE = "There is nothing to fill in: it no longer exists, or it is not shared with you."


def fill(request: HtmxRequest, contents: FormContents, filled: FormState) -> HttpResponse:
    """Replace the form's contents; this can be undone."""
    filled = replace(filled, post=transport_choices.keep_choice(filled.post, contents.post))
    new = replace(contents, post=filled.post)
    version, is_loss = drafts.replace(request.user, contents, new, parse_tab(request))
    filled = replace(filled, undo="Undo" if is_loss else "")
    return redraw(request, new, filled, version=version)


@with_form
def source(request: HtmxRequest, contents: FormContents) -> HttpResponseBase:
    """Fill the form from a source, such as `preset:12` or `example` (`prefill/sources.py`)."""
    source_key = hidden(request, SOURCE)
    is_offered = source_key.partition(":")[0] in sources.KINDS
    filled = sources.fill(request.user, contents.endpoint, source_key) if is_offered else None
    if filled is None:
        return redraw(request, contents, FormState(contents.post, GONE), status=422)
    return fill(request, contents, filled)


@with_form
def blank(request: HtmxRequest, contents: FormContents) -> HttpResponseBase:
    """Empty the form, or fill it with the house's default for the model."""
    house_default = house_default_state(request, contents.endpoint)
    return fill(request, contents, house_default or FormState({}, "Cleared."))


@with_form
def own_defaults(request: HtmxRequest, contents: FormContents) -> HttpResponseBase:
    """Empty the form, in spite of a house default."""
    own = FormState({form_state.HOUSE: ["1"]}, "The model's own defaults are back.")
    return fill(request, contents, own)


@with_form
def default_settings(request: HtmxRequest, contents: FormContents) -> HttpResponseBase:
    """Reset every setting to its default; prompt and media stay."""
    content = form_state.without_settings(contents.endpoint, contents.post)
    return fill(request, contents, FormState(content, "Every setting is back at its default."))


@with_form
def repair(request: HtmxRequest, contents: FormContents) -> HttpResponseBase:
    """Migrate the form's contents to the current schema as far as possible."""
    endpoint, post = contents.endpoint, contents.post
    arguments, problems = contents.parsed
    if problems:
        return redraw(request, contents, FormState(post, problems=problems), status=422)
    digest = form_state.outdated_digest(post)
    return fill(request, contents, sources.migrated(endpoint, arguments, digest))


@with_form
def prompts(request: HtmxRequest, contents: FormContents) -> HttpResponseBase:
    """Open the saved prompts to insert one."""
    return _open_library(request, contents, "library:prompts")


@with_form
def series(request: HtmxRequest, contents: FormContents) -> HttpResponseBase:
    """Open the series to use one in a named field, or where it fits."""
    return _open_library(request, contents, "library:all-series")


def _open_library(request: HtmxRequest, contents: FormContents, route: str) -> HttpResponseBase:
    """Redirect to a list of the library, which leads back; the draft keeps the form's contents."""
    save_draft(request, contents)
    field = hidden(request, LIBRARY_FIELD)[:200]
    query = urlencode({"for": contents.endpoint.endpoint_id} | ({"field": field} if field else {}))
    address = f"{reverse(route)}{current.query(current.current(request))}&{query}"
    return HttpResponseClientRedirect(address) if request.htmx else redirect(address)


def house_default_state(request: HtmxRequest, endpoint: Endpoint) -> FormState | None:
    """Return the untouched form of a model with a house default; None if it has none."""
    if not endpoint.has_house_default:  # type: ignore[attr-defined]
        return None
    preset = presets.house_default(endpoint)
    filled = sources.fill(request.user, endpoint, f"preset:{preset.pk}") if preset else None
    if preset is None or filled is None:
        return None
    post = {**filled.post, form_state.HOUSE: ["1"]}
    notice = filled.notice if filled.mend else ""  # a mendable preset's notice lists its misfits
    return replace(filled, post=post, notice=notice, house=preset.name)
