"""The file names of results: after prompt, model and seed, wherever they are saved.

    2026-11-27-a-mill-at-dusk-flux-dev-1234-1.png

Each person may have a template of their own (`name_template.py`). Upstream names media by a hash.
Other files (weights, archives) keep their names, which programs know.
"""

from __future__ import annotations

import re
import uuid
from datetime import datetime
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone

from accounts.profile import name_template, preferences
from core.db.json_field import small
from core.file_names import portable_name, slug, split_suffix
from projects.models import Project
from runs.file_kinds import KNOWN
from runs.files import content_types
from runs.models import Artifact, Run
from runs.models.querysets import RunQuerySet

MAX_SEED = 2**64
RUN_ID_CHARS = 8
_PLAIN_SUFFIX = re.compile(r"\.[A-Za-z0-9]{1,19}")


class _NamedRun(NamedTuple):
    """The values of a run that its file names contain."""

    pk: uuid.UUID
    title: str
    endpoint_id: str
    output: Any
    arguments: Any
    created_at: datetime
    project_id: int


class Namer:
    """Names files by a person's template, or by the default one for anonymous users.

    At most one query, for the names of their projects, if the template contains them.
    """

    def __init__(self, user: User | AnonymousUser | None = None) -> None:
        self._user = user or AnonymousUser()
        self._template = preferences.file_names(self._user)
        self._last: tuple[Run, dict[str, str]] | None = None

    def result(self, run: Run, artifact: Artifact) -> str:
        """Return the name of a run's file; load the run's endpoint before."""
        if self._last is None or self._last[0] is not run:  # a list has one run after the other
            self._last = run, self._values(_naming_facts(run))
        return self._of_artifact(artifact, self._last[1])

    def of_run(self, run: Run, suffix: str, number: int | None = None) -> str:
        """Return the name for a saved part of a run that is not a file, such as its output.

        `number` counts the texts in the output, from 1.
        """
        return self._filled(self._values(_naming_facts(run)), number, suffix, "run")

    def _of_artifact(self, artifact: Artifact, values: dict[str, str]) -> str:
        if artifact.kind not in KNOWN and artifact.file_name:
            return _own_name(artifact)
        number = artifact.position + 1
        return self._filled(values, number, _suffix(artifact), artifact.kind)

    def _filled(
        self, values: dict[str, str], number: int | None, suffix: str, fallback: str
    ) -> str:
        values = {**values, "n": str(number or "")}
        return name_template.fill(self._template, values, suffix, fallback)

    def _values(self, named_run: _NamedRun) -> dict[str, str]:
        """Return the values of the template's words that all names of a run share."""
        at = timezone.localtime(named_run.created_at)
        return {
            "date": f"{at:%Y-%m-%d}",
            "time": f"{at:%H-%M-%S}",
            "prompt": slug(named_run.title),
            "model": slug(named_run.endpoint_id.partition("/")[2] or named_run.endpoint_id),
            "seed": _seed(named_run.output) or _seed(named_run.arguments),
            "project": self._project(named_run.project_id),
            "run": str(named_run.pk)[:RUN_ID_CHARS],
        }

    def _project(self, pk: int) -> str:
        """Return a project's name if the person is a member; others must not learn it."""
        return slug(self._projects.get(pk, "")) if "{project}" in self._template else ""

    @cached_property
    def _projects(self) -> dict[int, str]:
        return dict(Project.objects.with_member(self._user).values_list("pk", "name"))


def result_name(run: Run, artifact: Artifact) -> str:
    """Return a file's name by the default template, which pages show to everybody."""
    return Namer().result(run, artifact)


def served_name(artifact: Artifact, user: User | AnonymousUser) -> str:
    """Return the name of an artifact whose run is not loaded; one small query for media.

    People who may read the file but not its run, such as the picture in a link, learn no prompt.
    """
    if artifact.kind not in KNOWN and artifact.file_name:
        return _own_name(artifact)
    runs = Run.objects.readable_by(user).filter(pk=artifact.run_id)
    values = (small("output"), small("arguments"), "created_at", "project_id")
    row = runs.values_list("pk", "title", "endpoint__endpoint_id", *values).first()
    if row is None:
        return portable_name(artifact.kind, _suffix(artifact))
    namer = Namer(user)
    return namer._of_artifact(artifact, namer._values(_NamedRun(*row)))


def with_names(runs: RunQuerySet) -> RunQuerySet:
    """Load the inputs and outputs that file names need, in a list without them; skip large ones."""
    return runs.annotate(small_output=small("output"), small_arguments=small("arguments"))


def seed_of(run: Run) -> str:
    """Return the seed of a run's result, from its output or else its input; empty if none."""
    return _seed(_loaded(run, "output")) or _seed(_loaded(run, "arguments"))


def _naming_facts(run: Run) -> _NamedRun:
    return _NamedRun(
        run.pk,
        run.title,
        run.endpoint.endpoint_id,
        _loaded(run, "output"),
        _loaded(run, "arguments"),
        run.created_at,
        run.project_id,
    )


def _loaded(run: Run, name: str) -> Any:
    is_loaded = name not in run.get_deferred_fields()
    return getattr(run, name) if is_loaded else getattr(run, f"small_{name}", None)


def _seed(values: Any) -> str:
    seed = values.get("seed") if isinstance(values, dict) else None
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < MAX_SEED:
        return ""
    return str(seed)


def _own_name(artifact: Artifact) -> str:
    stem, suffix = split_suffix(artifact.file_name)
    is_plain = _PLAIN_SUFFIX.fullmatch(suffix)
    return portable_name(stem, suffix) if is_plain else portable_name(artifact.file_name)


def _suffix(artifact: Artifact) -> str:
    """Return the extension of the stored content's type, else the one of upstream's name."""
    extension = content_types.EXTENSIONS.get(artifact.content_type)
    suffix = PurePosixPath(artifact.file_name or artifact.file).suffix.lower()
    plain = suffix if _PLAIN_SUFFIX.fullmatch(suffix) else ""
    return f".{extension}" if extension else plain
