"""How a run is shown: which template suits an artifact, which fragments a change redraws."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from django.db.models import UUIDField
from django.template.loader import render_to_string
from markdown_it import MarkdownIt

from catalog import upstream
from catalog.prepared import Prepared, Slot
from fal.storable import storable_text
from playground import boxes, live_marks, timeline, trees, words
from playground.form import filling
from playground.lifecycle import LOG_LIMIT
from playground.models import Artifact, Run
from schemas.artifacts import MOST_FOUND, artifacts
from schemas.artifacts import Artifact as Found

LOG_TAIL = 200
LONGEST_SUFFIX = 16
# Views of all that came of a run; lists take what they show off the run itself.
LARGE = {"stage", "page"}
_ARTIFACTS = Prepared(lambda: Artifact.objects.filter(run_id=Slot("run", UUIDField())))
# Models end lines where they mean it: poems, captions, transcripts.
_AS_TOLD = {"html": False, "linkify": False, "breaks": True}
_markdown = MarkdownIt("commonmark", _AS_TOLD).disable("image")
_markdown.enable("table")


def _cell(self: Any, tokens: Any, index: int, options: Any, env: Any) -> str:
    """A table cell; its alignment as an attribute, since the policy forbids inline style."""
    style = str(tokens[index].attrs.pop("style", ""))
    if style.startswith("text-align:"):
        tokens[index].attrs["align"] = style.removeprefix("text-align:")
    return str(self.renderToken(tokens, index, options, env))


for _rule in ("th_open", "td_open"):
    _markdown.add_render_rule(_rule, _cell)


@dataclass(frozen=True)
class Renderer:
    """A template and the artifacts that it suits."""

    template: str
    suits: Callable[[Artifact], bool]


def _of(kind: str) -> Callable[[Artifact], bool]:
    return lambda artifact: artifact.kind == kind


RENDERERS = [  # first that suits wins; the last suits everything
    Renderer("playground/artifacts/_lost.html", lambda artifact: not source(artifact)),
    Renderer("playground/artifacts/_image.html", _of("image")),
    Renderer("playground/artifacts/_video.html", _of("video")),
    Renderer("playground/artifacts/_audio.html", _of("audio")),
    Renderer("playground/artifacts/_mesh.html", _of("mesh")),
    Renderer("playground/artifacts/_file.html", lambda artifact: True),
]


@dataclass(frozen=True)
class Shown:
    """An artifact with where its bytes are and the template that shows it."""

    artifact: Artifact
    template: str
    src: str
    name: str
    alt: str

    @property
    def is_sized(self) -> bool:
        """Whether its place is known, or none is needed."""
        is_seen = self.artifact.kind in {"image", "video"}
        return not is_seen or bool(self.artifact.width and self.artifact.height)

    @property
    def file_type(self) -> str:
        """What kind of file it is, by the end of its name: `ZIP file`."""
        suffix = PurePosixPath(self.name).suffix[1:LONGEST_SUFFIX].upper()
        return f"{suffix} file" if suffix else "File"

    @property
    def elsewhere(self) -> str:
        """Upstream's own address, where a person may follow it."""
        url = self.artifact.url
        return url if url.startswith(("https://", "http://")) else ""


@dataclass(frozen=True)
class Text:
    """A piece of text in an output, safe HTML made from its Markdown."""

    label: str
    text: str
    html: str


def shown(run: Run) -> list[Shown]:
    """The run's artifacts, each with its template."""
    is_fetched = "artifacts" in getattr(run, "_prefetched_objects_cache", {})
    return [
        Shown(
            artifact,
            next(one.template for one in RENDERERS if one.suits(artifact)),
            source(artifact),
            artifact.file_name
            or f"{run.endpoint.endpoint_id.replace('/', '-')}-{artifact.position + 1}",
            run.title or f"Output of {run.endpoint.display_name}",
        )
        for artifact in (run.artifacts.all() if is_fetched else _ARTIFACTS.all(run=run.pk))
    ]


def is_otherwise(run: Run, drawn: list[Shown]) -> bool:
    """Whether artifacts are shown otherwise than when the run ended, before anybody had looked into them."""
    told = {one.path: one.kind for one in artifacts(run.output)}
    rows = [one.artifact for one in drawn]
    return any(row.error or row.attempts > 1 or row.kind != told.get(row.path) for row in rows)


