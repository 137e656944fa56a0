"""Draws a graph as SVG: boxes, lines, links. Styled by classes only; states also have a symbol.

The drawing scrolls inside its frame and is a group with title and description, as its boxes are
links; the page has the same content as a list.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from flows.graph.graph import INPUT, Graph, Node
from flows.graph.layout import HEIGHT, RESULT, WIDTH, Box, Line, layout

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2
TITLE_CHARS, DETAIL_CHARS = 24, 30
SIGNS = {"running": "…", "done": "✓", "failed": "✕", "unknown": "?", "broken": "!"}
WORDS = {
    "waiting": "waiting",
    "running": "running",
    "done": "done",
    "failed": "failed",
    "unknown": "its outcome is unknown",
    "broken": "cannot be run",
}


@dataclass(frozen=True)
class Face:
    """The contents of a box: a title, a line below it, an address, and a state of WORDS or none."""

    title: str
    detail: str = ""
    href: str = ""
    state: str = ""


def draw(
    graph: Graph, faces: Mapping[str, Face] | None = None, *, title: str = "", key: str = "graph"
) -> str:
    """Return the SVG; `key` prefixes its ids, so that a page can contain several."""
    placed = layout(graph)
    shown = {box.id: (faces or {}).get(box.id) or face_of(graph, box.id) for box in placed.boxes}
    name, key = escape(title or graph.title or "Workflow"), escape(key)
    parts = [
        f'<svg class="flow-graph" id="{key}" role="group" aria-labelledby="{key}-title {key}-desc"'
        f' width="{placed.width}" height="{placed.height}"'
        f' viewBox="0 0 {placed.width} {placed.height}" xmlns="http://www.w3.org/2000/svg">',
        f'<title id="{key}-title">{name}</title>',
        f'<desc id="{key}-desc">{escape(description(graph))}</desc>',
        f'<defs><marker id="{key}-tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7"'
        ' markerHeight="7" orient="auto"><path class="tip" d="M0 0 8 4 0 8z"/></marker></defs>',
    ]
    parts += [_line(line, key, shown) for line in placed.lines]
    parts += [_box(box, graph.nodes.get(box.id), shown[box.id]) for box in placed.boxes]
    parts.append("</svg>")
    return "".join(parts)


def description(graph: Graph) -> str:
    """Return a description of the graph in a sentence."""
    runs = len(graph.runs)
    return f"{runs} step{'' if runs == 1 else 's'}. The same is listed below the picture."


def face_of(graph: Graph, key: str) -> Face:
    """Return the face of a box without further information."""
    node = graph.nodes.get(key)
    if key == RESULT:
        return Face("Result", _listed(graph.output))
    if key == INPUT or (node and node.kind == "input"):
        return Face("Input", _listed(graph.inputs))
    if node is None or node.kind == "display":
        return Face("Result", _listed(graph.output))
    if not node.is_run:
        return Face(node.id, node.kind or "no type", state="broken")
    return Face(node.app or node.id, node.id)


def _listed(names: Mapping[str, object]) -> str:
    return ", ".join(map(str, names))


def _line(line: Line, key: str, shown: Mapping[str, Face]) -> str:
    """Return a curved line, which has the state of its source box."""
    (x, y), *_ = line.points
    path = [f"M{x} {y}"]
    for (x1, y1), (x2, y2) in pairwise(line.points):
        bend = max((x2 - x1) // 2, 24)
        path.append(f"C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}")
    state = escape(shown[line.source].state)
    tip = f'marker-end="url(#{key}-tip)"'
    return f'<path class="line" data-state="{state}" d="{"".join(path)}" {tip}/>'


def _box(box: Box, node: Node | None, face: Face) -> str:
    kind = node.kind if node and node.is_known else "input" if box.id == INPUT else "result"
    kind = kind if node is None or node.is_known else "unknown"
    word = WORDS.get(face.state, "")
    hover = " · ".join(text for text in (face.title, face.detail, word) if text)
    sign = SIGNS.get(face.state, "")
    inner = (
        f"<title>{escape(hover)}</title>"
        f'<rect width="{WIDTH}" height="{HEIGHT}" rx="10"/>'
        f'<text class="name" x="14" y="29">{escape(_short(face.title, TITLE_CHARS))}</text>'
        f'<text class="about" x="14" y="50">{escape(_short(face.detail, DETAIL_CHARS))}</text>'
    )
    if sign:
        inner += f'<text class="sign" x="{WIDTH - 14}" y="29" text-anchor="end">{sign}</text>'
    if face.href:
        inner = f'<a href="{escape(face.href)}">{inner}</a>'
    return (
        f'<g class="box" data-kind="{kind}" data-state="{escape(face.state)}"'
        f' transform="translate({box.x} {box.y})">{inner}</g>'
    )


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def escape(text: str) -> str:
    """Return the text as markup; characters that XML forbids are replaced."""
    return html.escape(_NO_XML.sub("\N{REPLACEMENT CHARACTER}", text))
