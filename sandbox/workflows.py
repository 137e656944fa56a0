"""The workflows of the sandbox's account, as fal's editor saves them (protocol, 15.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

OWNER = "sandbox"

Json = dict[str, Any]


@dataclass(frozen=True)
class Workflow:
    """A saved workflow; `contents` is its definition."""

    name: str
    title: str
    description: str
    contents: Json
    is_public: bool = False
    tags: tuple[str, ...] = ()
    created_at: str = "2026-10-01T09:00:00.000Z"
    owner: str = OWNER

    @property
    def endpoint_id(self) -> str:
        """The id that runs it."""
        return f"workflows/{self.owner}/{self.name}"

    @property
    def endpoint_ids(self) -> list[str]:
        """The models that it calls, each once."""
        nodes = self.contents.get("nodes")
        values = nodes.values() if isinstance(nodes, dict) else ()
        return list(dict.fromkeys(str(node["app"]) for node in values if node.get("app")))

    def list_entry(self) -> Json:
        """Return its item in the list."""
        return {
            "name": self.name,
            "title": self.title,
            "user_nickname": self.owner,
            "created_at": self.created_at,
            "tags": list(self.tags),
            "endpoint_ids": self.endpoint_ids,
            "description": self.description,
        }

    def opened(self) -> Json:
        """Return the response that includes its definition."""
        return {
            "name": self.name,
            "title": self.title,
            "user_nickname": self.owner,
            "created_at": self.created_at,
            "is_public": self.is_public,
            "contents": self.contents,
        }


def _contents(nodes: Mapping[str, Json], output: Json, inputs: Json) -> Json:
    """Return contents in the editor's format; the nodes are in the order of their dependencies."""
    steps = {key: {"type": "run", "id": key, **node} for key, node in nodes.items()}
    display = {"type": "display", "id": "output", "depends": [*nodes], "fields": output}
    return {
        "name": "workflow",
        "version": "1",
        "nodes": {**steps, "output": display},
        "output": output,
        "schema": {
            "input": {name: {"name": name, **field} for name, field in inputs.items()},
            "output": {name: {"name": name, "label": name.title()} for name in output},
        },
    }


_WIDE = {"width": 768, "height": 432}

STORYBOARD = Workflow(
    "storyboard",
    "Storyboard",
    "Three painters and a measurer: one sentence becomes three frames and a caption.",
    _contents(
        {
            name: {
                "depends": ["input"],
                "app": app,
                "input": {"prompt": "$input.prompt", "seed": "$input.seed", "image_size": _WIDE},
            }
            for name, app in (
                ("wide", "sandbox/ridgeline"),
                ("detail", "sandbox/aurora/lite"),
                ("night", "sandbox/aurora"),
            )
        }
        | {
            "caption": {
                "depends": ["wide"],
                "app": "sandbox/eye",
                "input": {"image_url": "$wide.images.0.url"},
            }
        },
        {
            "frames": ["$wide.images.0", "$detail.images.0", "$night.images.0"],
            "caption": "$caption.output",
            "seed": "$wide.seed",
        },
        {
            "prompt": {"label": "Prompt", "type": "string", "required": True, "modelId": "wide"},
            "seed": {"label": "Seed", "type": "integer", "required": False, "modelId": "wide"},
        },
    ),
    is_public=True,
    tags=("workflow",),
    created_at="2026-09-20T08:00:00.000Z",
)

MISHAP = Workflow(
    "mishap",
    "Mishap",
    "Paints a picture, then fails at its second step with the error that you choose.",
    _contents(
        {
            "draw": {
                "depends": ["input"],
                "app": "sandbox/ridgeline",
                "input": {"prompt": "$input.prompt"},
            },
            "spoil": {
                "depends": ["draw", "input"],
                "app": "mischief/fail",
                "input": {"error_type": "$input.ending", "field": "error_type", "after": 0.3},
            },
            "look": {
                "depends": ["draw", "spoil"],
                "app": "sandbox/eye",
                "input": {"image_url": "$draw.images.0.url", "prompt": "$spoil.output"},
            },
        },
        {"text": "$look.output"},
        {
            "prompt": {"label": "Prompt", "type": "string", "required": True, "modelId": "draw"},
            "ending": {
                "label": "Ending",
                "type": "string",
                "description": "An error of fal's; `runner_disconnected` breaks the stream off.",
                "default": "content_policy_violation",
                "modelId": "spoil",
            },
        },
    ),
    tags=("mischief", "test"),
    created_at="2026-10-12T08:00:00.000Z",
)

WORKFLOWS = (STORYBOARD, MISHAP)
