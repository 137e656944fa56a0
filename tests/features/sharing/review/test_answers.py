"""The answers of a review reach the results' makers, and nobody else."""

import json
from datetime import timedelta

import pytest
from django.test import Client

from core.db import clock
from features.notifications import inbox, outbox
from features.notifications.models import Notification
from features.sharing.access import told_of
from features.sharing.models import Comment, Reviewer, Share, ShareItem
from features.sharing.own import creation
from features.sharing.review import news
from projects.models import Membership, Project

pytestmark = pytest.mark.django_db


def text_of(response: object) -> str:
    return " ".join(response.content.decode().split())  # type: ignore[attr-defined]


def test_new_version_offers_ones_own_results_beside_what_was_said(
    share, post, member, make_picture
):
    run = make_picture()
    post(Client(), name="Anna", pick=1, item=1, rating=5, comment="Red")
    choice = text_of(member.get(f"/shares/{share.pk}/review/?new=1"))
    assert "Red" in choice
    assert f'value="{run.pk}/0"' in choice


def test_a_new_version_answers_a_comment_and_the_earlier_one_stays(
    share, post, member, make_picture
):
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
    assert "Larger?" in text_of(guest.get(f"{share.get_absolute_url()}review/1/"))
    assert 'aria-pressed="true"' in newest  # a pick applies to all versions
    post(guest, "picks/", unpick=version.number)
    assert 'aria-pressed="true"' not in text_of(guest.get(f"{share.get_absolute_url()}review/1/"))


def test_a_result_of_others_cannot_become_a_version(share, member, make_picture, stranger):
    run = make_picture(user=stranger)
    address = f"/shares/{share.pk}/review/1/versions/"
    for artifact in (f"{run.pk}/0", "x", "", f"{share.items.get(number=2).run_id}/0"):
        assert 'class="notice"' in text_of(
            member.post(address, {"artifact": artifact}, follow=True)
        )
    assert share.items.count() == 3


def test_export_has_every_pick_rating_and_comment_and_no_formula(share, post, member):
    post(Client(), name="Anna", pick=1, item=1, rating=5, comment="=1+1", x="10", y="20", at="3.2")
    document = json.loads(member.get(f"/shares/{share.pk}/review/export/?format=json").content)
    kinds = [row["what"] for row in document["answers"]]
    assert kinds == ["pick", "rating", "comment"]
    assert document["answers"][2]["place"] == "0:03.2, 10 %, 20 %"
    table = member.get(f"/shares/{share.pk}/review/export/").content.decode()
    assert "'=1+1" in table


def test_a_review_is_closed_and_opened_again(share, member):
    member.post(f"/shares/{share.pk}/review/closing/", {"closed": "1"})
    share.refresh_from_db()
    assert not share.is_open
    member.post(f"/shares/{share.pk}/review/closing/", {"closed": "0"})
    share.refresh_from_db()
    assert share.is_open


def test_the_owner_hears_of_a_visit_once_and_at_once_when_somebody_is_done(share, post):
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


@pytest.mark.parametrize("how", ["ended", "for members", "not mentioned"])
def test_a_mention_is_read_by_who_may_open_the_share(share, post, stranger, how):
    post(Client(), name="Anna", comment="@sam, look")
    comment = Comment.objects.get()
    comment.mentioned.add(stranger)
    notice = {"subject": "Anna mentioned you", "key": "m", "about": share}
    outbox.notify(stranger, news.MENTION, **notice)
    assert inbox.count_new(stranger) == 1
    if how == "ended":
        Share.objects.update(revoked_at=clock.now())
    elif how == "for members":
        Share.objects.update(audience=Share.Audience.PROJECT, for_project=share.project)
    else:
        comment.mentioned.clear()
    assert inbox.count_new(stranger) == inbox.lines(stranger).count() == 0


def test_what_the_owner_says_is_no_news_to_them(share, post, member):
    post(member, "comments/", comment="Mine")
    assert Reviewer.objects.get().news_due_at is None


def test_guests_mention_who_has_spoken_and_are_offered_nobody_else(share, post, member, stranger):
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


def test_a_mention_leads_nobody_else_to_the_share(share, post, client, stranger):
    post(Client(), "comments/", name="Anna", comment="Hello")
    comment = Comment.objects.get()
    client.force_login(stranger)
    assert client.get(f"/shares/{share.pk}/comments/{comment.pk}/").status_code == 404
    comment.mentioned.add(stranger)
    assert client.get(f"/shares/{share.pk}/comments/{comment.pk}/").status_code == 302


def test_a_renewed_address_is_given_to_nobody_who_had_the_former_one(share, client, stranger, user):
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
