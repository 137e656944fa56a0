"""A run's line of descent: only for users who may read the run, and only of runs they may read."""

import re
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from features.library import descent
from features.library.descent import Branch, tree_of
from projects.models import Project
from projects.models.project import private_project
from runs.files.input_references import read_unread
from runs.models import Artifact, Run, Upload
from tests.projects.people import logged_in, make_project
from tests.runs.looks import let_look

pytestmark = pytest.mark.both_databases

UNSEEN = "A run or file that was deleted, or that you cannot see"
MakeFrom = Callable[..., Run]


@pytest.fixture(params=["read", "unread"])
def make_from(request: Any, make_run: Callable[..., Run]) -> MakeFrom:
    """`make_from(*sources, title=…)` → a run with two pictures, made of results or uploads.

    The fixture's parameter says whether a worker has read its arguments yet.
    """

    def make(*sources: Run | Upload, position: int = 0, **values: Any) -> Run:
        addresses = [
            f"/runs/{source.pk}/artifacts/{position}/"
            if isinstance(source, Run)
            else source.get_absolute_url()
            for source in sources
        ]
        run = make_run(arguments={"image_urls": addresses}, state="succeeded", output={}, **values)
        for place in range(2):
            Artifact.objects.create(
                run=run, position=place, path=f"[{place}]", kind="image",
                url="https://v3.fal.media/x", state="stored", file="x.png", thumbnail="t.webp",
            )  # fmt: skip
        while request.param == "read" and read_unread():
            pass
        return run

    return make


def make_upload(user: User, name: str = "photo.png", project: Project | None = None) -> Upload:
    return Upload.objects.create(
        user=user, project=project or private_project(user), file="x.png", file_name=name,
        digest=uuid.uuid4().hex, content_type="image/png", size_bytes=1,
    )  # fmt: skip


def read_descent(client: Client, run: Run) -> str:
    response = client.get(f"/runs/{run.pk}/descent/")
    assert response.status_code == 200
    page = re.search(r'<section class="descent".*?</section>', response.content.decode(), re.S)
    assert page
    return re.sub(r"\s+", " ", page[0])


def outline(page: str) -> list[str]:
    """Return the titles, indented as deep as their lists; the page's own run is in brackets."""
    lines, depth = [], 0
    pattern = (
        r'<(/?ul)\b|(aria-current)|descent-title truncate" dir="auto"[^>]*>([^<]*)<|'
        r"<span>(A run or[^<]*)<|(… more)|(shown above)"
    )
    is_current = False
    for tag, current, title, unseen, more, again in re.findall(pattern, page):
        depth += {"ul": 1, "/ul": -1}.get(tag, 0)
        is_current = bool(current) or is_current
        if title or unseen or more:
            text = title or (unseen and "?") or more
            lines.append(" " * (depth - 1) + (f"[{text}]" if is_current else text))
            is_current = False
        if again:
            lines[-1] += "*"
    return lines


def test_a_line_goes_from_the_upload_to_the_last_result(member, make_from, user):
    edit = make_from(make_upload(user), title="edit")
    run = make_from(edit, title="upscaled")
    film = make_from(run, title="film")
    make_from(edit, title="of another line")
    make_from(title="of nothing")
    page = read_descent(member, run)
    assert outline(page) == ["photo.png", " edit", "  [upscaled]", "   film"]
    assert outline(read_descent(member, film)) == ["photo.png", " edit", "  upscaled", "   [film]"]


def make_frame(user: User, film: Run, name: str = "frame.png") -> Upload:
    frame = make_upload(user, name)
    frame.origin_run, frame.origin_position, frame.origin_at_s = film.pk, 1, 1.25
    frame.save()
    return frame


def test_a_frame_tells_nothing_of_a_film_or_of_frames_that_one_may_not_see(
    member, make_from, user, stranger
):
    theirs = make_from(make_upload(stranger, "secret.png"), title="secret", user=stranger)
    run = make_from(make_frame(user, theirs), title="mine")
    make_frame(stranger, run, "of others.png")
    assert outline(read_descent(member, run)) == ["?", " frame.png", "  [mine]"]


def test_what_others_made_of_it_is_not_there(member, make_from, stranger):
    run = make_from(title="mine")
    theirs = make_from(run, title="theirs", user=stranger)
    make_from(theirs, title="theirs too", user=stranger)
    page = read_descent(member, run)
    assert "theirs" not in page
    Run.objects.filter(pk=theirs.pk).update(is_example=True)
    assert outline(read_descent(member, run)) == ["[mine]", " theirs"]


