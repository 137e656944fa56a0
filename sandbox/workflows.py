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

    def listed(self) -> Json:
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


def _contents(
    nodes: Mapping[str, Json], output: Json, inputs: Json, description: str, labels: Json
) -> Json:
    """Return contents in the editor's format: positions, a display node, labels."""
    placed = {
        key: {"type": "run", "id": key, **node, "metadata": {"position": {"x": 320 * at, "y": 0}}}
        for at, (key, node) in enumerate(nodes.items(), 1)
    }
    shown = {
        "type": "display",
        "id": "output",
        "depends": sorted({text[1:].split(".")[0] for text in _texts(output)}),
        "input": {},
        "fields": output,
        "metadata": {"position": {"x": 320 * (len(nodes) + 1), "y": 0}},
    }
    return {
        "name": "workflow",
        "version": "1",
        "metadata": {"description": description, "input": {"position": {"x": 0, "y": 0}}},
        "nodes": {**placed, "output": shown},
        "output": output,
        "schema": {
            "input": {name: {"name": name, **field} for name, field in inputs.items()},
            "output": {name: {"name": name, "label": label} for name, label in labels.items()},
        },
    }


def _texts(value: Any) -> list[str]:
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value] if isinstance(value, str) else [text for part in below for text in _texts(part)]


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
                ("detail", "atelier/bloom"),
                ("night", "sandbox/aurora"),
            )
        }
        | {
            "caption": {
                "depends": ["wide"],
                "app": "sandbox/eye",
                "input": {"image_url": "$wide.images.0.url", "detail": "short"},
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
        "One sentence becomes three frames and a caption.",
        {"frames": "Frames", "caption": "Caption", "seed": "Seed"},
    ),
    is_public=True,
    tags=("workflow",),
    created_at="2026-09-20T08:00:00.000Z",
)

POSTCARD = Workflow(
    "Moving_Postcard",
    "Moving postcard",
    "A place becomes a print in two inks, a short film of it and a few lines for the back.",
    _contents(
        {
            "lines": {
                "depends": ["input"],
                "app": "sandbox/scribe",
                "input": {"prompt": "$input.place", "max_tokens": 40, "format": "plain"},
            },
            "scene": {
                "depends": ["input"],
                "app": "sandbox/ridgeline",
                "input": {"prompt": "$input.place", "image_size": "landscape_4_3"},
            },
            "fal_ai/print_1": {
                "depends": ["scene", "input"],
                "app": "sandbox/lens/duotone",
                "input": {"image_url": "$scene.images.0.url", "shadows": "$input.ink"},
            },
            "film": {
                "depends": ["fal_ai/print_1"],
                "app": "sandbox/drift/image-to-video",
                "input": {"image_url": "$fal_ai/print_1.image.url", "motion": "pan_left"},
            },
        },
        {
            "picture": "$fal_ai/print_1.image.url",
            "film": "$film.video.url",
            "text": "$lines.output",
        },
        {
            "place": {
                "label": "Place",
                "type": "string",
                "description": "Where the postcard is from.",
                "required": True,
                "examples": ["A lighthouse on the last rock before the ocean"],
                "modelId": "scene",
            },
            "ink": {"label": "Ink", "type": "string", "default": "#1b2a6b", "modelId": "print_1"},
        },
        "A print in two inks, a film of it, and lines for the back.",
        {"picture": "Picture", "film": "Film", "text": "Back"},
    ),
    tags=("video", "print"),
    created_at="2026-10-11T08:00:00.000Z",
)

MISHAP = Workflow(
    "mishap",
    "Mishap",
    "Paints a picture, then fails at its second step in the way that you choose.",
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
        "Fails at its second step.",
        {"text": "Text"},
    ),
    tags=("mischief",),
    created_at="2026-10-12T08:00:00.000Z",
)

WORKFLOWS = (STORYBOARD, POSTCARD, MISHAP)
