"""Each client's lines of code: with this address and token, in the language that they claim."""

import ast
import json
import shlex
from pathlib import Path

import pytest
from django.conf import settings

from api.clients import CLIENTS, PLACEHOLDER, Client

ADDRESS, TOKEN = "https://vitrine.example", f"vitrine_{'x' * 43}"
MODEL, ARGUMENTS = "fal-ai/flux/schnell", {"prompt": 'it\'s a 100% "lighthouse"'}
COMMANDS = {"pip", "npm", "export", "claude", "code"}
each_client = pytest.mark.parametrize("client", CLIENTS.values(), ids=CLIENTS.keys())


def _lines(client: Client, token: str = TOKEN) -> dict[str, str]:
    """Return the client's lines by language, with all parts of one language together."""
    by_language: dict[str, str] = {}
    for part in client.lines(ADDRESS, token, MODEL, ARGUMENTS):
        by_language[part.label] = by_language.get(part.label, "") + part.code
    return by_language


@each_client
def test_lines_name_this_address_and_the_token(client):
    lines = "".join(_lines(client).values())
    assert ADDRESS.partition("://")[2] in lines
    assert lines.count(TOKEN) in ({0} if client.signs_in else {1, 2})
    assert PLACEHOLDER not in lines
    without = "".join(_lines(client, "").values())
    assert without == lines.replace(TOKEN, PLACEHOLDER)


@each_client
def test_lines_are_of_their_language(client):
    for language, code in _lines(client).items():
        if language == "Python":
            ast.parse(code)
        elif language == "JSON":
            json.loads(code)
        elif language == "Shell":
            words = shlex.split(code, comments=True)
            assert words[0] in COMMANDS
            quoted = [word for word in words if "prompt" in word]
            of_a_call = (word.rstrip(")") for word in quoted)  # within `$(…)`
            assert all(json.loads(text)["prompt"] == ARGUMENTS["prompt"] for text in of_a_call)
        else:
            assert language in {"JavaScript", "Fields", "Address of the connector"}
            for opening, closing in ("()", "[]", "{}"):
                assert code.count(opening) == code.count(closing)


@each_client
def test_the_documents_name_each_client(client):
    text = (Path(settings.BASE_DIR) / "docs" / "API.md").read_text(encoding="utf-8")
    assert client.title in " ".join(text.split())
