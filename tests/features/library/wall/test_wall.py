"""The wall: days, stacks, what it leaves out, and how a visitor returns to the same place."""

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from features.library.wall import sections
from runs.models import Artifact, Run


@pytest.mark.both_databases
def test_every_result_is_a_tile_and_what_went_wrong_is_none(member, make_run):
    picture = done(make_run, title="a fox", files=[(1024, 768)])
    eight = done(make_run, title="a heron", files=[(512, 512)] * 8)
    words = make_run(state="succeeded", title="a poem", output={"text": "roses <b>are</b> red"})
    figures = make_run(state="succeeded", title="counts", output={"count": 41})
    failed = make_run(state="failed", title="a mistake", ended_at=timezone.now())
    running = make_run(state="running", title="a gull", arguments={"image_size": "portrait_4_3"})
    html = member.get("/runs/").content.decode()
    assert tiles(html, picture) == [(0, "133")]
    assert tiles(html, eight) == [(position, "100") for position in range(8)]
    assert "roses &lt;b&gt;are&lt;/b&gt; red" in html
    assert f'id="wall-{running.pk}"' in html
    assert str(failed.pk) not in html
    assert {str(run.pk) for run in (words, figures)} <= set(
        re.findall(r'data-run-id="(.*?)"', html)
    )
    listed = member.get("/runs/?state=failed").content.decode()
    assert f'id="row-{failed.pk}"' in listed


@pytest.mark.both_databases
def test_a_day_that_goes_on_has_one_title(member, make_run, monkeypatch):
    monkeypatch.setattr(sections, "PAGE", 3)
    noon = timezone.make_aware(datetime.combine(date(2026, 3, 5), datetime.min.time())).replace(
        hour=12
    )
    for hours in (1, 2, 3, 4, 30, 31):
        run = done(make_run, title=f"run {hours}")
        Run.objects.filter(pk=run.pk).update(created_at=noon - timedelta(hours=hours))
    first = member.get("/runs/")
    second = member.get(f"/runs/{first.context['more']}")
    assert section_titles(first) == ["5 March 2026"]
    assert section_titles(second) == ["4 March 2026"]
    assert [len(section.stacks) for section, _ in second.context["sections"]] == [1, 2]
    # Back after scrolling: the page has everything that was loaded, and the link to the next part.
    again = member.get("/runs/", {"until": first.context["last"]})
    assert sum(len(section.stacks) for section, _ in again.context["sections"]) == 3
    long_ago = (noon - timedelta(days=9)).isoformat()
    whole = member.get("/runs/", {"until": long_ago})
    assert sum(len(section.stacks) for section, _ in whole.context["sections"]) == 6


def done(make_run: Any, files: list[tuple[int, int]] = [(64, 64)], **more: Any) -> Run:  # noqa: B006
    """Make an ended run with pictures of these sizes."""
    run: Run = make_run(state="succeeded", ended_at=timezone.now(), output={}, **more)
    for position, (width, height) in enumerate(files):
        url = "https://v3.fal.media/a.png"
        Artifact.objects.create(
            run=run, position=position, path="x", kind="image", url=url, width=width, height=height
        )
    return run


def tiles(html: str, run: Run) -> list[tuple[int, str]]:
    """Return the positions and shapes of a run's tiles on a page."""
    pattern = rf'data-artifact-id="{run.pk}/(\d+)"\s+data-kind="image"\s+data-shape="(\d+)"'
    return [(int(position), shape) for position, shape in re.findall(pattern, html)]


def section_titles(page: Any) -> list[str]:
    return [section.title for section, _ in page.context["sections"] if section.title]
