"""Guests pick, rate and comment under a name, without an account and without JavaScript."""

import pytest
from django.test import Client
from django.utils import timezone

from features.notifications.models import Notification
from features.sharing.models import Comment, Pick, Rating, Share
from features.sharing.review import news
from runs.models import Artifact
from tests.projects.people import make_project

pytestmark = pytest.mark.django_db


def picked_numbers(share: Share) -> list[int]:
    """Return the numbers of the items that anyone has picked, in order."""
    picks = Pick.objects.filter(item__share=share).order_by("rank", "pk")
    return list(picks.values_list("item__number", flat=True))


def test_a_guest_says_everything_in_one_post_and_is_known_afterwards(share, post):
    guest = Client()
    answer = post(guest, name="Anna", pick=[1, 3], item=2, rating=4, comment="The sky is too dark.")
    assert answer.status_code == 302
    assert picked_numbers(share) == [1, 3]
    assert Rating.objects.get().stars == 4
    assert Comment.objects.get().item.number == 2  # type: ignore[union-attr]
    page = guest.get(f"{share.get_absolute_url()}review/").content.decode()
    assert "Anna" in page
    assert "2 of 2" in " ".join(page.split())
    post(guest, "picks/", unpick=1)
    assert picked_numbers(share) == [3]
    assert share.reviewers.count() == 1


def test_a_post_without_a_name_asks_for_it_and_then_does_what_was_wanted(share, post):
    guest = Client()
    question = post(guest, "comments/", item=2, comment="Lovely", back="item")
    assert question.status_code == 422
    assert 'value="Lovely"' in question.content.decode()
    assert not Comment.objects.exists()
    answer = post(guest, "comments/", item=2, comment="Lovely", back="item", name="Ben")
    assert answer.url.endswith("/review/2/#comments")
    assert Comment.objects.get().reviewer.name == "Ben"


@pytest.mark.parametrize(
    ("state", "sentence"),
    [("remote", "This file is still on its way here."), ("lost", "no longer exists")],
)
def test_a_file_that_is_not_here_is_a_sentence_and_no_broken_picture(share, state, sentence):
    """Guests got 404 for a version that answered a comment a second after its run had ended."""
    Artifact.objects.update(state=state)
    for path in ("review/", "review/2/", "items/2/", ""):
        page = Client().get(share.get_absolute_url() + path).content.decode()
        assert "/files/" not in page, path
        if "2" in path:
            assert sentence in page, path


def test_more_picks_than_asked_for_are_refused_with_a_sentence(share, post):
    guest = Client()
    post(guest, "picks/", name="Anna", pick=1)
    post(guest, "picks/", pick=2)
    refused = post(guest, "picks/", pick=3)
    assert refused.status_code == 422
    assert "You have chosen 2 of 2. Take one back first." in refused.content.decode()
    assert picked_numbers(share) == [1, 2]


def test_of_a_single_favourite_the_last_one_counts(share, post):
    Share.objects.update(picks=Share.Picks.ONE)
    guest = Client()
    post(guest, "picks/", name="Anna", pick=1)
    post(guest, "picks/", pick=3)
    assert picked_numbers(share) == [3]


def test_favourites_are_put_in_order_by_buttons_and_by_dragging(share, post):
    Share.objects.update(picks=Share.Picks.RANKED, most_picks=0)
    guest = Client()
    post(guest, name="Anna", pick=[1, 2, 3])
    post(guest, "picks/", move="3-up")
    assert picked_numbers(share) == [1, 3, 2]
    post(guest, "picks/", order="2,1,3")
    assert picked_numbers(share) == [2, 1, 3]
    post(guest, "picks/", unpick=2)
    assert list(Pick.objects.order_by("rank").values_list("rank", flat=True)) == [1, 2]


def test_a_thread_is_answered_by_all_and_resolved_by_who_began_it(share, post):
    Share.objects.update(shows_remarks=True)
    anna, ben = Client(), Client()
    post(anna, "comments/", name="Anna", item=1, comment="Brighter?", x="25", y="40.5")
    comment = Comment.objects.get()
    assert (comment.x, comment.y) == (250, 405)
    post(ben, "comments/", name="Ben", parent=comment.pk, comment="Yes")
    assert Comment.objects.get(parent=comment).text == "Yes"
    for guest, status in ((ben, 422), (anna, 302)):
        assert post(guest, f"comments/{comment.pk}/resolution/").status_code == status
        comment.refresh_from_db()
        assert bool(comment.resolved_at) == (guest is anna)


def test_only_who_wrote_a_comment_changes_it_and_deleting_has_an_undo(share, post):
    anna, ben = Client(), Client()
    post(anna, "comments/", name="Anna", comment="Frist")
    post(ben, "comments/", name="Ben", comment="Second")
    mine = Comment.objects.get(text="Frist")
    address = f"comments/{mine.pk}/"
    assert ben.get(f"{share.get_absolute_url()}review/{address}").status_code == 404
    assert post(ben, address, comment="Mine now").status_code == 422
    assert post(ben, f"{address}deletion/").status_code == 422
    post(anna, address, comment="First")
    assert post(anna, f"{address}deletion/").status_code == 200
    assert "First" not in Client().get(f"{share.get_absolute_url()}review/").content.decode()
    post(anna, f"{address}recovery/")
    mine.refresh_from_db()
    assert (mine.text, mine.deleted_at) == ("First", None)


