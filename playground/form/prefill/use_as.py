"""Uses a result as an input of another model: finds the result and fills it into the form."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from django.utils import timezone
from django.utils.formats import date_format

from catalog.models import Endpoint
from core.http.parameters import parse_uuid
from fal.db_safe import db_safe_text
from playground.form import drafts, form_state, presets
from playground.form.form_state import FormState, Post
from runs.files import content_types, uploads
from runs.models import Artifact, Run, Upload
from runs.results.changed_by_model import rewritten_prompt
from runs.results.outputs import artifacts_in
from schemas.uses.inputs import Input, inputs_of
from schemas.uses.placing import place

if TYPE_CHECKING:
    from django.contrib.auth.models import User

NOUNS = {
    "image": "picture",
    "video": "film",
    "audio": "sound",
    "mesh": "mesh",
    "weights": "weights",
    "archive": "archive",
    "file": "file",
    "text": "text",
}
_SUFFIXES = {
    "weights": set(uploads.WEIGHTS),
    "archive": set(uploads.ARCHIVES),
}
REWRITTEN = "p"  # the key of the prompt that a model has rewritten
UPLOAD = "u"  # in links, in place of the key of a result
KEPT_MARKS = (form_state.HOUSE, form_state.ORIGIN)


@dataclass(frozen=True)
class Usable:
    """What a field can hold: `value` goes into it, `kind` says which fields take it."""

    kind: str
    value: str

    @property
    def noun(self) -> str:
        """Return the noun for it in sentences: picture, film, sound …."""
        return NOUNS[self.kind]


@dataclass(frozen=True)
class UsableUpload(Usable):
    """An uploaded file; for a frame, `made_by` is the key of its film's model."""

    upload: Upload
    made_by: int = 0
    own_title = "The film's model"

    @property
    def origin(self) -> str:
        """Return what it is called in sentences: `the picture “hill.png”`."""
        return f"the {self.noun} “{self.upload.file_name}”"

    def address_in(self, endpoint: Endpoint, path: str) -> str:
        """Return the address of a model's form with the file filled in at `path`."""
        query = {"use": f"{self.upload.pk}/{UPLOAD}/{path}"}
        if endpoint.pk == self.made_by:
            query["shown"] = str(self.upload.origin_run)  # the film stays on the stage
        return f"{endpoint.get_absolute_url()}?{urlencode(query)}"


@dataclass(frozen=True)
class Result(Usable):
    """One file or text of a run; `key` identifies it in links."""

    run: Run
    key: str
    own_title = "This model"

    @property
    def made_by(self) -> int:
        """Return the key of the model that made it."""
        return self.run.endpoint_id

    @property
    def origin(self) -> str:
        """Return where it comes from: `the picture of the run of 12 May, 14:03 on FLUX.1`."""
        run_time = date_format(timezone.localtime(self.run.created_at), "j F, H:i")
        return f"the {self.noun} of the run of {run_time} on {self.run.endpoint.name}"

    @property
    def name(self) -> str:
        """Return the name of a file in a selection: `<run>/<position>`."""
        return f"{self.run.pk}/{self.key[1:]}"

    def address_in(self, endpoint: Endpoint, path: str) -> str:
        """Return the address of a model's form with the result filled in at `path`."""
        query = {"use": f"{self.run.pk}/{self.key}/{path}"}
        if endpoint.pk == self.run.endpoint_id:
            query["shown"] = str(self.run.pk)  # the run stays on the stage
        return f"{endpoint.get_absolute_url()}?{urlencode(query)}"


class Rewritten(NamedTuple):
    """A prompt that a model has rewritten, and the address of its form with that prompt."""

    text: str
    address: str


def find(user: User, pk: uuid.UUID, key: str = "") -> Result | None:
    """Return a run's result by its key (`a0`: file 0, `t1`: text 1), by default the first one.

    None if it does not exist, was lost, or the user may not see it.
    """
    runs = Run.objects.readable_by(user).with_endpoint().light("arguments", "output").filter(pk=pk)
    run = runs.first()
    if run is None:
        return None
    return next((result for result in results(run) if not key or result.key == key), None)


