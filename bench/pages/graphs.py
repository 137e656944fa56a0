"""Server-side SVG of a workflow's graph of 40 nodes, each depending on the three before it.

The reference serializes the same SVG from its parsed form, which is the last step of any drawing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

from bench.figures import Goal, at_most, median
from bench.stage.stage import Stage

NODES, BEFORE = 40, 3
DRAWN_MS = 5.0


def measure_goals(stage: Stage, rounds: int, is_full: bool) -> list[Goal]:
    """Return the median time of one drawing."""
    from flows.graph import reading, svg

    graph = reading.parse_graph(definition())
    tree = ElementTree.fromstring(svg.draw(graph))
    ours = median(taken_ms(lambda: svg.draw(graph)) for _ in range(rounds))
    bare = median(taken_ms(lambda: ElementTree.tostring(tree)) for _ in range(rounds))
    return [at_most("graph", f"{NODES} nodes drawn, p50", ours, DRAWN_MS, "ms", bare)]


def taken_ms(draw: Callable[[], object]) -> float:
    """Return the milliseconds of one drawing."""
    began = time.perf_counter()
    draw()
    return 1000 * (time.perf_counter() - began)


def definition() -> dict[str, Any]:
    """Return the workflow's contents, in fal's dialect B (protocol, section 15.3)."""
    nodes = {}
    for at in range(NODES):
        before = [f"n{number}" for number in range(max(0, at - BEFORE), at)]
        read = {"a": [f"${node_id}.images.0" for node_id in before], "p": "$input.x"}
        nodes[f"n{at}"] = {
            "type": "run",
            "id": f"n{at}",
            "app": "a/b",
            "depends": before or ["input"],
            "input": read,
        }
    return {"name": "workflow", "version": "1", "nodes": nodes, "output": {}, "schema": {}}
