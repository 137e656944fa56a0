"""Posted forms: files keep their names, and large forms need little memory.

Parts of a post that nobody typed: hidden controls, ticks, the pressed button.
"""

import re
import time
import tracemalloc
from typing import Any

import pytest
from django.core.exceptions import BadRequest, TooManyFieldsSent
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, QueryDict
from django.test import RequestFactory

from core.http.posted_forms import SMALL_BYTES, Handler, Request
from core.http.posts import controls, hidden, is_posted, pressed, ticked
from tests.sources import ROOT, sources


@pytest.mark.parametrize(
    "name",
    [
        "\U0001f469\u200d\U0001f467 \u2764\ufe0f.png",
        "shot at 3.45.12\u202fPM.png",
        "\u0915\u094d\u200d\u0937.png",
        "\u0645\u06cc\u200c\u062e.png",
        "Tom &amp; Jerry.png",
    ],
)
def test_a_posted_file_keeps_its_name(name):
    assert _name_received(name) == name


@pytest.mark.parametrize(
    ("written", "name"),
    [("../../etc/passwd", "passwd"), ("C:\\photos\\a.png", "a.png"), ("a\x01b.png", "ab.png")],
)
def test_folders_and_control_characters_are_removed_from_names(written, name):
    assert _name_received(written) == name


def _form(body: bytes, content_type: str = "application/x-www-form-urlencoded") -> Any:
    environ = RequestFactory().post("/", body, content_type="text/plain").environ
    return Request({**environ, "CONTENT_TYPE": content_type})


FIELDS = "a=%e4%BD%A0+%2B%25%3D_%0D%0A+%00&b&a=%FF&&=x&c=%F0%9F%8E%A8%3D&d=a=b=&"


def test_a_large_form_is_read_as_django_reads_it():
    large = _form(f"{FIELDS}x={'y' * SMALL_BYTES}".encode()).POST.copy()
    assert large.pop("x") == ["y" * SMALL_BYTES]
    assert large == QueryDict(FIELDS)


def test_a_large_form_takes_little_memory_and_time():
    request = _form(b"a=" + b"%7B" * 5_000_000)
    tracemalloc.start()
    began = time.process_time()
    assert request.POST["a"] == "{" * 5_000_000
    took_s, (_, peak) = time.process_time() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (peak < 80 << 20, took_s < 2) == (True, True)


def test_large_forms_that_are_broken_are_refused():
    with pytest.raises(BadRequest):
        _ = _form(b"a=" + b"%7" * SMALL_BYTES).POST
    with pytest.raises(TooManyFieldsSent):
        _ = _form(b"a=1&" * SMALL_BYTES).POST


def test_no_charset_but_utf_8_is_read():
    form = b'--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xc3\xa9-\r\n--B--\r\n'
    request = _form(form, "multipart/form-data; boundary=B; charset=punycode")
    assert request.POST["a"] == "\xe9-"


def test_the_application_uses_this_form_parser():
    assert Handler.request_class is Request


def _name_received(name: str) -> Any:
    """Return the name that a request has for a file posted under this name."""
    file = SimpleUploadedFile("a", b"x")
    file._name = name  # type: ignore[attr-defined]  # its setter removes folders
    files: Any = Request(RequestFactory().post("/", {"file": file}).environ).FILES
    return files["file"].name


# The admin reads its lists of keys itself.
BY_HAND = {"config/admin.py"}
_READ = re.compile(r"request\.POST[.\[]|in request\.POST\b|= (?:self\.)?request\.POST\n")


def make_request(query: str) -> HttpRequest:
    request = HttpRequest()
    request.POST = QueryDict(query)
    return request


def test_a_hidden_control_is_empty_where_none_was_posted():
    request = make_request("series=a%00b&series=c%00&empty=")
    assert hidden(request, "series") == "c"
    assert (hidden(request, "empty", "x"), hidden(request, "none", "x")) == ("", "x")
    assert ticked(request, "series") == ["ab", "c"]
    assert ticked(request, "none") == []
    assert is_posted(request, "empty")
    assert not is_posted(request, "none")


def test_a_button_says_what_it_does_and_to_what():
    assert pressed(make_request("~do=remove:a:b")) == ("remove", "a:b")
    assert pressed(make_request("do=save"), name="do") == ("save", "")
    assert pressed(make_request(""), "add") == ("add", "")


def test_the_controls_of_a_form_are_all_but_those_of_the_page():
    request = make_request("csrfmiddlewaretoken=c&~token=t&~mode=json&a.b=1&a.b=%002")
    assert controls(request, but={"~token"}) == {"~mode": ["json"], "a.b": ["1", "2"]}


def test_a_post_is_read_by_forms_and_here_alone():
    files = sources("*.py", but={"tests", "bench"})
    readers = {str(path.relative_to(ROOT)) for path in files if _READ.search(path.read_text())}
    assert "core/http/posts.py" in readers
    strays = readers - {"core/http/posts.py"}
    assert {path for path in strays if not {path, path.split("/")[0]} & BY_HAND} == set()
