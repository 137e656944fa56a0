"""What of a post nobody typed: hidden controls, ticks, the pressed button."""

from __future__ import annotations

import re

from django.http import HttpRequest, QueryDict

from core.http.posts import controls, hidden, is_posted, pressed, ticked
from tests.sources import ROOT, sources

# The admin's own lists of keys.
BY_HAND = {"config/admin.py"}
_READ = re.compile(r"request\.POST[.\[]|in request\.POST\b|= (?:self\.)?request\.POST\n")


def posted(query: str) -> HttpRequest:
    request = HttpRequest()
    request.POST = QueryDict(query)
    return request


def test_a_hidden_control_is_empty_where_none_was_posted() -> None:
    request = posted("series=a%00b&series=c%00&empty=")
    assert hidden(request, "series") == "c"
    assert (hidden(request, "empty", "x"), hidden(request, "none", "x")) == ("", "x")
    assert ticked(request, "series") == ["ab", "c"]
    assert ticked(request, "none") == []
    assert is_posted(request, "empty")
    assert not is_posted(request, "none")


def test_a_button_says_what_it_does_and_to_what() -> None:
    assert pressed(posted("~do=remove:a:b")) == ("remove", "a:b")
    assert pressed(posted("do=save"), name="do") == ("save", "")
    assert pressed(posted(""), "add") == ("add", "")


def test_the_controls_of_a_form_are_all_but_those_of_the_page() -> None:
    request = posted("csrfmiddlewaretoken=c&~token=t&~mode=json&a.b=1&a.b=%002")
    assert controls(request, but={"~token"}) == {"~mode": ["json"], "a.b": ["1", "2"]}


def test_a_post_is_read_by_forms_and_here_alone() -> None:
    files = sources("*.py", but={"tests", "bench"})
    readers = {str(path.relative_to(ROOT)) for path in files if _READ.search(path.read_text())}
    assert "core/http/posts.py" in readers
    strays = readers - {"core/http/posts.py"}
    assert {path for path in strays if not {path, path.split("/")[0]} & BY_HAND} == set()
