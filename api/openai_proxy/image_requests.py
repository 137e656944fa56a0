"""Parses OpenAI's image calls into an endpoint and its arguments.

`model` is the id of any endpoint that makes pictures. The prompt and the pictures go into the
fields with these roles; `n`, `size` and `quality` into the fields with these meanings. What the
model cannot take is refused with its name, never left out: it would change a result that is paid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from api.http import retirement
from api.http.problem import Problem
from api.openai_proxy.chat_messages import wrong
from api.openai_proxy.chat_requests import UNKNOWN_MODEL
from catalog.models import Endpoint
from catalog.schema_versions import version_of
from core.formatting import counted
from fal.db_safe import db_safe_text
from playground.form import form_state
from playground.form.form_state import ParsedForm
from schemas.carry import conversions
from schemas.facts.capabilities import capabilities_of
from schemas.fields import Field
from schemas.meanings import SIDES, by_meaning, is_shape
from schemas.uses.inputs import Input, inputs_of
from schemas.uses.placing import place_all, values_at

NO_IMAGES = "“{}” is not a model of the catalogue that makes pictures."
URL, DATA = FORMATS = ("url", "b64_json")
# Parameters with these values change nothing: every model accepts them.
NEUTRAL: Mapping[str, Sequence[Any]] = {
    "n": (1, "1"),
    "size": ("auto",),
    "quality": ("auto", "standard"),
    "style": (),
    "background": ("auto",),
    "moderation": ("auto",),
    "input_fidelity": ("low",),
    "partial_images": (0, "0"),
    "stream": (False, "false"),
}
READ_HERE = {"model", "prompt", "response_format", "image", "images", "mask"}
ABOUT_THE_CALLER = {"user", "safety_identifier", "metadata", "store", "service_tier"}  # no effect
MEANINGS = {"n": "count", "output_format": "format"}
_SAME_RATIO = 0.03  # 1024x1024 and "1:1" are the same shape; 1792x1024 and "16:9" nearly
_MAIN, _MASK = ("main", "reference", "start"), "mask"


@dataclass(frozen=True)
class ImageRequest:
    """A call: the endpoint with its arguments, and whether the answer contains the files."""

    endpoint: Endpoint
    arguments: dict[str, Any]
    wants_data: bool


def parse_image_request(
    body: Mapping[str, Any], images: Sequence[str] = (), masks: Sequence[str] = ()
) -> ImageRequest:
    """Parse a body, with the addresses of its files; raises Problem with the parameter's name."""
    endpoint = _endpoint(body.get("model"))
    root = version_of(endpoint).root
    inputs = inputs_of(root)
    answer_format = body.get("response_format") or URL
    if answer_format not in FORMATS:
        raise wrong("response_format", f"response_format must be one of {', '.join(FORMATS)}.")
    arguments = _prompt(root, body.get("prompt"))
    images = [*images, *_addresses(body, "image"), *_addresses(body, "images")]
    masks = [*masks, *_addresses(body, "mask")]
    for name, role, addresses in (("image", _MAIN, images), ("mask", (_MASK,), masks)):
        arguments = _with_files(root, inputs, arguments, name, role, addresses)
    for name, value in body.items():
        if name not in READ_HERE | ABOUT_THE_CALLER and value is not None:
            arguments |= _setting(endpoint, root, name, value)
    problems = form_state.find_problems(endpoint, ParsedForm(arguments, []))
    if problems:
        problem = problems[0]
        field_name = str(problem.path[0]) if problem.path else "model"
        raise wrong(field_name, f"{field_name}: {problem.message}")
    return ImageRequest(endpoint, arguments, answer_format == DATA)


def _endpoint(name: Any) -> Endpoint:
    if not isinstance(name, str) or not name.strip():
        raise wrong("model", "Name the model that should make the pictures.")
    endpoint = Endpoint.objects.filter(endpoint_id=db_safe_text(name)).first()
    if endpoint is None or not endpoint.schema_id or not _makes_images(endpoint):
        raise wrong("model", NO_IMAGES.format(name[:200]), 404, UNKNOWN_MODEL)
    return retirement.note(endpoint)


def _makes_images(endpoint: Endpoint) -> bool:
    """Whether its facts say so; read from the schema where no sync has stored them yet."""
    contract, root = version_of(endpoint).contract, version_of(endpoint).root
    facts = endpoint.facts or capabilities_of(contract, root, contract.document).facts
    return "out:image" in facts