def source(artifact: Artifact) -> str:
    """Where a page gets the artifact: our copy, else upstream's while it lasts; "" where neither shows anything."""
    if artifact.state == Artifact.State.STORED:
        return artifact.get_absolute_url()
    is_there = artifact.state == Artifact.State.REMOTE and artifact.size_bytes != 0
    return artifact.url if is_there and _may_show(artifact.url) else ""


def _may_show(url: str) -> bool:
    """Whether a page may fetch from this address of upstream's."""
    return url.startswith("data:") or upstream.addresses().is_media(url)


def texts(run: Run) -> list[Text]:
    """The texts in the run's output."""
    return [_text(one) for one in artifacts(run.output) if one.kind == "text" and one.text]


def _text(found: Found) -> Text:
    text = storable_text(found.text)
    return Text(storable_text(found.path), text, _markdown.render(text))


@dataclass(frozen=True)
class Partial:
    """How far an output is, ready to be shown: its pictures, texts, and what it says of its progress."""

    pictures: list[tuple[str, int, int]]  # address, width, height
    texts: list[Text]
    share: float | None
    message: str


def partial(run: Run) -> Partial | None:
    """What a streaming model has told so far; None where there is nothing of it to show."""
    if run.partial is None:
        return None
    found = artifacts(run.partial)
    told = run.partial if isinstance(run.partial, dict) else {}
    message = told.get("message")
    message = storable_text(message) if isinstance(message, str) else ""
    pictures = [one for one in found if one.kind == "image" and _may_show(one.url)]
    width, height = (boxes.of(run) if pictures else None) or boxes.USUAL
    shown = Partial(
        [(one.url, one.width or width, one.height or height) for one in pictures],
        [
            _text(one)
            for one in found
            if one.kind == "text" and one.text and storable_text(one.text) != message
        ],
        _share(told.get("progress")),
        message,
    )
    return shown if shown.pictures or shown.texts or shown.share or shown.message else None


def _share(progress: Any) -> float | None:
    """How much is done, between 0 and 1; some models count to a hundred."""
    if isinstance(progress, bool) or not isinstance(progress, int | float):
        return None
    share = progress / 100 if progress > 1 else progress
    return share if 0 <= share <= 1 else None


def context(run: Run) -> dict[str, Any]:
    """All that the templates of one run need where it is shown large."""
    results_of = results(run)
    found_texts = texts(run) if run.state == Run.State.SUCCEEDED else []
    count = len(results_of["shown"]) + len(found_texts)
    return {
        **results_of,
        "watch": live_marks.watch(run, "stage"),
        "texts": found_texts,
        "broke_off": timeline.broke_off(run),
        "is_given_up": timeline.is_given_up(run),
        "cut_at": MOST_FOUND if count >= MOST_FOUND else 0,
        "partial": partial(run),
        "seed": _seed(run),
        "explanation": words.explain(run.error) if run.error else None,
        "complaints": filling.complaints(run) if run.state == Run.State.FAILED else [],
        "raw_error": trees.as_text(run.error) if run.error else "",
        "tree": trees.draw(run.output) if run.state == Run.State.SUCCEEDED else "",
        "log_tail": run.logs[-LOG_TAIL:],
        "log_count": len(run.logs),
        "most_lines": LOG_LIMIT,
        "places": boxes.places(run) if run.is_awaited else [],
    }


def results(run: Run) -> dict[str, Any]:
    """All that the templates of a run's artifacts need.

    `copies` is how to watch those not copied yet, `reserve` the place of those whose size nobody told.
    """
    drawn = shown(run) if run.state == Run.State.SUCCEEDED else []
    is_copying = any(one.artifact.state == Artifact.State.REMOTE for one in drawn)
    is_sized = all(one.is_sized for one in drawn)
    return {
        "run": run,
        "shown": drawn,
        "reserve": None if is_sized else boxes.of(run),
        "copies": live_marks.watch(run, "copies") if is_copying else "",
    }


def changed(run: Run, view: str) -> str:
    """The fragments that a page of this view swaps in when the run has changed."""
    if view == "copies":
        shows = results(run)
        shows["is_otherwise"] = is_otherwise(run, shows["shown"])
    else:
        shows = context(run) if view in LARGE else {"run": run}
        shows["is_page"] = view == "page"
    return render_to_string(f"playground/live/_{view}.html", shows)


def _seed(run: Run) -> str:
    """The seed that was used, as text: it may exceed what a browser's numbers hold."""
    value = run.output.get("seed") if isinstance(run.output, dict) else None
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""
