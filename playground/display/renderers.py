"""Prepares artifacts for display, and renders the fragments of a run that change."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from django.template.loader import render_to_string

from core.formatting import duration
from core.formatting import size as size_in_words
from fal.db_safe import db_safe_text
from playground.display import inputs, placeholder_size, workflow_steps
from playground.display.markdown import markdown
from playground.display.result import caption
from playground.form import form_state
from playground.form.prefill import use_as
from runs.file_kinds import VISUAL, kind_named
from runs.files import input_references, result_names
from runs.files.artifact_urls import artifact_url, may_show
from runs.files.metadata.embedding import CONTENT_TYPES
from runs.models import Artifact, Run
from runs.progress import model_calls, waiting, watch_tokens
from runs.progress.shown_log import shown_log
from runs.results import (
    changed_by_model,
    error_messages,
    json_tree,
    previews,
    timeline,
    transcripts,
)
from runs.results.outputs import artifacts_in
from runs.results.previews import Preview
from runs.state.transitions import LOG_LIMIT
from schemas.artifacts import MOST_FOUND
from schemas.uses.inputs import inputs_of
from schemas.uses.placing import values_at

LOG_TAIL = 200
LONG = 5  # times as long as wide: such a picture scrolls
MAX_SUFFIX_CHARS = 16
MAX_MESSAGE_CHARS = 500  # of a streaming model's progress message
LARGE = {"stage", "page"}  # views that show a whole run
# Views that need only the run's own row.
OF_LISTS = {"elsewhere", "row", "tile", "tray", "try", "wall"}
# Views of a run, each with a template in templates/playground/live/.
KINDS = ("copies", "elsewhere", "page", "row", "stage", "tile", "tray", "try", "wall")


@dataclass(frozen=True)
class ArtifactView:
    """An artifact with the address from which pages load it."""

    artifact: Artifact
    src: str
    alt: str
    run: Run
    is_flagged: bool = False  # by the model's own safety check

    @property
    def kind(self) -> str:
        """The kind of its file: `image`, `video`, …."""
        return self.artifact.kind

    @property
    def shown_as(self) -> str:
        """The folder of the templates that show it: its kind, or `lost` without an address.

        A picture that browsers cannot show, and of which there is no copy, is a `file`.
        """
        if not self.src:
            return "lost"
        return self.kind if self.face else "file"

    @property
    def face(self) -> str:
        """The address that pages load: a copy of a picture that browsers do not show, else its own.

        Empty for such a picture without a copy.
        """
        if self.artifact.stand_in:
            return f"{self.src}{self.artifact.stand_in}/"
        is_hidden = kind_named(self.kind).is_still and not self.artifact.is_for_browsers
        return "" if is_hidden else self.src

    @property
    def is_copy(self) -> bool:
        """Whether pages show a copy of a picture instead of the file."""
        return bool(self.artifact.stand_in)

    @property
    def poster(self) -> str:
        """The address of a still of a film or mesh; empty without one."""
        return f"{self.src}poster/" if self.artifact.poster else ""

    @property
    def name(self) -> str:
        """The name under which it is saved."""
        return result_names.result_name(self.run, self.artifact)

    @property
    def key(self) -> str:
        """Its key among the results of its run, in links: `a0`."""
        return f"a{self.artifact.position}"

    @property
    def is_sized(self) -> bool:
        """Whether its width and height are known or not needed."""
        return self.kind not in VISUAL or bool(self.artifact.width and self.artifact.height)

    @property
    def box(self) -> placeholder_size.Size | None:
        """The size at which it is shown if there is enough room; None if it is unknown."""
        if not (self.artifact.width and self.artifact.height):
            return None
        return placeholder_size.enlarged((self.artifact.width, self.artifact.height))

    @property
    def is_enlarged(self) -> bool:
        """Whether it is shown enlarged."""
        return self.box is not None and self.box[0] != self.artifact.width

    @property
    def is_long(self) -> str:
        """Return `high` or `wide` if it is too long to be shown whole, else an empty string."""
        width, height = self.artifact.width or 1, self.artifact.height or 1
        return "high" if height > LONG * width else "wide" if width > LONG * height else ""

    @property
    def figures(self) -> str:
        """Return its dimensions, duration and file size: `1024 × 768 · 142 KB`."""
        file = self.artifact
        figures = (
            f"{file.width} × {file.height}" if file.width and file.height else "",
            duration(file.duration_s or None),
            size_in_words(file.size_bytes or None),
        )
        return " · ".join(filter(None, figures))

    @property
    def takes_recipe(self) -> bool:
        """Whether its recipe can be written into the file; a signed file must not change."""
        file = self.artifact
        is_stored = file.state == Artifact.State.STORED
        is_unsigned = file.provenance == Artifact.Provenance.NONE
        return is_stored and is_unsigned and file.content_type in CONTENT_TYPES

    @property
    def file_type(self) -> str:
        """Return the file type according to the name's extension: `ZIP file`."""
        suffix = PurePosixPath(self.name).suffix[1:MAX_SUFFIX_CHARS].upper()
        return f"{suffix} file" if suffix else "File"

    @property
    def elsewhere(self) -> str:
        """Return upstream's address of the file; empty unless a browser can open it."""
        url = self.artifact.address
        return url if url.startswith(("https://", "http://")) else ""