def _prompt(root: Field, prompt: Any) -> dict[str, Any]:
    if prompt in (None, ""):
        return {}
    field = by_meaning(root.children).get("prompt")
    if field is None:
        raise _refused("prompt")
    return {field.name: prompt}


def _with_files(
    root: Field,
    inputs: Sequence[Input],
    arguments: dict[str, Any],
    name: str,
    roles: Sequence[str],
    addresses: Sequence[str],
) -> dict[str, Any]:
    """Return the arguments with all files in the best fields of these roles.

    Several go into one list; if a model has no list for all, the first goes beside the list.
    """
    addresses = list(dict.fromkeys(addresses))
    takers = [taker for taker in inputs if taker.kind == "image" and taker.role in roles]
    takers.sort(key=lambda taker: (not taker.is_required, roles.index(taker.role)))
    if addresses and not takers:
        raise _refused(name)
    if len(addresses) < 2:
        return _placed(root, arguments, [(takers[0], addresses)]) if addresses else arguments
    alone = [[(taker, addresses)] for taker in takers]
    beside = [[(takers[0], addresses[:1]), (taker, addresses[1:])] for taker in takers[1:]]
    for plan in (*alone, *beside):
        placed = _placed(root, arguments, plan)
        is_whole = all(len(values_at(placed, taker.path)) == len(part) for taker, part in plan)
        if is_whole and all(values_at(placed, need.path) for need in takers if need.is_required):
            return placed
    many = counted(len(addresses), "file")
    raise wrong(name, f"This model does not take {many} as “{name}”.")


def _placed(
    root: Field, arguments: dict[str, Any], plan: Sequence[tuple[Input, Sequence[str]]]
) -> dict[str, Any]:
    for taker, addresses in plan:
        arguments = place_all(root, arguments, taker.path, addresses)
    return arguments


def _addresses(body: Mapping[str, Any], name: str) -> list[str]:
    """Return the addresses of the pictures under a name: texts or objects, one or a list."""
    value = body.get(name) or []
    addresses = []
    for picture in value if isinstance(value, list) else [value]:
        address = picture.get("image_url") if isinstance(picture, dict) else picture
        address = address.get("url") if isinstance(address, dict) else address
        if not isinstance(address, str) or not address.strip():
            raise wrong(
                name, f"{name} must be addresses or data URIs: {{'image_url': 'https://…'}}."
            )
        addresses.append(address.strip())
    return addresses


def _setting(endpoint: Endpoint, root: Field, name: str, value: Any) -> dict[str, Any]:
    """Return the argument for a parameter: its field's name, in the notation of the schema."""
    fields = {child.name: child for child in root.children}
    if value in NEUTRAL.get(name, ()):
        return {}
    field = by_meaning(root.children).get(MEANINGS.get(name, "")) or fields.get(name)
    if name == "size" and isinstance(value, str):
        return _size(endpoint, fields, value)
    if field is None or field.media:
        raise _refused(name)
    if field.traits.is_numeric and isinstance(value, str) and value.isdecimal():
        value = int(value)  # of a form
    if not _fits(endpoint, {field.name: value}):
        raise wrong(name, f"This model does not take {str(value)[:60]!r} as {name}.")
    return {field.name: value}


def _size(endpoint: Endpoint, fields: Mapping[str, Field], size: str) -> dict[str, Any]:
    goal = conversions.read_shape(size)
    shape_field = next((field for field in fields.values() if is_shape(field)), None)
    if goal is not None and shape_field is not None:
        for value in conversions.shapes_for(shape_field, goal):
            shape = conversions.read_shape(value)
            is_alike = shape is not None and shape.distance(goal) <= _SAME_RATIO
            if is_alike and _fits(endpoint, {shape_field.name: value}):
                return {shape_field.name: value}
    elif goal is not None and {*SIDES} <= fields.keys():
        sides = dict(zip(SIDES, (int(goal.width), int(goal.height)), strict=True))
        if _fits(endpoint, sides):
            return sides
    raise wrong("size", f"This model does not take the size {size[:60]!r}.")


def _fits(endpoint: Endpoint, arguments: dict[str, Any]) -> bool:
    """Whether the schema accepts these arguments, apart from others that are missing."""
    problems = form_state.find_problems(endpoint, ParsedForm(arguments, []))
    return not any(problem.path and problem.path[0] in arguments for problem in problems)


def _refused(name: str) -> Problem:
    return wrong(name, f"This model has no field for {name}.")