def test_a_maker_deletes_and_resolves_what_guests_said(share, post, client, user):
    guest = Client()
    post(guest, "comments/", name="Anna", comment="Spam https://spam.example")
    comment = Comment.objects.get()
    client.force_login(user)
    post(client, f"comments/{comment.pk}/resolution/")
    comment.refresh_from_db()
    assert comment.resolved_by
    assert comment.resolved_by.name == "Ana Ruiz"
    post(client, f"comments/{comment.pk}/deletion/")
    assert post(guest, f"comments/{comment.pk}/recovery/").status_code == 422
    comment.refresh_from_db()
    assert comment.deleted_at


def test_what_people_were_told_of_a_comment_goes_with_it(share, post, client, stranger, user):
    Share.objects.update(project=make_project("Film", ana="maker", sam="maker"))
    client.force_login(stranger)
    post(client, "comments/", comment="@Ana Ruiz the secret fox")
    comment = Comment.objects.get()
    news.tell_now(comment.reviewer)
    lines = Notification.objects.filter(user=user)
    assert [line.text.count("secret") for line in lines] == [1, 1]
    post(client, f"comments/{comment.pk}/", comment="@Ana Ruiz the red fox")
    assert [line.text.count("red") for line in lines.all()] == [1, 1]
    post(client, f"comments/{comment.pk}/deletion/")
    assert not any("fox" in line.text for line in lines.all())


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"comment": "x" * 5001}, "That has 5001 characters, but only 5,000 fit."),
        ({"comment": "there", "at": "soon"}, "Write a time as 0:03.2 or 3.2."),
        ({"comment": "there", "x": "nan", "y": "3"}, "from 0 to 100."),
    ],
)
def test_what_cannot_be_kept_is_refused_and_stays_in_the_form(share, post, fields, sentence):
    guest = Client()
    post(guest, "picks/", name="Anna", pick=1)
    refused = post(guest, "comments/", item=1, back="item", **fields)
    assert refused.status_code == 422
    page = refused.content.decode()
    assert sentence in page
    assert fields["comment"].strip() in page
    assert not Comment.objects.exists()


def test_a_comment_is_data_and_its_links_lend_no_good_name(share, post):
    guest = Client()
    text = "<script>alert(1)</script> see https://example.com/a?b=1&c=2. 👍 مرحبا"
    post(guest, "comments/", name="<b>Anna</b>", comment=text)
    page = guest.get(f"{share.get_absolute_url()}review/").content.decode()
    assert "<script>alert" not in page
    assert "<b>Anna</b>" not in page
    assert 'href="https://example.com/a?b=1&amp;c=2" rel="nofollow noopener noreferrer ugc"' in page
    assert "👍 مرحبا" in page


def test_a_closed_review_takes_nothing_more_and_what_was_said_stays(share, post):
    guest = Client()
    post(guest, name="Anna", pick=1, comment="Good")
    Share.objects.update(closed_at=timezone.now())
    for to, fields in (
        ("picks/", {"pick": 2}),
        ("ratings/", {"rating": "1-5"}),
        ("comments/", {"comment": "More"}),
        ("completion/", {}),
    ):
        refused = post(guest, to, **fields)
        assert refused.status_code == 422
        assert "This review is closed. Its answers are kept." in refused.content.decode()
    assert "Good" in guest.get(f"{share.get_absolute_url()}review/").content.decode()
    assert picked_numbers(share) == [1]


def test_a_share_that_asks_nothing_has_no_review(share, post):
    Share.objects.update(picks="", takes_ratings=False, takes_comments=False)
    assert Client().get(f"{share.get_absolute_url()}review/").status_code == 404
    assert post(Client(), "picks/", name="Anna", pick=1).status_code == 422
    assert not share.reviewers.exists()


def test_another_shares_comment_cannot_be_reached(share, post, user):
    other = Share.objects.create(user=user, takes_comments=True)
    guest = Client()
    guest.post(f"{other.get_absolute_url()}review/comments/", {"name": "Anna", "comment": "x"})
    comment = Comment.objects.get()
    for to in ("", "deletion/", "recovery/", "resolution/"):
        assert post(guest, f"comments/{comment.pk}/{to}", name="Anna").status_code == 404


def test_everything_that_is_said_raises_the_version(share, post):
    guest = Client()
    before = share.version
    for to, fields in (
        ("picks/", {"name": "Anna", "pick": 2}),
        ("ratings/", {"rating": "2-5"}),
        ("comments/", {"comment": "More"}),
        ("completion/", {}),
    ):
        post(guest, to, **fields)
        share.refresh_from_db()
        assert share.version > before
        before = share.version


def test_visitors_read_no_choices_of_others(share, post):
    post(Client(), name="Anna", pick=1, item=1, rating=5)
    page = Client().get(f"{share.get_absolute_url()}review/").content.decode()
    assert "data-lit" not in page
    assert 'aria-pressed="true"' not in page


def test_pages_need_as_many_queries_for_much_as_for_little(
    share, post, django_assert_max_num_queries
):
    for name in ("Anna", "Ben", "Cleo", "Dora"):
        post(Client(), name=name, pick=[1, 2], item=1, rating=3, comment="Hello")
    with django_assert_max_num_queries(18):
        Client().get(f"{share.get_absolute_url()}review/")
    with django_assert_max_num_queries(18):
        Client().get(f"{share.get_absolute_url()}review/1/")
