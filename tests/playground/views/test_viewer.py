"""The viewer's fragments and pages: for each kind of result, with its actions."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from projects.models import Project
from runs.models import Artifact, Run
from tests.features.library.wall.test_wall import done
from tests.playground.projects.people import signed_in
from tests.projects.people import make_project, person

pytestmark = pytest.mark.django_db
FRAGMENT = {"HX-Request": "true"}
VERBS = {"delete": 'data-key="x"', "star": 'data-key="k"', "remix": 'data-key="r"'}


def address(run: Run, position: int = 0) -> str:
    return reverse("playground:artifact-view", args=[run.pk, position])


def fragment(browser: Client, run: Run, position: int = 0) -> str:
    response = browser.get(address(run, position), headers=FRAGMENT)
    assert response.status_code == 200
    assert "<html" not in response.content.decode()
    return response.content.decode()


def verbs(html: str) -> set[str]:
    return {name for name, mark in VERBS.items() if mark in html}


@pytest.mark.both_databases
def test_a_result_is_shown_with_its_words_and_facts(member, make_run, flux):
    run = done(
        make_run,
        endpoint=flux,
        title="a heron",
        arguments={"prompt": "a heron <in> fog\nand reeds", "steps": 12},
        files=[(1024, 768)] * 3,
    )
    Run.objects.filter(pk=run.pk).update(output={"seed": 4711})
    Artifact.objects.filter(run=run).update(
        digest="ab" * 32, size_bytes=142311, provenance="valid", signer="Acme"
    )
    html = fragment(member, run, 1)
    assert f'data-key="{run.pk}/1"' in html
    assert "a heron &lt;in&gt; fog\nand reeds" in html
    assert "2 of 3" in " ".join(html.split())
    for fact in ("4711", "1024 × 768", "142 KB (142,311 bytes)", "ab" * 32, "steps", "by Acme"):
        assert fact in html
    assert "Delete all 3" in " ".join(html.split())
    assert f'href="/models/fal-ai/flux/dev/?seed={run.pk}"' in html
    assert verbs(html) == set(VERBS)


def test_the_page_leads_to_the_neighbours(member, make_run):
    run = done(make_run, files=[(64, 64)] * 3)
    page = member.get(address(run, 1))
    assert "<html" in page.content.decode()
    assert re.findall(r'rel="(prev|next)"\s+href="(.*?)"', page.content.decode()) == [
        ("prev", address(run, 0)),
        ("next", address(run, 2)),
    ]
    assert "HX-Request" in page["Vary"]
    alone = member.get(address(done(make_run)))
    assert 'rel="next"' not in alone.content.decode()


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        ({"text": "roses **are** <b>red</b>"}, "<strong>are</strong> &lt;b&gt;red"),
        ({"count": 41}, 'class="viewer-page tree"'),
    ],
)
def test_a_result_without_files(member, make_run, output, shown):
    run = make_run(state="succeeded", output=output, arguments={"prompt": "violets are blue"})
    response = member.get(reverse("playground:run-view", args=[run.pk]), headers=FRAGMENT)
    assert shown in response.content.decode()
    assert member.get(address(run)).status_code == 404


@pytest.mark.parametrize(
    ("kind", "mark"),
    [
        ("image", "<img"),
        ("video", "data-film"),
        ("audio", "data-sound"),
        ("mesh", "<mesh-view"),
        ("file", "Download it to open it"),
    ],
)
def test_each_kind_has_its_tools(member, make_run, kind, mark):
    run = done(make_run)
    Artifact.objects.filter(run=run).update(kind=kind)
    html = fragment(member, run)
    assert mark in html
    assert f'data-kind="{kind}"' in html


def test_before_and_after_needs_an_input_of_the_same_kind(member, make_run):
    source = done(make_run)
    own = f"/runs/{source.pk}/artifacts/0/"
    larger = done(make_run, arguments={"image_url": own})
    html = fragment(member, larger)
    assert "data-before-after" in html
    assert f'src="{own}"' in html
    Artifact.objects.filter(run=larger).update(kind="video")
    assert "data-before-after" not in fragment(member, larger)
    assert "data-before-after" not in fragment(member, source)


def test_an_example_is_shown_without_its_inputs_and_verbs(stranger, make_run):
    source = done(make_run)
    own = f"/runs/{source.pk}/artifacts/0/"
    run = done(make_run, is_example=True, arguments={"image_url": own})
    browser = Client()
    browser.force_login(stranger)
    html = fragment(browser, run)
    assert "data-before-after" not in html
    assert "Made from" not in html
    assert not verbs(html) & {"delete", "star"}
    assert run.author in html


@pytest.mark.parametrize(
    ("name", "allowed"),
    [
        ("ana", {"delete", "star", "remix"}),  # manager
        ("ben", {"star", "remix"}),  # maker
        ("cleo", set()),  # viewer
    ],
)
def test_verbs_follow_the_role(user, make_run, name, allowed):
    acme: Project = make_project("Acme", ana="manager", ben="maker", cleo="viewer", dan="maker")
    run = done(make_run, user=person("dan"), project=acme)
    assert verbs(fragment(signed_in(name), run)) == allowed


def test_it_takes_few_queries(member, make_run, django_assert_max_num_queries):
    run = done(make_run, files=[(64, 64)] * 12)
    fragment(member, run)
    with django_assert_max_num_queries(10):
        fragment(member, run, 11)
