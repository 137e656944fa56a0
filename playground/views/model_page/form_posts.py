"""Parses a post of a model's form: the model's input, and the browser tab."""

from __future__ import annotations

from django.http import HttpRequest

from core.http.posts import BUTTON, controls, hidden
from playground.form import run_costs
from playground.form.drafts import Tab
from playground.form.form_state import Post
from playground.views.model_page import page

# Fields of a post that belong to the page, not to the model's input.
PAGE_FIELDS = {
    "~token",
    BUTTON,
    "~tab",
    "~version",
    "~filled",
    run_costs.CONTROL,
}


def form_fields(request: HttpRequest) -> Post:
    """Return the fields of a post that belong to the model's input."""
    return controls(request, but=PAGE_FIELDS)


def parse_tab(request: HttpRequest) -> Tab:
    """Return the browser tab that posts."""
    return Tab(
        "".join(filter(str.isprintable, hidden(request, "~tab")))[:64],
        hidden(request, "~filled") == "1",
    )


def tab_id(request: HttpRequest) -> str:
    """Return the id of the posting tab for the page's next post."""
    return parse_tab(request).id or page.new_tab_id()
