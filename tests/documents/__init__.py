"""The models of the tests: invented documents and entries, and upstream's real ones if available.

`openapi/` has invented documents: the schemas of each model's input and output, and those they
refer to. Together they contain every construct of fal's documents (protocol, section 4.3). If the
project's shared folder is beside the checkout, the same tests also run on its real documents,
entries and files.
"""

import json
import os
import re
from pathlib import Path
from typing import Any

from sandbox.config import PREFIXES, Config
from sandbox.contract import openapi
from sandbox.contract.openapi import camel_case
from sandbox.models import MODELS

Document = dict[str, Any]

OWN = Path(__file__).parent
# Only some machines have this folder; VITRINE_TEST_BESIDE names it if it is elsewhere.
BESIDE = Path(os.environ.get("VITRINE_TEST_BESIDE") or OWN.parents[1] / ".." / "shared")
REFERENCE = "#/components/schemas/"
ADDRESSES = {host: Config(OWN, base="http://sandbox").address(host) for host in PREFIXES}

# Models whose documents the tests use by name, with the invented models that replace them.
STAND_INS = {
    "fal-ai/flux/dev": "lab/painter",
    "fal-ai/stable-diffusion-v35-large": "lab/diffusion",
    "fal-ai/recraft-v3": "lab/styles",
    "fal-ai/bytedance/seedream/v4/edit": "lab/collage/edit",
    "fal-ai/nano-banana/edit": "lab/retouch/edit",
    "fal-ai/kling-video/v2.1/master/image-to-video": "lab/motion/v2.1/image-to-video",
    "fal-ai/pixverse/v5.6/image-to-video": "lab/clips/v5.6/image-to-video",
    "fal-ai/minimax/speech-02-hd": "lab/voice-02",
}

WITH_TRAINER = "fal-ai/ltx-2-19b/audio-to-video"
# In upstream's spelling.
CATEGORIES = (
    "image-to-image", "text-to-image", "image-to-video", "video-to-video", "text-to-video",
    "vision", "text-to-audio", "training", "text-to-speech", "image-to-3d", "audio-to-audio",
    "audio-to-video",
    "speech-to-text", "llm", "3d-to-3d", "unknown", "text-to-json", "video-to-audio", "text-to-3d",
    "audio-to-text", "json", "video-to-text", "speech-to-speech", "text-to-text", "image-to-json",
    "workflow",
)  # fmt: skip


class Documents(dict[str, Document]):
    """OpenAPI documents by endpoint id: invented ones, the sandbox's, and upstream's.

    A model of `STAND_INS` without a document of its own has its stand-in's.
    """

    def __missing__(self, endpoint_id: str) -> Document:
        return invented(STAND_INS[endpoint_id], endpoint_id)


def documents() -> Documents:
    """Return all documents; the caller may change them."""
    sandboxed = {model.endpoint_id: openapi.document(model, ADDRESSES) for model in MODELS}
    own = {name: invented(name) for name in invented_ids()}
    return Documents(own | sandboxed | upstreams())


def invented_ids() -> list[str]:
    """Return the ids of the invented models, in order."""
    return [file.stem.replace("--", "/") for file in sorted((OWN / "openapi").glob("*.json"))]


def document_ids() -> list[str]:
    """Return the ids of all documents except the sandbox's, for `parametrize`."""
    return [*invented_ids(), *upstreams()]


def read_document(endpoint_id: str) -> Document:
    return upstreams().get(endpoint_id) or invented(endpoint_id)


def invented(name: str, endpoint_id: str = "") -> Document:
    """Return an invented model's document, under its own id or as another model's."""
    endpoint_id = endpoint_id or name
    schemas = json.loads((OWN / "openapi" / f"{name.replace('/', '--')}.json").read_text())
    common = json.loads((OWN / "common.json").read_text())
    camel = camel_case(endpoint_id)
    used = {f"{camel}{side}": schemas.pop(side) for side in ("Input", "Output")}
    pending = [*used.values()]
    while pending:
        for component in _references(pending.pop()):
            if component not in used and (schema := schemas.get(component, common.get(component))):
                used[component] = schema
                pending.append(schema)
    skeleton = (OWN / "skeleton.json").read_text().replace("ENDPOINT_ID", endpoint_id)
    document: Document = json.loads(skeleton.replace("CAMEL", camel))
    document["components"]["schemas"] |= {name: _titled(schema) for name, schema in used.items()}
    return document


