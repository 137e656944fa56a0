"""The answers of a review reach the results' makers, and nobody else."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from core.db import clock
from features.library.selection import ResultKey
from features.notifications import inbox, outbox
from features.notifications.models import Notification
from features.sharing import items
from features.sharing.access import told_of
from features.sharing.models import Comment, Reviewer, Share, ShareItem
from features.sharing.own import creation
from features.sharing.review import news
from projects.models import Membership, Project
from runs.models import Run
from runs.promises import places
from tests.features.sharing.review.conftest import Post

pytestmark = pytest.mark.django_db


def text_of(response: object) -> str:
    return " ".join(response.content.decode().split())  # type: ignore[attr-defined]


def test_the_answered_come_first_with_who_said_what_and_the_rest_is_a_strip(
    share: Share, post: Post, member: Client
) -> None:
    post(Client(), name="Anna", pick=[1, 2], item=2, rating=5, comment="Brighter")
    post(Client(), name="Ben", pick=2, item=2, rating=4)
    page = text_of(member.get(f"/shares/{share.pk}/review/"))
    answered, _, rest = page.partition('id="answers-rest"')
    assert "4.5 from 2 ratings" in answered
    assert "Not answered (1)" in rest
    assert [f'id="item-{number}"' in answered for number in (1, 2, 3)] == [True, True, False]
    assert "?new=3#item-3" in rest
    by = Reviewer.objects.get(name="Ben").pk
    narrowed = text_of(member.get(f"/shares/{share.pk}/review/?by={by}"))
    assert 'id="item-2"' in narrowed
    assert 'id="item-1"' not in narrowed
    assert "Brighter" not in narrowed


def test_the_list_and_the_runs_page_lead_its_makers_to_the_answers(
    share: Share, member: Client, user: User, stranger: User
) -> None:
    address = f"/shares/{share.pk}/review/"
    run = share.items.get(number=1).run
    assert run
    assert f'href="{address}"' in member.get("/shares/").content.decode()
    assert f'href="{address}"' in member.get(run.get_absolute_url()).content.decode()
    assert places.places_of(stranger, run) == []
    Share.objects.update(picks="", takes_ratings=False, takes_comments=False)
    assert f'href="{address}"' not in member.get("/shares/").content.decode()
    assert f'href="{address}"' not in member.get(run.get_absolute_url()).content.decode()


def test_the_runs_page_says_what_was_said_of_it_on_each_review(
    share: Share, post: Post, member: Client, user: User
) -> None:
    run = share.items.get(number=1).run
    assert run
    other = Share.objects.create(user=user, title="Elsewhere", takes_comments=True)
    items.keep_in_step(other, [ResultKey(run.pk, 0)])
    post(Client(), name="Anna", pick=1, item=1, rating=5, comment="Brighter")
    post(Client(), name="Ben", pick=[1, 2], item=1, rating=4)
    post(Client(), name="Cleo", item=2, comment="Not of the first one")
    notes = {place.title: place.note for place in places.places_of(user, run)}
    assert notes == {str(share): "picked by 2, ★ 4.5, 1 comment", str(other): ""}
    assert "picked by 2, ★ 4.5, 1 comment" in text_of(member.get(run.get_absolute_url()))


def test_the_answers_draw_pins_and_regions_on_the_version_that_they_are_about(
    share: Share, post: Post, member: Client, make_picture: Callable[..., Run]
) -> None:
    region = {"x": "10", "y": "20", "width": "30", "height": "40"}
    post(Client(), name="Anna", item=1, comment="There", at="3.2", **region)
    post(Client(), name="Ben", item=1, comment="All of it")
    comment, run = Comment.objects.get(text="There"), make_picture()
    address = f"/shares/{share.pk}/review/"
    for _ in range(2):  # also once a version answers one of the two
        page = text_of(member.get(address))
        assert f'id="pin-{comment.pk}"' in page
        assert '<rect x="10.0%" y="20.0%" width="30.0%" height="40.0%"/>' in page
        assert page.count('class="review-time figures"') == 1
        fields = {"artifact": f"{run.pk}/0", "answers": comment.pk}
        member.post(f"{address}1/versions/", fields)
    assert "Version 2</a>" in page
    assert "not seen yet" in page
    assert "Take back" in page
    assert page.count("New version</button>") == 1  # for the remark that is open


@pytest.mark.parametrize("has_remark", [True, False])
def test_new_version_makes_what_a_remark_says_or_else_offers_ways(
    share: Share, post: Post, member: Client, make_picture: Callable[..., Run], has_remark: bool
) -> None:
    run, address = make_picture(), f"/shares/{share.pk}/review/"
    post(Client(), name="Anna", pick=1, **({"item": 1, "comment": "Red"} if has_remark else {}))
    page = text_of(member.get(address))
    assert ("/making/" in page) == has_remark
    assert ('href="?new=1#item-1"' in page) != has_remark
    choice = text_of(member.get(f"{address}?new=1"))
    for way in (f'value="{run.pk}/0"', ">Make it</a>", "Send the result", "Send the file"):
        assert way in choice


def test_a_new_version_answers_a_comment_and_the_earlier_one_stays(
    share: Share, post: Post, member: Client, make_picture: Callable[..., Run]
) -> None:
    guest = Client()
    post(guest, name="Anna", pick=1, item=1, comment="Larger?")
    comment, run = Comment.objects.get(), make_picture()
    address = f"/shares/{share.pk}/review/1/versions/"
    member.post(address, {"artifact": f"{run.pk}/0", "answers": comment.pk})
    version = ShareItem.objects.get(run=run)
    assert (version.previous.number, version.answers) == (1, comment)  # type: ignore[union-attr]

    whole = text_of(guest.get(f"{share.get_absolute_url()}review/"))
    assert f'id="item-{version.number}"' in whole
    assert 'id="item-1"' not in whole
    newest = text_of(guest.get(f"{share.get_absolute_url()}review/{version.number}/"))
    assert "answers Anna\u2019s comment" in newest
    assert "on version 1" in newest
    assert "Larger?" in text_of(guest.get(f"{share.get_absolute_url()}review/1/"))
    assert 'aria-pressed="true"' in newest  # a pick applies to all versions
    post(guest, "picks/", unpick=version.number)
    assert 'aria-pressed="true"' not in text_of(guest.get(f"{share.get_absolute_url()}review/1/"))


def test_a_result_of_others_cannot_become_a_version(
    share: Share, member: Client, make_picture: Callable[..., Run], stranger: User
) -> None:
    run = make_picture(user=stranger)
    address = f"/shares/{share.pk}/review/1/versions/"
    for artifact in (f"{run.pk}/0", "x", "", f"{share.items.get(number=2).run_id}/0"):
        assert 'class="notice"' in text_of(
            member.post(address, {"artifact": artifact}, follow=True)
        )
    assert share.items.count() == 3


def test_export_has_every_pick_rating_and_comment_and_no_formula(
    share: Share, post: Post, member: Client
) -> None:
    post(Client(), name="Anna", pick=1, item=1, rating=5, comment="=1+1", x="10", y="20", at="3.2")
    document = json.loads(member.get(f"/shares/{share.pk}/review/export/?format=json").content)
    kinds = [row["what"] for row in document["answers"]]
    assert kinds == ["pick", "rating", "comment"]
    assert document["answers"][2]["place"] == "0:03.2, 10 %, 20 %"
    table = member.get(f"/shares/{share.pk}/review/export/").content.decode()
    assert "'=1+1" in table


def test_a_review_is_closed_and_opened_again(share: Share, member: Client) -> None:
    member.post(f"/shares/{share.pk}/review/closing/", {"closed": "1"})
    share.refresh_from_db()
    assert not share.is_open
    member.post(f"/shares/{share.pk}/review/closing/", {"closed": "0"})
    share.refresh_from_db()
    assert share.is_open


def test_the_owner_hears_of_a_visit_once_and_at_once_when_somebody_is_done(
    share: Share, post: Post
) -> None:
    guest = Client()
    post(guest, name="Anna", pick=[1, 2], item=1, comment="Good")
    news.tell_due()
    assert not Notification.objects.exists()
    past = clock.now() - timedelta(seconds=1)
    Reviewer.objects.update(news_due_at=past)
    news.tell_due()
    note = Notification.objects.get()
    assert note.subject == "Anna picked 2 and wrote 1 comment on “Posters”"
    assert note.user == share.user
    news.tell_due()
    assert Notification.objects.count() == 1
    post(guest, "completion/")
    assert Notification.objects.filter(subject="Anna is done with “Posters”").exists()


def test_a_review_waits_on_the_front_and_has_a_dot_until_its_answers_are_read(
    share: Share, post: Post, member: Client, user: User
) -> None:
    guest = Client()
    post(guest, name="Anna", pick=1)
    post(guest, "completion/")
    assert inbox.count_new(user) == 1
    assert "Anna picked 1 on “Posters”" in text_of(member.get("/"))
    assert 'class="dot"' in text_of(member.get("/shares/"))
    assert "data-inbox" not in text_of(guest.get(share.get_absolute_url()))
    member.get(f"/shares/{share.pk}/review/")
    assert inbox.count_new(user) == 0
    assert "Anna picked" not in text_of(member.get("/"))
    assert 'class="dot"' not in text_of(member.get("/shares/"))


@pytest.mark.parametrize("how", ["ended", "for members", "not mentioned"])
def test_a_mention_is_read_by_who_may_open_the_share(
    share: Share, post: Post, stranger: User, how: str
) -> None:
    post(Client(), name="Anna", comment="@sam, look")
    comment = Comment.objects.get()
    comment.mentioned.add(stranger)
    notice = {"subject": "Anna mentioned you", "key": "m", "about": share}
    outbox.notify(stranger, news.MENTION, **notice)  # type: ignore[arg-type]
    assert inbox.count_new(stranger) == 1
    if how == "ended":
        Share.objects.update(revoked_at=clock.now())
    elif how == "for members":
        Share.objects.update(audience=Share.Audience.PROJECT, for_project=share.project)
    else:
        comment.mentioned.clear()
    assert inbox.count_new(stranger) == inbox.lines(stranger).count() == 0


def test_what_the_owner_says_is_no_news_to_them(share: Share, post: Post, member: Client) -> None:
    post(member, "comments/", comment="Mine")
    assert Reviewer.objects.get().news_due_at is None


def test_guests_mention_who_has_spoken_and_are_offered_nobody_else(
    share: Share, post: Post, member: Client, stranger: User
) -> None:
    project = Project.objects.create(slug="house", name="House")
    Membership.objects.create(project=project, user=share.user, role="maker")
    Membership.objects.create(project=project, user=stranger, role="maker")
    Share.objects.update(project=project)
    guest = Client()
    post(guest, "comments/", name="Anna", comment="Hello @sam and @Ana Ruiz")
    assert "data-mention" not in guest.get(f"{share.get_absolute_url()}review/").content.decode()
    assert not Notification.objects.filter(kind=news.MENTION).exists()

    post(member, "comments/", comment="@sam, look")
    assert Notification.objects.get(kind=news.MENTION).user == stranger
    post(guest, "comments/", comment="Thanks @ana  ruiz!")
    notices = Notification.objects.filter(kind=news.MENTION, user=share.user)
    note = notices.get()
    assert note.subject == "Anna mentioned you on “Posters”"
    assert share.token not in note.path
    where = Comment.objects.get(text__startswith="Thanks")
    address = f"{share.get_absolute_url()}review/#comment-{where.pk}"
    assert member.get(note.path)["Location"] == address


def test_a_mention_leads_nobody_else_to_the_share(
    share: Share, post: Post, client: Client, stranger: User
) -> None:
    post(Client(), "comments/", name="Anna", comment="Hello")
    comment = Comment.objects.get()
    client.force_login(stranger)
    assert client.get(f"/shares/{share.pk}/comments/{comment.pk}/").status_code == 404
    comment.mentioned.add(stranger)
    assert client.get(f"/shares/{share.pk}/comments/{comment.pk}/").status_code == 302


def test_a_renewed_address_is_given_to_nobody_who_had_the_former_one(
    share: Share, client: Client, stranger: User, user: User
) -> None:
    client.force_login(stranger)
    client.post(f"{share.get_absolute_url()}review/comments/", {"comment": "Darker?"})
    comment = Comment.objects.get()
    address = f"/shares/{share.pk}/comments/{comment.pk}/"
    assert client.get(address).status_code == 302
    creation.renew(share, user)
    assert client.get(address).status_code == 404
    assert not told_of(stranger).exists()
    client.post(f"{share.get_absolute_url()}review/comments/", {"comment": "Lighter?"})
    assert client.get(address).headers["Location"].startswith(share.get_absolute_url())