def test_what_it_was_made_of_and_nobody_sees_is_a_place_without_words(
    member, make_from, user, stranger
):
    secret = make_from(make_upload(stranger, "secret.png"), title="secret", user=stranger)
    run = make_from(secret, title="mine")
    page = read_descent(member, run)
    assert outline(page) == ["?", " [mine]"]
    assert UNSEEN in page
    assert "secret" not in page
    gone = make_from(title="gone")
    run = make_from(gone, make_upload(stranger, "private.png"), title="mine")
    Run.objects.filter(pk=gone.pk).update(deleted_at=timezone.now())
    page = read_descent(member, run)
    assert sorted(outline(page)) == sorted(["?", " [mine]", "?", " mine*"])


def test_members_see_the_line_within_their_project(make_from):
    project = make_project("Acme", viewer="viewer", author="maker")
    author, viewer = (User.objects.get(username=name) for name in ("author", "viewer"))
    upload = make_upload(author, project=project)
    run = make_from(upload, title="ours", user=author, project=project)
    make_from(run, title="kept to herself", user=author, project=project, is_hidden=True)
    make_from(run, title="in her own project", user=author)
    make_from(run, title="shared", user=author, project=project)
    assert outline(read_descent(logged_in(viewer), run)) == ["photo.png", " [ours]", "  shared"]


def test_a_private_run_is_covered_for_admins_until_they_say_why(make_from, user):
    boss = User.objects.create_superuser("boss")
    source = make_from(title="source")
    run = make_from(source, title="private")
    assert logged_in(boss).get(f"/runs/{run.pk}/descent/").status_code == 404
    let_look(boss, run)
    assert outline(read_descent(logged_in(boss), run)) == ["?", " [private]"]


def test_long_and_wide_lines_are_cut_with_a_way_on(member, make_from, monkeypatch):
    monkeypatch.setattr(descent, "MAX_DEPTH", 2)
    runs = [make_from(title="0")]
    for number in range(1, 7):
        runs.append(make_from(runs[-1], title=str(number)))
    page = read_descent(member, runs[3])
    assert outline(page) == ["… more", "1", " 2", "  [3]", "   4", "    5", "     … more"]
    assert page.count(f'href="/runs/{runs[1].pk}/descent/"') == 1
    assert page.count(f'href="/runs/{runs[5].pk}/descent/"') == 1
    monkeypatch.setattr(descent, "MAX_NODES", 3)
    for number in range(3):
        make_from(runs[0], title=f"more {number}")
    page = read_descent(member, runs[0])
    assert outline(page) == ["[0]", " 1", "  … more", " more 0", " … more"]
    assert f'href="/runs/?q={runs[0].pk}"' in page
    answer = member.get(f"/runs/?q={runs[0].pk}").content.decode()
    assert all(f"more {number}" in answer for number in range(3))


def test_the_queries_do_not_grow_with_the_width(
    member, make_from, user, django_assert_max_num_queries
):
    run = make_from(*[make_upload(user, f"{n}.png") for n in range(6)], title="run")
    for number in range(6):
        make_from(run, title=str(number))
    read_descent(member, run)
    with django_assert_max_num_queries(20):
        assert len(outline(read_descent(member, run))) == 18


def draw_tree(branches: Any) -> list[str]:
    """Return the tree as indented lines, with a mark where a run appears again."""
    return [
        line
        for branch in branches
        for line in (
            f"{branch.key}{'*' if branch.is_again else ''}",
            *(f" {below}" for below in draw_tree(branch.branches)),
        )
    ]


def edges(branches: Any) -> Iterator[tuple[Any, Any]]:
    for branch in branches:
        for below in branch.branches:
            yield below.key, branch.key
        yield from edges(branch.branches)


def all_branches(branches: Any) -> Iterator[Branch[Any]]:
    for branch in branches:
        yield branch
        yield from all_branches(branch.branches)


def test_what_was_made_of_two_things_has_its_branches_once():
    made_of = {"face": [], "style": [], "edit": ["face", "style"], "film": ["edit"]}
    assert draw_tree(tree_of(made_of)) == ["face", " edit", "  film", "style", " edit*"]


def test_a_circle_is_cut():
    assert draw_tree(tree_of({"a": ["b"], "b": ["a"]})) == ["a", " b", "  a*"]
    assert draw_tree(tree_of({"a": ["a"]})) == ["a", " a*"]


@st.composite
def graphs(draw: st.DrawFn) -> dict[int, list[int]]:
    keys = range(draw(st.integers(1, 7)))
    return {key: draw(st.lists(st.sampled_from(keys), unique=True, max_size=3)) for key in keys}


@given(graphs())
def test_everything_has_one_place_and_no_origin_is_lost(made_of):
    tree = tree_of(made_of)
    first = [branch.key for branch in all_branches(tree) if not branch.is_again]
    assert sorted(first) == sorted(made_of)
    assert all(not branch.branches for branch in all_branches(tree) if branch.is_again)
    assert sorted(edges(tree)) == sorted(
        (key, source) for key, sources in made_of.items() for source in sources
    )
