"""Places the boxes of a graph in layers from left to right, and the lines between them.

A small version of Sugiyama's method: a box's layer is its longest path from a source, long lines
pass through places in the layers between, and each layer is sorted by the mean position of its
neighbours, which leaves few crossings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from flows.graph.graph import INPUT, Graph, order

RESULT = "~result"  # the box of the result, if there is no display node
WIDTH, HEIGHT = 208, 68
GAP_X, GAP_Y, MARGIN = 64, 22, 12
LINE_HEIGHT = 10  # of the place at which a long line passes a layer
MOST_PASSES = 240  # places for long lines; further ones are drawn straight
SWEEPS = 3

Key = str | tuple[str, str, int]


@dataclass(frozen=True)
class Box:
    """The position of a node's box: its upper left corner."""

    id: str
    x: int
    y: int


@dataclass(frozen=True)
class Line:
    """A line between two boxes, through these points."""

    source: str
    target: str
    points: Sequence[tuple[int, int]]


@dataclass(frozen=True)
class Layout:
    """The boxes in reading order, the lines, and the total size."""

    boxes: Sequence[Box]
    lines: Sequence[Line]
    width: int
    height: int


def layout(graph: Graph) -> Layout:
    """Place everything of a graph, even with cycles or dangling references."""
    sources = _sources(graph)
    layers = _layers(graph, sources)
    pairs = [
        (source, node)
        for node, before in sources.items()
        for source in before
        if layers[source] < layers[node]
    ]
    back = [
        (source, node)
        for node, before in sources.items()
        for source in before
        if layers[source] >= layers[node]
    ]
    chains = _chains(pairs, layers)
    columns = _columns(layers, chains)
    _sort(columns, chains)
    places, height = _places(columns)
    boxes = [Box(key, *places[key]) for column in columns for key in column if isinstance(key, str)]
    lines = [_line(chain, places) for chain in chains]
    lines += [_line(pair, places) for pair in back]
    width = 2 * MARGIN + len(columns) * WIDTH + max(len(columns) - 1, 0) * GAP_X
    return Layout(boxes, lines, width, height)


def _sources(graph: Graph) -> dict[str, list[str]]:
    """Map each box to those before it, with the input and the result as boxes of their own."""
    by_node = {
        key: [source for source in sources if source in graph.nodes or source == INPUT]
        for key, sources in graph.sources.items()
    }
    reads_input = any(INPUT in before for before in by_node.values())
    if INPUT not in by_node and (reads_input or graph.inputs):
        by_node = {INPUT: [], **by_node}
    if graph.output and not any(node.kind == "display" for node in graph.nodes.values()):
        by_node[RESULT] = [source for source in graph.output_sources() if source in by_node]
    return {key: [source for source in before if source != key] for key, before in by_node.items()}


def _layers(graph: Graph, sources: Mapping[str, Sequence[str]]) -> dict[str, int]:
    done, stuck = order(graph)
    keys = [INPUT, *done, *stuck, RESULT]
    layers: dict[str, int] = {}
    for key in keys:
        if key in sources and key not in layers:
            layers[key] = max(
                (layers[source] + 1 for source in sources[key] if source in layers), default=0
            )
    return layers


def _chains(pairs: list[tuple[str, str]], layers: Mapping[str, int]) -> list[list[Key]]:
    """Return each line as the places that it passes, one in each layer between."""
    passes = sum(layers[target] - layers[source] - 1 for source, target in pairs)
    if passes > MOST_PASSES:
        return [[source, target] for source, target in pairs]
    return [
        [
            source,
            *((source, target, at) for at in range(layers[source] + 1, layers[target])),
            target,
        ]
        for source, target in pairs
    ]


def _columns(layers: Mapping[str, int], chains: list[list[Key]]) -> list[list[Key]]:
    columns: list[list[Key]] = [[] for _ in range(max(layers.values(), default=-1) + 1)]
    for node, layer in layers.items():
        columns[layer].append(node)
    for chain in chains:
        for key in chain:
            if isinstance(key, tuple):
                columns[key[2]].append(key)
    return columns


def _sort(columns: list[list[Key]], chains: list[list[Key]]) -> None:
    """Sort each column by the mean position of its neighbours, forwards and backwards."""
    before: dict[Key, list[Key]] = {}
    after: dict[Key, list[Key]] = {}
    for chain in chains:
        for left, right in pairwise(chain):
            before.setdefault(right, []).append(left)
            after.setdefault(left, []).append(right)
    for sweep in range(SWEEPS):
        is_forth = sweep % 2 == 0
        joined, neighbours = (before, columns[:-1]) if is_forth else (after, columns[:0:-1])
        turned = columns[1:] if is_forth else columns[-2::-1]
        for column, others in zip(turned, neighbours, strict=True):
            place = {key: float(at) for at, key in enumerate(others)}
            weight = {key: _mean(joined.get(key, ()), place, at) for at, key in enumerate(column)}
            column.sort(key=weight.__getitem__)


def _mean(keys: Sequence[Key], place: Mapping[Key, float], own: float) -> float:
    placed = [place[key] for key in keys if key in place]
    return sum(placed) / len(placed) if placed else own


def _places(columns: list[list[Key]]) -> tuple[dict[Key, tuple[int, int]], int]:
    heights = [
        sum(_height(key) for key in column) + GAP_Y * max(len(column) - 1, 0) for column in columns
    ]
    tallest = max(heights, default=0)
    places: dict[Key, tuple[int, int]] = {}
    for at, (column, height) in enumerate(zip(columns, heights, strict=True)):
        x, y = MARGIN + at * (WIDTH + GAP_X), MARGIN + (tallest - height) // 2
        for key in column:
            places[key] = (x, y)
            y += _height(key) + GAP_Y
    return places, tallest + 2 * MARGIN


def _height(key: Key) -> int:
    return HEIGHT if isinstance(key, str) else LINE_HEIGHT


def _line(chain: Sequence[Key], places: Mapping[Key, tuple[int, int]]) -> Line:
    """Return a line from the right side of its first box to the left side of its last."""
    first, last = chain[0], chain[-1]
    x, y = places[first]
    points = [(x + WIDTH, y + HEIGHT // 2)]
    for key in chain[1:-1]:
        x, y = places[key]
        points += [(x, y + LINE_HEIGHT // 2), (x + WIDTH, y + LINE_HEIGHT // 2)]
    x, y = places[last]
    points.append((x, y + HEIGHT // 2))
    return Line(str(first), str(last), points)
