"""The file names of results: after prompt, model and seed, wherever they are saved.

    a-mill-at-dusk-flux-dev-1234.png, …-1234-2.png for the second file

Upstream names media by a hash. Other files (weights, archives) keep the names that they have, by
which programs know them.
"""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Case, When
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual

from core.db.json_field import ExactJSONField
from core.file_names import slug
from runs.files import content_types
from runs.models import Artifact, Run

NAMED = {"image", "video", "audio", "mesh"}
MOST_OUTPUT_CHARS = 50_000  # an output that may be read for its seed alone
# For lists, which do not load the output: one with a seed is seldom large.
SMALL_OUTPUT = Case(
    When(LessThanOrEqual(Length("output"), MOST_OUTPUT_CHARS), then="output"),
    output_field=ExactJSONField(),
)
MAX_SEED = 2**64


def result_name(run: Run, artifact: Artifact) -> str:
    """Return the name of a run's file; its endpoint should be loaded."""
    return _named(artifact, base_name(run))


def base_name(run: Run) -> str:
    """Return what the names of all files of a run begin with: `a-mill-flux-dev-1234`."""
    is_loaded = "output" not in run.get_deferred_fields()
    output = run.output if is_loaded else getattr(run, "small_output", None)
    return _base(run.title, run.endpoint.endpoint_id, output, run.arguments)


def served_name(artifact: Artifact, user: User | AnonymousUser) -> str:
    """Return the name of an artifact whose run is not loaded; one small query for media.

    Whoever may read the file but not its run, such as the picture in a link, learns no prompt.
    """
    if artifact.kind not in NAMED:
        return artifact.file_name
    runs = Run.objects.readable_by(user).filter(pk=artifact.run_id)
    row = runs.values_list("title", "endpoint__endpoint_id", SMALL_OUTPUT, "arguments").first()
    return _named(artifact, _base(*row)) if row else f"{artifact.kind}{_suffix(artifact)}"


def _base(title: str, endpoint_id: str, output: Any, arguments: Any) -> str:
    model = slug(endpoint_id.partition("/")[2] or endpoint_id)
    return "-".join(filter(None, [slug(title), model, _seed(output) or _seed(arguments)]))


def _seed(values: Any) -> str:
    seed = values.get("seed") if isinstance(values, dict) else None
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < MAX_SEED:
        return ""
    return str(seed)


def _named(artifact: Artifact, base: str) -> str:
    if artifact.kind not in NAMED and artifact.file_name:
        return artifact.file_name
    number = f"-{artifact.position + 1}" if artifact.position else ""
    return f"{base}{number}{_suffix(artifact)}"


def _suffix(artifact: Artifact) -> str:
    """Return the extension of the stored content's type, else the one of upstream's name."""
    extension = content_types.EXTENSIONS.get(artifact.content_type)
    name = artifact.file_name or artifact.file
    return f".{extension}" if extension else PurePosixPath(name).suffix[:16].lower()