@dataclass(frozen=True)
class Text:
    """The beginning of a text in an output, and safe HTML rendered from its Markdown."""

    preview: Preview
    html: str

    @property
    def key(self) -> str:
        """Its key among the results of its run, in links: `t0`."""
        return f"t{self.preview.position}"


def artifacts_with_urls(run: Run) -> list[ArtifactView]:
    """Return the run's artifacts, each with its address."""
    has_output = "output" not in run.get_deferred_fields()  # lists leave it out
    flags = iter(changed_by_model.flagged_pictures(run.output) if has_output else [])
    return [
        ArtifactView(
            artifact,
            artifact_url(artifact),
            run.title or f"Output of {run.endpoint.name}",
            run,
            artifact.kind == "image" and next(flags, False),
        )
        for artifact in run.artifacts.all()
    ]


def is_outdated(run: Run, shown_now: list[ArtifactView]) -> bool:
    """Whether copying has changed how artifacts are shown since the run ended."""
    kinds = {artifact.path: artifact.kind for artifact in artifacts_in(run.output)}
    rows = [result.artifact for result in shown_now]
    return any(row.error or row.attempts > 1 or row.kind != kinds.get(row.path) for row in rows)


def texts(run: Run) -> list[Text]:
    """Return previews of the texts in the run's output."""
    return [_text(preview) for preview in previews.of_texts(artifacts_in(run.output))]


def excerpt(text: str) -> list[Text]:
    """Return the beginning of a text as the only text of a result whose output is not loaded."""
    return [_text(Preview("", text, len(text), 0))]


def _text(preview: Preview) -> Text:
    return Text(preview, markdown(preview.text))


@dataclass(frozen=True)
class Partial:
    """A partial output prepared for display: pictures, texts, progress and its message."""

    pictures: list[tuple[str, int, int]]  # address, width, height
    texts: list[Text]
    share: float | None
    message: str


def partial(run: Run) -> Partial | None:
    """Return what a streaming model has sent so far; None if nothing of it can be shown."""
    if run.partial is None:
        return None
    artifacts = artifacts_in(run.partial)
    content = run.partial if isinstance(run.partial, dict) else {}
    message = content.get("message")
    message = db_safe_text(message[:MAX_MESSAGE_CHARS]) if isinstance(message, str) else ""
    pictures = [
        artifact for artifact in artifacts if artifact.kind == "image" and may_show(artifact.url)
    ]
    width, height = (
        placeholder_size.size_of(run) if pictures else None
    ) or placeholder_size.DEFAULT
    view = Partial(
        [
            (
                picture.url,
                *placeholder_size.enlarged((picture.width or width, picture.height or height)),
            )
            for picture in pictures
        ],
        [_text(preview) for preview in previews.of_texts(artifacts) if preview.text != message],
        _progress_fraction(content.get("progress")),
        message,
    )
    return view if view.pictures or view.texts or view.share or view.message else None


def _progress_fraction(progress: Any) -> float | None:
    """Return the progress between 0 and 1; some models count to 100."""
    if isinstance(progress, bool) or not isinstance(progress, int | float):
        return None
    share = progress / 100 if progress > 1 else progress
    return share if 0 <= share <= 1 else None