def results(run: Run) -> list[Result]:
    """Return the files and texts of a run that can be used as inputs; one query."""
    stored_artifacts = run.artifacts.exclude(state=Artifact.State.LOST)
    files = [
        Result(kind_of(artifact), artifact.get_absolute_url(), run, f"a{artifact.position}")
        for artifact in stored_artifacts
    ]
    texts = [
        artifact
        for artifact in artifacts_in(run.output)
        if artifact.kind == "text" and artifact.text
    ]
    prompt = rewritten(run)
    return [
        *files,
        *(
            Result("text", db_safe_text(artifact.text), run, f"t{position}")
            for position, artifact in enumerate(texts)
        ),
        *([Result("text", prompt.text, run, REWRITTEN)] if prompt else []),
    ]


def rewritten(run: Run) -> Rewritten | None:
    """Return the prompt that the model used instead of the run's own, and where it can be used."""
    root = form_state.version_of(run.endpoint).root
    taker = next((taker for taker in inputs_of(root) if taker.role == "prompt"), None)
    own = run.arguments.get(taker.path) if taker and isinstance(run.arguments, dict) else None
    text = rewritten_prompt(run.output, own) if isinstance(own, str) else ""
    if not text or taker is None:
        return None
    return Rewritten(
        text, Result("text", text, run, REWRITTEN).address_in(run.endpoint, taker.path)
    )


def brought(user: User, pk: uuid.UUID) -> UsableUpload | None:
    """Return an upload; None if it does not exist or the user may not read it."""
    upload = Upload.objects.select_related("project").filter(pk=pk).first()
    if upload is None or not upload.is_readable_by(user):
        return None
    kind = kind_of_file(content_types.kind(upload.content_type), upload.file_name)
    made_by = None
    if upload.origin_run:
        films = Run.objects.readable_by(user).filter(pk=upload.origin_run)
        made_by = films.values_list("endpoint_id", flat=True).first()
    return UsableUpload(kind, upload.get_absolute_url(), upload, made_by or 0)


def kind_of(artifact: Artifact) -> str:
    """Return the kind of inputs that accept an artifact: its own kind, weights or archive."""
    return kind_of_file(artifact.kind, artifact.file_name)


def kind_of_file(shown_as: str, name: str) -> str:
    """Return the kind of inputs that accept a file; `shown_as` is its kind on pages, or empty."""
    if shown_as and shown_as != "file":
        return shown_as if shown_as in NOUNS else "file"
    suffix = PurePosixPath(name).suffix.lower()
    return next((kind for kind, suffixes in _SUFFIXES.items() if suffix in suffixes), "file")


def fill(user: User, endpoint: Endpoint, key: str) -> FormState | None:
    """Return the user's current form of the model with a result or upload in one of its fields.

    `key` is `<run>/<result>/<path of the field>`, or `<upload>/u/<path>`. None if that is missing.
    """
    run, _, result_path = key.partition("/")
    name, _, path = result_path.partition("/")
    pk = parse_uuid(run)
    if not pk or not name:
        return None
    result = brought(user, pk) if name == UPLOAD else find(user, pk, name)
    if result is None:
        return None
    before = held_before(user, endpoint)
    root = form_state.version_of(endpoint).root
    field = next((taker for taker in inputs_of(root) if taker.path == path), None)
    if field is None:
        notice = f"This model no longer has a field that takes {result.origin}."
        return FormState(before, notice)
    arguments = form_state.parse_form_leniently(endpoint, before).arguments
    form = form_state.from_arguments(endpoint, place(root, arguments, path, result.value))
    marks = {mark: before[mark] for mark in KEPT_MARKS if mark in before}
    return replace(form, post={**form.post, **marks}, notice=_notice(result, field, arguments))


def held_before(user: User, endpoint: Endpoint) -> Post:
    """Return the form's contents: the user's draft, else the house default."""
    draft = drafts.find(user, endpoint)
    if draft.post:
        return drafts.current_state(draft).post
    preset = presets.house_default(endpoint)
    if preset is None or preset.schema_digest != (endpoint.schema_id or ""):
        return {}
    return form_state.from_arguments(endpoint, preset.arguments).post | {form_state.HOUSE: ["1"]}


def _notice(result: Result | UsableUpload, field: Input, arguments: dict[str, Any]) -> str:
    sentence = f"“{field.label}” now holds {result.origin}."
    return f"{sentence} Everything else is as you had left it." if arguments else sentence
