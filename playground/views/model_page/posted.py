"""What a post of a model's form contains: the model's input, and the browser tab."""

from __future__ import annotations

from django.http import HttpRequest

from playground.form import run_costs
from playground.form.drafts import Tab
from playground.form.form_state import Post
from playground.views.model_page import page

# Fields of a post that belong to the page, not to the model's input.
PAGE_FIELDS = {
    "csrfmiddlewaretoken",
    "~token",
    "~do",
    "~tab",
    "~version",
    "~filled",
    run_costs.CONTROL,
}


def form_fields(request: HttpRequest) -> Post:
    """Return the fields of a post that belong to the model's input."""
    return {
        name: [str(value) for value in values]
        for name, values in request.POST.lists()
        if name not in PAGE_FIELDS
    }


def parse_tab(request: HttpRequest) -> Tab:
    """Return the browser tab that posts."""
    return Tab(
        "".join(filter(str.isprintable, request.POST.get("~tab", "")))[:64],
        request.POST.get("~filled") == "1",
    )


def tab_id(request: HttpRequest) -> str:
    """Return the id of the posting tab for the page's next post."""
    return parse_tab(request).id or page.new_tab_id()
