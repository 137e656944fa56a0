"""Models as data: catalogue entry, input and output schemas, and the function that runs them."""

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Arguments = dict[str, Any]
Schema = dict[str, Any]
Work = Callable[[Arguments, Any], Any]

NAMESPACES = ("workflows", "comfy")
COMPLETIONS = "/chat/completions"  # suffix of endpoints that take and stream OpenAI's chat body
OF_ONE_MODEL = ("group", "training_endpoint_ids", "inference_endpoint_ids")


@dataclass(frozen=True, eq=False)
class Model:
    """One endpoint; `work` names its function in `sandbox.studio` as `room.module:function`."""

    endpoint_id: str
    work: str
    metadata: Mapping[str, Any]  # of its catalogue entry, without URLs
    input: Schema
    output: Schema
    components: Mapping[str, Schema] = field(default_factory=dict)
    unit_price: float = 0.01
    unit: str = "images"
    enterprise_status: str = "ready"  # or "pending"
    is_listed: bool = True  # in the catalogue; workflows of the account are not
    is_streaming: bool = False
    is_live: bool = False  # has a `/realtime` endpoint
    has_sync_mode: bool = False  # supports `sync_mode`, which returns media as data URIs
    copy_of: str = ""  # the endpoint whose thumbnails it shares
    sample: Mapping[str, Any] = field(default_factory=dict)  # a first run, if the schema has none
    extra: Mapping[str, Any] = field(default_factory=dict)  # further keys of the OpenAPI document

    @property
    def category(self) -> str:
        """The catalogue's category."""
        return str(self.metadata["category"])

    @property
    def app(self) -> str:
        """The application that requests belong to: `[namespace/]owner/alias`."""
        return app_of(self.endpoint_id)

    @property
    def is_completions(self) -> bool:
        """Whether it takes OpenAI's chat body, in which `stream` requests streaming."""
        return self.endpoint_id.endswith(COMPLETIONS)

    @property
    def makes_films(self) -> bool:
        """Whether the model outputs video, so that it has an animated thumbnail too."""
        return self.work.startswith("recorded:film")

    def load(self) -> Work:
        """Import and return the function that runs the model."""
        module, _, name = self.work.partition(":")
        work: Work = getattr(importlib.import_module(f"sandbox.studio.{module}"), name)
        return work

    def example(self) -> Arguments:
        """Return arguments for a first run: the first example of each field that has one."""
        return dict(self.sample) or {
            name: schema["examples"][0]
            for name, schema in self.input["properties"].items()
            if schema.get("examples")
        }


def app_of(endpoint_id: str) -> str:
    """Return the part of an endpoint id that names the application."""
    parts = endpoint_id.split("/")
    return "/".join(parts[: 3 if parts[0] in NAMESPACES else 2])


class Registry:
    """All models of a sandbox, in catalogue order."""

    def __init__(self, models: Iterable[Model]) -> None:
        self._models = {model.endpoint_id: model for model in models}
        self._apps = {model.app for model in self._models.values()}

    def __iter__(self) -> Iterator[Model]:
        return iter(self._models.values())

    def get(self, endpoint_id: str) -> Model | None:
        """Return the model with exactly this id, or None."""
        return self._models.get(endpoint_id)

    def has_app(self, app: str) -> bool:
        """Return whether any endpoint belongs to the application."""
        return app in self._apps


def padded(models: list[Model], filler: int) -> list[Model]:
    """Return the models and `filler` runnable copies of them with different ids."""
    return models + [_copy(models[number % len(models)], number) for number in range(filler)]


def _copy(model: Model, number: int) -> Model:
    metadata = {name: item for name, item in model.metadata.items() if name not in OF_ONE_MODEL}
    return replace(
        model,
        endpoint_id=f"filler/{model.category}-{number:05d}/{model.endpoint_id.split('/')[1]}",
        metadata=metadata | {"display_name": f"{model.metadata['display_name']} {number}"},
        copy_of=model.endpoint_id,
    )
