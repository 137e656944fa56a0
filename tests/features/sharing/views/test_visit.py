"""A share opens for visitors who may open it, for none after its end, and shows nothing else."""

import gzip
import io
import re
import zipfile
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.utils import timezone
from PIL import Image

from accounts.limits.rate_limit import LIMITS, buckets
from config.server import static_build
from features.sharing.models import Share
from house import departure
from house.departure import Fate
from projects.models.project import private_project
from runs.models import Run
from tests.features.sharing.conftest import PROMPT, store_file
from tests.projects.people import make_project

pytestmark = pytest.mark.django_db
MOST_BYTES = 40_000  # the page of a share of 100 pictures, without the pictures
PARTS = ("", "items/1/", "files/1/", "files/1/thumbnail/", "picture.jpg")


@pytest.fixture
def run(make_picture: Any) -> Run:
    """A run with one picture and its thumbnail."""
    made: Run = make_picture()
    artifact = made.artifacts.get()
    artifact.thumbnail = artifact.file
    artifact.save()
    return made


@pytest.fixture
def share(make_share: Any, run: Run) -> Share:
    made: Share = make_share(run)
    return made


def statuses(client: Client, share: Share) -> list[int]:
    """Return the status of each address of the share."""
    answers = [client.get(f"{share.get_absolute_url()}{part}") for part in PARTS]
    for answer in answers:
        if answer.streaming:
            b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    return [answer.status_code for answer in answers]


def test_whoever_has_the_link_sees_it_and_its_files(share):
    assert statuses(Client(), share) == [200] * len(PARTS)
    file = Client().get(f"{share.get_absolute_url()}files/1/", headers={"range": "bytes=0-3"})
    assert file.status_code == 206
    assert b"".join(file.streaming_content) == b"\x89PNG"  # type: ignore[attr-defined]
    assert file.headers["Cache-Control"] == "private, no-cache"


def test_an_ended_share_is_gone_at_once_with_all_it_has(share, client, user):
    Share.objects.update(revoked_at=timezone.now())
    client.force_login(user)
    for visitor in (client, Client()):
        assert statuses(visitor, share) == [410] * len(PARTS)
    assert b"Posters" not in Client().get(share.get_absolute_url()).content


def test_a_wrong_or_ended_address_says_whom_to_ask_and_offers_nothing_of_the_house(share, user):
    User.objects.filter(pk=user.pk).update(first_name="Ana", last_name="Ruiz")
    visitor, root = Client(), share.get_absolute_url()
    wrong = [f"{root}x/", f"{root}items/99/", f"{root[:-3]}/", "/s/a/b/c/"]
    answers = [visitor.get(address) for address in wrong]
    assert [answer.status_code for answer in answers] == [404] * len(wrong)
    Share.objects.update(revoked_at=timezone.now())
    ended = visitor.get(root)
    assert "For a new link, ask Ana Ruiz" in ended.content.decode()
    for answer in (*answers, ended):
        page = answer.content.decode()
        assert re.findall(r'<a [^>]*href="([^"]*)"', page) == ["#content"]
        assert "Vitrine" not in page


@pytest.mark.parametrize("end", ["expired", "left"])
def test_an_expired_share_and_one_of_somebody_who_left_are_gone(share, end):
    if end == "expired":
        Share.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    else:
        User.objects.update(is_active=False)
    assert statuses(Client(), share) == [410] * len(PARTS)


def test_what_was_deleted_or_moved_away_is_a_gap(share, run, stranger):
    for change in (
        {"deleted_at": timezone.now()},
        {"deleted_at": None, "user": stranger, "project": private_project(stranger)},
    ):
        Run.objects.filter(pk=run.pk).update(**change)
        page = Client().get(share.get_absolute_url())
        assert b"no longer exists" in page.content
        assert PROMPT.encode() not in page.content
        assert Client().get(f"{share.get_absolute_url()}files/1/").status_code == 404
        assert b"no longer exists" in Client().get(f"{share.get_absolute_url()}items/1/").content


def test_a_token_is_not_stored_readably(share):
    with connection.cursor() as cursor:
        cursor.execute("SELECT token FROM sharing_share")
        assert share.token not in cursor.fetchone()[0]


