"""Names of posted files arrive as they were written."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory

from core.http.posted_names import Handler, Request


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
def test_a_posted_file_keeps_its_name(name: str) -> None:
    assert _posted(name) == name


@pytest.mark.parametrize(
    ("written", "name"),
    [("../../etc/passwd", "passwd"), ("C:\\photos\\a.png", "a.png"), ("a\x01b.png", "ab.png")],
)
def test_folders_and_control_characters_are_removed_from_names(written: str, name: str) -> None:
    assert _posted(written) == name


def test_the_application_uses_this_form_parser() -> None:
    assert Handler.request_class is Request


def _posted(name: str) -> Any:
    """The name that a request has of a file posted under this one."""
    file = SimpleUploadedFile("a", b"x")
    file._name = name  # type: ignore[attr-defined]  # its setter removes folders
    files: Any = Request(RequestFactory().post("/", {"file": file}).environ).FILES
    return files["file"].name
