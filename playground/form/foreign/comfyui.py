"""Reads the settings out of a graph that ComfyUI has run, in its API format.

    {"3": {"class_type": "KSampler", "inputs": {"seed": 1, "positive": ["6", 0]}}, "6": …}

An input is a value, or a link: a node's key and the number of its output. The settings are those
nearest to the sampler, on the way back from it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any

from playground.form.foreign import values
from playground.form.foreign.values import Unreadable

PROGRAM = "ComfyUI"
MOST_NODES = 2000  # that are looked at
_TEXTS = ("text", "prompt", "t5xxl", "text_g", "clip_l", "string", "value", "positive")
_SAMPLED = {"positive", "guider", "latent_image", "conditioning"}
Node = dict[str, Any]  # a node's inputs


def read(text: str) -> dict[str, Any]:
    """Return the settings by the names that models usually give them; raises Unreadable."""
    graph = _inputs(values.as_json(text, "ComfyUI's recipe"))
    sampler = _sampler(graph)
    if sampler is None:
        raise Unreadable("ComfyUI's recipe in this picture has no sampler that Vitrine knows.")
    nodes = [*_back_from(graph, sampler)]
    sides = next((size for node in nodes if (size := _size(node))), None)
    guider = graph.get(_key(sampler.get("guider")), {})
    arguments = {
        "prompt": _text_behind(graph, sampler, guider, ("positive", "conditioning")),
        "negative_prompt": _text_behind(graph, sampler, guider, ("negative",)),
        "seed": _first_integer(nodes, ("seed", "noise_seed"), values.MOST_SEED),
        "num_inference_steps": _first_integer(nodes, ("steps",), 10_000),
        "guidance_scale": values.guidance(
            _first_number(nodes, ("cfg",)), _first_number(nodes, ("guidance",))
        ),
        "strength": _strength(_first_number(nodes, ("denoise",))),
        "image_size": sides,
        "sampler": next(
            (s for node in nodes if (s := values.clean_text(node.get("sampler_name")))), None
        ),
    }
    return {name: value for name, value in arguments.items() if value is not None}


def _inputs(document: dict[str, Any]) -> dict[str, Node]:
    """Return the inputs of each node; entries that are not nodes are left out."""
    nodes = ((key, node.get("inputs")) for key, node in document.items() if isinstance(node, dict))
    return {key: inputs for key, inputs in nodes if isinstance(inputs, dict)}


def _sampler(graph: dict[str, Node]) -> Node | None:
    """Return the node with the most inputs of a sampler; the first of equals."""
    return max(
        (node for node in graph.values() if {"positive", "guider"} & node.keys()),
        key=lambda node: len(_SAMPLED & node.keys()) + bool({"seed", "noise_seed"} & node.keys()),
        default=None,
    )


def _back_from(graph: dict[str, Node], start: Node) -> Iterator[Node]:
    """Yield a node and all that it depends on, the nearest first, each once."""
    to_visit, seen = deque([start]), {id(start)}
    while to_visit and len(seen) <= MOST_NODES:
        node = to_visit.popleft()
        yield node
        for value in node.values():
            before = graph.get(_key(value))
            if before is not None and id(before) not in seen:
                seen.add(id(before))
                to_visit.append(before)


def _key(value: Any) -> str:
    """Return the key of the node that a link names; empty for values."""
    is_link = isinstance(value, list) and len(value) == 2 and isinstance(value[0], str | int)
    return str(value[0]) if is_link else ""


def _text_behind(
    graph: dict[str, Node], sampler: Node, guider: Node, names: tuple[str, ...]
) -> str | None:
    links = (node.get(name) for node in (sampler, guider) for name in names)
    start = next((graph[_key(link)] for link in links if _key(link) in graph), None)
    if start is None:
        return None
    texts = (
        values.clean_text(node.get(name)) for node in _back_from(graph, start) for name in _TEXTS
    )
    return next((text for text in texts if text), None)


def _size(node: Node) -> dict[str, int] | None:
    return values.size(node.get("width"), node.get("height"))


def _first_integer(nodes: list[Node], names: tuple[str, ...], most: int) -> int | None:
    numbers = (values.integer(node.get(name), most) for node in nodes for name in names)
    return next((number for number in numbers if number is not None), None)


def _first_number(nodes: list[Node], names: tuple[str, ...]) -> float | None:
    numbers = (values.number(node.get(name)) for node in nodes for name in names)
    return next((number for number in numbers if number is not None), None)


def _strength(denoise: float | None) -> float | None:
    """Return how far the input picture is changed; None without one: everything is new then."""
    return denoise if denoise is not None and denoise < 1 else None
