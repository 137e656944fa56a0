"""Recent prompts: one's own, distinct, newest first, from every model."""

from __future__ import annotations

import re
from typing import Any

from django.contrib.auth.models import User
from django.test import Client


def texts(client: Client, field: str = "prompt") -> list[str]:
    page = client.get("/prompts/recent/", {"field": field}).content.decode()
    return re.findall(r"<span>(.*?)</span>", page, re.DOTALL)


def test_recent_prompts_are_distinct_and_newest_first(
    member: Client, make_run: Any, make_endpoint: Any
) -> None:
    other = make_endpoint("another/model")
    for prompt in ("a cat", "a dog", "a cat"):
        make_run(arguments={"prompt": prompt})
    make_run(endpoint=other, arguments={"prompt": "<b>", "seed": 1})
    make_run(endpoint=other, arguments={"prompt": " "})
    make_run(endpoint=other, arguments={"prompt": 7, "text": "not this"})
    assert texts(member) == ["&lt;b&gt;", "a cat", "a dog"]
    assert texts(member, "text") == ["not this"]
    assert texts(member, "no such") == []


def test_recent_prompts_are_private(
    client: Client, stranger: User, user: User, make_run: Any
) -> None:
    make_run(arguments={"prompt": "a secret"})
    stranger.is_staff = True  # not even staff: the list is for typing, not for looking
    stranger.save()
    client.force_login(stranger)
    assert texts(client) == []
    client.logout()
    assert client.get("/prompts/recent/", {"field": "prompt"}).status_code == 302


def test_recent_prompts_take_one_query_and_are_limited(
    member: Client, make_run: Any, django_assert_num_queries: Any
) -> None:
    for number in range(30):
        make_run(arguments={"prompt": f"prompt {number}"})
    with django_assert_num_queries(3):  # the session, the person, the runs
        assert len(texts(member)) == 20