def context(run: Run, view: str = "stage") -> dict[str, Any]:
    """Return the context of the templates that show a whole run in the given view."""
    found_results = results(run, view)
    found_texts = texts(run) if run.state == Run.State.SUCCEEDED else []
    most = max(len(found_results["results"]), len(found_texts))
    found_partial = partial(run)
    lines = transcripts.on_page(run.output if run.state == Run.State.SUCCEEDED else None)
    log = shown_log(run.logs)
    return {
        **found_results,
        "watch": watch_tokens.data_watch(run, view),
        "is_looked_at": watch_tokens.is_looked_at(view),
        "may_cancel": watch_tokens.may(view, watch_tokens.CANCEL),
        "may_publish": watch_tokens.may(view, watch_tokens.PUBLISH),
        "may_delete": run.is_final and watch_tokens.may(view, watch_tokens.DELETE),
        "texts": found_texts,
        "transcript": lines,
        "recording": _recording(run) if lines.lines else None,
        "broke_off": timeline.incomplete_reason(run),
        "is_given_up": timeline.is_given_up(run),
        "cut_at": MOST_FOUND if most >= MOST_FOUND else 0,
        "partial": found_partial,
        "waiting": waiting.describe_wait(run, found_partial.share if found_partial else None),
        "steps": workflow_steps.steps_of(run),
        "is_of_several_steps": input_references.names_results(run.arguments),
        "calls": None if watch_tokens.is_looked_at(view) else model_calls.beside_run(run),
        "rewritten": use_as.rewritten(run) if run.state == Run.State.SUCCEEDED else None,
        "seed": seed_of(run) or caption.requested_seed(run),
        "prompt": caption.prompt_of(run),
        "billed": caption.billed(run),
        "explanation": error_messages.explain(run.error) if run.error else None,
        "complaints": form_state.complaints(run) if run.state == Run.State.FAILED else [],
        "raw_error": json_tree.preview(run.error) if run.error else "",
        "tree": lambda: json_tree.render(run.output),  # few pages show it
        "log_tail": log[-LOG_TAIL:],
        "log_count": len(log),
        "most_lines": LOG_LIMIT,
        "places": [*map(placeholder_size.enlarged, placeholder_size.sizes_of(run))]
        if run.is_awaited
        else [],
        "coming": caption.coming(run) if run.is_awaited else "",
    }


def _recording(run: Run) -> tuple[str, str] | None:
    """Return the kind and address of the sound or film in the input, if a page may load it."""
    takers = inputs_of(form_state.version_of(run.endpoint).root)
    return next(
        (
            (taker.kind, value)
            for taker in takers
            if taker.kind in {"audio", "video"}
            for value in values_at(run.arguments, taker.path)
            if isinstance(value, str) and (value.startswith("/") or may_show(value))
        ),
        None,
    )


def results(run: Run, view: str = "stage") -> dict[str, Any]:
    """Return the context of the templates of a run's artifacts in the given view.

    `beside` is what the only result was made from, under a slider (inputs.ComparisonFile). `copies`
    is the token to watch the artifacts that are not copied yet, `reserve` the expected
    size of those whose size is unknown.
    """
    shown_results = artifacts_with_urls(run) if run.state == Run.State.SUCCEEDED else []
    is_copying = any(result.artifact.state == Artifact.State.REMOTE for result in shown_results)
    is_sized = all(result.is_sized for result in shown_results)
    size = None if is_sized else placeholder_size.size_of(run)
    copies = watch_tokens.same_rights(view, "copies")
    lone = shown_results[0] if len(shown_results) == 1 else None
    is_member = watch_tokens.may(view, watch_tokens.SEE) or watch_tokens.is_looked_at(view)
    return {
        "run": run,
        "results": shown_results,
        "beside": inputs.main_input(run, lone.shown_as) if lone and is_member else None,
        "reserve": size and placeholder_size.enlarged(size),
        "copies": watch_tokens.data_watch(run, copies) if is_copying else "",
        "may_star": watch_tokens.may(view, watch_tokens.STAR),
        "is_readonly": not watch_tokens.may(view, watch_tokens.SEE),
        "is_any_starred": any(result.artifact.is_starred for result in shown_results),
    }


def changed_fragments(run: Run, view: str) -> str:
    """Render the fragments that the playground's pages swap in when the run has changed."""
    kind = watch_tokens.kind_of(view)
    if kind == "copies":
        values = results(run, view)
        values["is_otherwise"] = is_outdated(run, values["results"])
    else:
        values = context(run, view) if kind in LARGE else {"run": run, "view": view}
        values["is_page"] = kind == "page"
    return render_to_string(f"playground/live/_{kind}.html", values)


def seed_of(run: Run) -> str:
    """Return the seed that was used, as text: it may exceed the range of JavaScript's numbers."""
    value = run.output.get("seed") if isinstance(run.output, dict) else None
    if isinstance(value, bool) or not isinstance(value, int):
        return ""
    return str(value) if value.bit_length() <= caption.MAX_SEED_BITS else ""