def upstreams() -> dict[str, Document]:
    """Return upstream's documents beside the project, by endpoint id; empty if there are none."""
    files = sorted((BESIDE / "data" / "openapi").glob("*.json"))
    return {file.stem.replace("--", "/"): json.loads(file.read_text()) for file in files}


def items() -> list[dict[str, Any]]:
    """Return entries of `GET /v1/models` (`models[]`): invented ones, and upstream's if available.

    The invented entries are those of all invented documents, of the models that tests use by name,
    and of a family with members in each category.
    """
    own = [_item(name) for name in [*invented_ids(), *STAND_INS]]
    trained = {"key": "ltx-2-19b", "label": "Audio to Video"}
    trainers = ["fal-ai/ltx2-video-trainer"]
    own.append(_item(WITH_TRAINER, group=trained, training_endpoint_ids=trainers))
    for category in CATEGORIES:
        for version in ("v1", "v1.5", "v2/fast", "v2/pro"):
            group = {"key": f"heron-{version}", "label": category.replace("-", " ").title()}
            more = {"category": category, "display_name": "Heron", "group": group}
            kind = "training" if category == "training" else "inference"
            own.append(_item(f"lab/heron/{version}/{category}", kind=kind, **more))
    theirs = upstreams_items()
    known = {item["endpoint_id"] for item in theirs}
    return [*theirs, *(item for item in own if item["endpoint_id"] not in known)]


def catalogue(*, is_upstreams: bool = False) -> list[dict[str, Any]]:
    """Return the entries with their known documents, as a sync with `expand` reads them.

    With `is_upstreams`, only upstream's, because the judged queries are about these.
    """
    known = documents()
    names = {*known, *STAND_INS}
    return [
        item | ({"openapi": known[name]} if (name := item["endpoint_id"]) in names else {})
        for item in (upstreams_items() if is_upstreams else items())
    ]


def _item(endpoint_id: str, **metadata: Any) -> dict[str, Any]:
    """Return an invented entry; its category comes from the end of the id."""
    words = endpoint_id.partition("/")[2].replace("/", " ").title()
    category = next((known for known in CATEGORIES if endpoint_id.endswith(known)), "text-to-image")
    return {
        "endpoint_id": endpoint_id,
        "metadata": {
            "display_name": words,
            "category": category,
            "description": f"An invented model: {words}.",
            "status": "active",
            "tags": ["new", "beta"],
            "updated_at": "2026-01-29T01:04:58Z",
            "is_favorited": None,
            "thumbnail_url": "https://v3b.fal.media/files/b/lab/thumb.jpg",
            "model_url": f"https://fal.run/{endpoint_id}",
            "date": "2026-01-27T15:45:06.060Z",
            "highlighted": False,
            "pinned": False,
            "license_type": "commercial",
            "kind": "inference",
            **metadata,
        },
    }


def upstreams_items() -> list[dict[str, Any]]:
    """Return upstream's entries beside the project, as in `models[]` of `GET /v1/models`."""
    file = BESIDE / "data" / "models.json"
    items: list[dict[str, Any]] = json.loads(file.read_text()) if file.exists() else []
    return items


def with_case(name: str, own: bytes) -> list[bytes]:
    """Return a test's own input, and the file that once failed, if it is beside the project."""
    file = BESIDE / "cases" / name
    return [own, file.read_bytes()] if file.exists() else [own]


def summary() -> str:
    """Return a sentence about the documents and files on which the tests run."""
    own = f"{len(invented_ids())} invented documents and {len(MODELS)} of the sandbox"
    cases = len([*(BESIDE / "cases").glob("*.*")])
    if not upstreams() and not cases:
        return f"Tested on {own}; none of upstream's are beside the project"
    more = f"{len(upstreams())} documents and {len(upstreams_items())} entries of upstream's"
    return f"Tested on {own}; beside the project on {more}, and {cases} files of cases"


def _titled(schema: Any) -> Any:
    """Give each property without a title the one that fal's generator makes from its name."""
    if isinstance(schema, list):
        return [_titled(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    filled = {key: value if key == "default" else _titled(value) for key, value in schema.items()}
    if isinstance(properties := schema.get("properties"), dict):
        filled["properties"] = {
            name: {"title": name.replace("_", " ").title()} | _titled(node)
            for name, node in properties.items()
        }
    return filled


def _references(schema: Any) -> list[str]:
    return re.findall(f'"{REFERENCE}([^"]+)"', json.dumps(schema))
