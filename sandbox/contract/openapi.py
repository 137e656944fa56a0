"""Builds an endpoint's OpenAPI document with the structure that all of fal's documents share."""

import json
import re
from pathlib import Path
from typing import Any

from sandbox.contract.registry import Model, Schema

REF = "#/components/schemas/"
STRUCTURE = (Path(__file__).parent / "document.json").read_text()
# Components that many models reference, in `models/common.json`.
COMMON: dict[str, Schema] = json.loads(
    (Path(__file__).parents[1] / "models" / "common.json").read_text()
)


def document(model: Model, addresses: dict[str, str]) -> dict[str, Any]:
    """Return the document; `{files}` in examples becomes the file host's address."""
    camel = camel_case(model.endpoint_id)
    structure = STRUCTURE.replace("ENDPOINT_ID", model.endpoint_id).replace("CAMEL", camel)
    result = json.loads(structure.replace("CATEGORY", model.category)) | model.extra
    schemas = {f"{camel}Input": model.input, f"{camel}Output": model.output}
    result["components"]["schemas"] |= schemas | components(model)
    document: dict[str, Any] = addressed(result, addresses)
    return document


def components(model: Model) -> dict[str, Schema]:
    """Return the components that the model's schemas reference, directly or not.

    A reference to an undefined component stays dangling, on purpose.
    """
    defined = {**COMMON, **model.components}
    reachable: dict[str, Schema] = {}
    pending = [*_references(model.input), *_references(model.output)]
    while pending:
        name = pending.pop(0)
        if name in defined and name not in reachable:
            reachable[name] = defined[name]
            pending += _references(defined[name])
    return reachable


def camel_case(endpoint_id: str) -> str:
    """Name components as fal does: `sandbox/aurora/image-to-image` → `AuroraImageToImage`."""
    words = re.split(r"[^A-Za-z0-9]+", endpoint_id.partition("/")[2])
    return "".join(word[:1].upper() + word[1:] for word in words)


def addressed(value: Any, addresses: dict[str, str]) -> Any:
    """Return a copy of the value with the addresses of the hosts for `{files}` and `{queue}`."""
    text = json.dumps(value)
    for host in ("files", "queue"):
        text = text.replace(f"{{{host}}}", addresses[host])
    return json.loads(text)


def _references(schema: Schema) -> list[str]:
    return re.findall(f'"{REF}([^"]+)"', json.dumps(schema))
