"""Models as data: catalogue entry, input and output schemas, and the function that runs them."""

import importlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sandbox.contract.schema import Schema

Arguments = dict[str, Any]
Work = Callable[[Arguments, Any], Any]

NAMESPACES = ("workflows", "comfy")
COMPLETIONS = "/chat/completions"  # suffix of endpoints that take and stream OpenAI's chat body


@dataclass(frozen=True, eq=False)
class Model:
    """One endpoint; `work` names its function in `sandbox.studio` as `room.module:function`."""

    endpoint_id: str
    name: str
    category: str
    description: str
    input: Schema
    output: Schema
    work: str
    components: Mapping[str, Schema] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    license: str = "commercial"
    enterprise: str = "ready"  # or "pending"
    kind: str = "inference"
    status: str = "active"
    group: tuple[str, str] | None = None  # key, label
    price: float = 0.01
    unit: str = "images"
    date: str = "2026-06-01T09:00:00.000Z"
    updated: str = "2026-11-02T12:00:00.000Z"
    minutes: float | None = None  # fal's duration_estimate
    streams: bool = False
    listed: bool = True  # in the catalogue; workflows of the account are not
    live: bool = False  # has a `/realtime` endpoint
    inline: bool = False  # supports `sync_mode`, which returns media as data URIs
    copy_of: str = ""  # the endpoint whose thumbnails it shares
    sample: Mapping[str, Any] | None = None  # arguments of a first run, if the schema has none
    highlighted: bool = False
    training: tuple[str, ...] = ()
    inference: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)  # further keys of the OpenAPI document

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
        return self.work.startswith("film:")

    def load(self) -> Work:
        """Import and return the function that runs the model."""
        module, _, name = self.work.partition(":")
        work: Work = getattr(importlib.import_module(f"sandbox.studio.{module}"), name)
        return work

    def example(self) -> Arguments:
        """Return arguments for a first run: the first example of each field that has one."""
        return dict(self.sample or {}) or {
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

    def __len__(self) -> int:
        return len(self._models)

    def get(self, endpoint_id: str) -> Model | None:
        """Return the model with exactly this id, or None."""
        return self._models.get(endpoint_id)

    def has_app(self, app: str) -> bool:
        """Return whether any endpoint belongs to the application."""
        return app in self._apps


def padded(models: list[Model], filler: int) -> list[Model]:
    """Return the models and `filler` runnable copies of them with different ids."""
    copies = [
        replace(
            model,
            endpoint_id=f"filler/{model.category}-{number:05d}/{model.endpoint_id.split('/')[1]}",
            name=f"{model.name} {number}",
            copy_of=model.endpoint_id,
            group=None,
            training=(),
            inference=(),
        )
        for number in range(filler)
        for model in [models[number % len(models)]]
    ]
    return models + copies
