"""Guests see what other guests say after they have commented themselves, unless it is allowed."""

from typing import Any

import pytest
from django.test import Client

from features.sharing.live import parts
from features.sharing.live.watch_tokens import BLIND, VISITOR, verify
from features.sharing.models import Comment, Share
from features.sharing.review import versions

pytestmark = pytest.mark.django_db
WORDS = "Too dark for us"


@pytest.fixture
def pages(share: Share) -> Any:
    """`pages(client)` → all that a visitor is shown of comments, as one text."""
    paths = ("review/", "review/1/")

    def read(client: Client) -> str:
        texts = [client.get(share.get_absolute_url() + path).content.decode() for path in paths]
        return " ".join(" ".join(texts).split())

    return read


def test_a_guest_comments_before_other_guests_remarks_are_shown(share, post, pages, member):
    anna, ben = Client(), Client()
    post(anna, "comments/", name="Anna", item=1, comment=WORDS, x="10", y="10")
    remark = Comment.objects.get()
    post(member, "comments/", parent=remark.pk, comment="We look at it")
    post(member, "comments/", item=1, comment="Is the light right?")
    version = share.items.get(number=2)
    version.previous, version.answers = remark.item, remark
    version.save()
    before = pages(ben)
    for hint in (WORDS, "We look at it", "Anna", "3 comments", f"pin-{remark.pk}"):
        assert hint not in before
    assert "Is the light right?" in before
    assert "1 comment" in before
    refused = post(ben, "comments/", name="Ben", parent=remark.pk, comment="An answer")
    assert refused.status_code == 422
    for reader in (anna, member):
        assert WORDS in pages(reader)
    post(ben, "comments/", name="Ben", item=1, comment="Mine")
    assert WORDS in pages(ben)
    assert "4 comments" in pages(ben)
    assert versions.chain_of(list(share.items.all()), version)[0] == remark.item


def test_the_maker_may_allow_to_see_them_at_once(share, post, pages):
    post(Client(), "comments/", name="Anna", item=1, comment=WORDS)
    Share.objects.update(shows_remarks=True)
    assert WORDS in pages(Client())


def test_open_pages_learn_no_more_than_new_ones(share, post):
    post(Client(), "comments/", name="Anna", item=1, comment=WORDS)
    for item in (0, 1):
        markup = "".join(parts.render(share.pk, BLIND, item)[1].values())
        assert WORDS not in markup
        assert "1 comment" not in markup
    assert WORDS in "".join(parts.render(share.pk, VISITOR, 1)[1].values())


def test_the_first_comment_lets_the_open_page_ask_for_all(share, post):
    fields = {"name": "Ben", "item": 1, "comment": "Mine", "back": "item"}
    address = f"{share.get_absolute_url()}review/comments/"
    answer = Client().post(address, fields, headers={"hx-request": "true"}).content.decode()
    (token,) = [part.split('"')[1] for part in answer.split("data-token=")[1:]]
    watch = verify(token)
    assert watch
    assert watch.role == VISITOR
    assert 'data-version="0"' in answer