def test_hidden_settings_models_and_prices_are_nowhere(share, run):
    secrets = (PROMPT, "424242", run.endpoint.endpoint_id, str(run.pk), rf"\b{run.endpoint.name}\b")
    address = share.get_absolute_url()

    def read_parts() -> str:
        return "".join(Client().get(f"{address}{part}").content.decode() for part in PARTS[:2])

    assert PROMPT in read_parts()
    assert re.search(secrets[-1], read_parts())
    Share.objects.update(shows_models=False, shows_settings=False)
    assert [secret for secret in secrets if re.search(secret, read_parts())] == []
    assert run.user.username not in read_parts()


def test_an_items_page_has_all_settings_but_no_names_of_hidden_models(share, run):
    upload = "/uploads/00000000-0000-4000-8000-000000000001/"
    endpoint_id = run.endpoint.endpoint_id
    settings = {"steps": 28, "style": "oil", "base": f"as {endpoint_id}", "image_url": upload}
    Run.objects.update(arguments={**run.arguments, **settings})
    page = Client().get(f"{share.get_absolute_url()}items/1/").content.decode()
    table = page.partition("<dl")[2].partition("</dl>")[0]
    words = " ".join(re.sub(r"<[^>]*>", " ", table).split())
    assert "Steps 28 Style oil" in words
    assert f"as {endpoint_id}" in words
    assert "1 file" in words
    assert PROMPT not in words
    assert upload not in page
    Share.objects.update(shows_models=False)
    hidden = Client().get(f"{share.get_absolute_url()}items/1/").content.decode()
    assert endpoint_id not in hidden
    assert "oil" in hidden
    Share.objects.update(shows_settings=False)
    assert "oil" not in Client().get(f"{share.get_absolute_url()}items/1/").content.decode()


def test_the_house_and_a_projects_members_log_in(share, client, user, stranger):
    Share.objects.update(audience="house")
    assert Client().get(share.get_absolute_url()).status_code == 302
    client.force_login(stranger)
    assert statuses(client, share) == [200] * len(PARTS)
    project = make_project("Acme", ana="manager")
    Share.objects.update(audience="project", for_project=project)
    assert statuses(client, share) == [404] * len(PARTS)
    project.memberships.create(user=stranger, role="viewer")
    assert statuses(client, share) == [200] * len(PARTS)


def test_a_password_opens_everything_and_nothing_is_told_before(share):
    Share.objects.update(password=make_password("open sesame"))
    visitor, address = Client(), share.get_absolute_url()
    assert statuses(visitor, share) == [403, *[404] * (len(PARTS) - 1)]
    assert b"Posters" not in visitor.get(address).content
    wrong = visitor.post(f"{address}password/", {"password": "nonsense"})
    assert wrong.status_code == 422
    right = visitor.post(f"{address}password/", {"password": "open sesame"})
    assert right.status_code == 302
    assert statuses(visitor, share) == [200] * len(PARTS)
    Share.objects.update(password=make_password("another one"))
    assert visitor.get(address).status_code == 403


def test_guessing_a_password_has_to_wait(share):
    Share.objects.update(password=make_password("open sesame"))
    address = f"{share.get_absolute_url()}password/"
    answers = [Client().post(address, {"password": f"guess {n}"}).status_code for n in range(7)]
    assert answers == [422] * 5 + [429] * 2
    assert Client().post(address, {"password": "open sesame"}).status_code == 429


def test_the_password_of_an_ended_share_opens_nothing(share):
    Share.objects.update(password=make_password("open sesame"), revoked_at=timezone.now())
    address = f"{share.get_absolute_url()}password/"
    assert Client().post(address, {"password": "open sesame"}).status_code == 410


def test_guessing_tokens_has_to_wait_and_a_right_one_does_not(share, settings, monkeypatch):
    settings.RATE_LIMITS = True
    monkeypatch.setitem(LIMITS, "guess", replace(LIMITS["guess"], burst=2, per_minute=1))
    buckets.clear()
    answers = [Client().get(f"/s/guess{n}/").status_code for n in range(3)]
    assert answers == [404, 404, 429]
    assert Client().get(share.get_absolute_url()).status_code == 200
    buckets.clear()


BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0"}


def views(share: Share) -> int:
    share.refresh_from_db()
    return share.views


def test_a_visitor_is_counted_once_an_hour(share):
    visitor = Client(headers=BROWSER)
    for _ in range(3):
        visitor.get(share.get_absolute_url())
    assert views(share) == 1
    Client(headers=BROWSER).get(share.get_absolute_url())
    assert views(share) == 2
    assert share.viewed_at


@pytest.mark.parametrize(
    "headers",
    [
        {"user-agent": "Slackbot-LinkExpanding 1.0"},
        {**BROWSER, "sec-purpose": "prefetch;prerender"},
    ],
)
def test_who_opens_links_in_advance_is_no_view(share, headers):
    assert Client(headers=headers).get(share.get_absolute_url()).status_code == 200
    assert views(share) == 0


def test_a_head_and_its_maker_are_no_views(share, member):
    Client().head(share.get_absolute_url(), headers=BROWSER)
    member.get(share.get_absolute_url(), headers=BROWSER)
    assert views(share) == 0


def test_previews_get_a_title_and_a_picture(share):
    page = Client().get(share.get_absolute_url()).content.decode()
    assert '<meta property="og:title" content="Posters">' in page
    match = re.search(r'property="og:image" content="([^"]+)"', page)
    assert match
    picture = Client().get(match[1])
    with Image.open(io.BytesIO(picture.content)) as opened:
        assert opened.size == (1200, 630)


@pytest.mark.parametrize("closed", [{"password": "x"}, {"audience": "house"}])
def test_what_is_not_open_to_all_has_no_preview(share, member, closed):
    Share.objects.update(**closed)
    page = member.get(share.get_absolute_url()).content.decode()
    assert "Posters" in page
    assert "og:" not in page


def test_robots_stay_out_unless_it_is_public(share):
    assert "noindex" in Client().get(share.get_absolute_url()).headers["X-Robots-Tag"]
    Share.objects.update(audience="public")
    assert "X-Robots-Tag" not in Client().get(share.get_absolute_url()).headers


def test_all_files_are_one_archive_if_downloads_are_offered(share, make_share, make_picture):
    many = make_share(make_picture(3), title="Round 2")
    answer = Client().post(f"{many.get_absolute_url()}archive/")
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as opened:  # type: ignore[attr-defined]
        assert opened.namelist() == [f"Round 2 {number}.png" for number in (1, 2, 3)]
    Share.objects.update(allows_download=False)
    assert Client().post(f"{many.get_absolute_url()}archive/").status_code == 404
    assert b"Download" not in Client().get(many.get_absolute_url()).content


def test_films_sounds_meshes_texts_and_files_are_shown(make_run, make_share):
    types = ("video/mp4", "audio/wav", "model/gltf-binary", "application/zip")
    made = make_run(state="succeeded")
    for position, content_type in enumerate(types):
        artifact = store_file(made, position, content_type.encode(), content_type)
        kind = {"model": "mesh", "application": "file"}.get(artifact.kind, artifact.kind)
        type(artifact).objects.filter(pk=artifact.pk).update(kind=kind)
    text = make_run(state="succeeded", output={"output": "Once upon a time"})
    share = make_share(made)
    share.items.create(number=5, place=5, run=text)
    page = Client().get(share.get_absolute_url()).content.decode()
    assert "Once upon a time" in page
    tags = [
        Client().get(f"{share.get_absolute_url()}items/{number}/").content.decode()
        for number in range(1, 6)
    ]
    for markup, tag in zip(
        tags, ("<video", "<audio", "<iframe", "cannot show it", "Once upon a time"), strict=True
    ):
        assert tag in markup


def test_a_hundred_pictures_cost_few_queries_and_bytes(
    make_share, make_picture, django_assert_max_num_queries
):
    share = make_share(make_picture(100))
    with django_assert_max_num_queries(9):
        page = Client().get(share.get_absolute_url())
    assert page.content.count(b"data-item") == 100
    loaded = dict(static_build.bundles())
    parts = [loaded[name].encode() for name in ("css/lazy/share.css", "js/lazy/share-visit.js")]
    assert sum(len(gzip.compress(part)) for part in (page.content, *parts)) < MOST_BYTES


def leave(user: User, stranger: User, fate: Fate) -> None:
    boss = User.objects.create_superuser("boss", password="pw")
    departure.leave(user, boss, fate, stranger)


def test_the_shares_of_somebody_who_left_end(share, user, stranger):
    leave(user, stranger, Fate.STAYS)
    answer = Client().get(share.get_absolute_url())
    assert answer.status_code == 410
    assert user.username not in answer.content.decode()
    assert Client().get(f"{share.get_absolute_url()}files/1/").status_code == 410


@pytest.mark.parametrize("fate", [Fate.PRIVATE_PASSES, Fate.PASSES, Fate.REMOVED])
def test_shares_that_pass_on_go_on(share, user, stranger, fate):
    leave(user, stranger, fate)
    assert Client().get(f"{share.get_absolute_url()}items/1/").status_code == 200
    share.refresh_from_db()
    assert share.user == stranger
