"""Field tree + post → Nodes: what each control shows. Templates draw Nodes and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any

from schemas.controls import BLANK_ROW, Post, Rows, below, last
from schemas.exact import identical
from schemas.fields import MISSING, Field, Option
from schemas.fitting import fitting, is_default_branch
from schemas.reading import Problem, decode, locate, parse
from schemas.texts import shown
from schemas.writing import is_tickable, write, write_default


@dataclass(slots=True, eq=False)
class Node:
    """One field as it is to be drawn; `name` is its control's name, unique in the form."""

    field: Field
    name: str
    text: str = ""  # what the control holds; of a choice or union, the active option's key
    shown_default: str = ""
    is_boxed: bool = False  # drawn as JSON, its own controls cannot hold the value
    is_posted: bool = True  # False where a first-level field is surely as nobody touched it
    is_changed: bool = False  # holds something of its own
    is_ticked: bool = False  # a list drawn as one box for each choice
    keys: tuple[str, ...] = ()  # what is ticked
    children: list[Node] = attribute(default_factory=list)  # of an object; of a union, each branch
    rows: list[Row] = attribute(default_factory=list)
    extra: Node | None = None  # an object's keys beyond its properties, as a map
    marks: tuple[str, ...] = ()
    errors: list[str] = attribute(default_factory=list)

    @property
    def id(self) -> str:
        """The control's id."""
        return "f-" + self.name

    @property
    def blank_row(self) -> Row | None:
        """A new row, to be copied by script; its number is a placeholder."""
        if self.field.item is None or self.is_ticked:
            return None
        item = self.field.item
        return Row(BLANK_ROW, "", _Drawer({}).node(item, f"{self.name}.{BLANK_ROW}", item.default))

    @property
    def options(self) -> Iterator[tuple[Option, bool]]:
        """The options of a choice with whether each is active; ticked ones first, in their order."""
        field = self.field.item if self.is_ticked and self.field.item else self.field
        if not self.is_ticked:
            return ((option, option.key == self.text) for option in field.options)
        place = {key: position for position, key in enumerate(self.keys)}
        known = [option.key for option in field.options if option.key in place]
        ordered = (
            field.options
            if known == list(self.keys)
            else sorted(field.options, key=lambda option: place.get(option.key, len(place)))
        )
        return ((option, option.key in place) for option in ordered)

    def walk(self) -> Iterator[Node]:
        """This node and everything below it, in the order of the page."""
        yield self
        for child in self.children:
            yield from child.walk()
        for row in self.rows:
            yield from row.node.walk()
        if self.extra:
            yield from self.extra.walk()


@dataclass(slots=True, eq=False)
class Row:
    """One row of a list or map; `number` stands in its controls' names."""

    number: int | str
    key: str
    node: Node


def draw(
    root: Field,
    value: Any = MISSING,
    post: Post | None = None,
    problems: Iterable[Problem] = (),
) -> Node:
    """The form's Node tree: untouched, filled in with arguments, or as it was posted.

    Each problem lands on the node that holds its path; the rest of the path stands in its text.
    """
    if post is None:
        post = write(root, value) if isinstance(value, dict) else {}
    problems = list(problems)
    if last(post, "~mode") == "json":
        return _whole(root, post, problems)
    node = _Drawer(post).node(root, "", MISSING)
    posted = {name.partition(".")[0].partition("~")[0] for name in post}
    for child in node.children:
        child.is_posted = child.name in posted
    if problems:
        _place(node, problems, parse(root, post).names)
    return node


def _whole(root: Field, post: Post, problems: list[Problem]) -> Node:
    """The whole input in one JSON box; what is wrong inside it is told with its path."""
    node = Node(root, "", text=last(post, "~json") or "", is_boxed=True)
    _place(node, problems, {(): ""})
    return node


def _place(root: Node, problems: list[Problem], names: dict[tuple[str | int, ...], str]) -> None:
    nodes: dict[str, Node] = {}
    for node in root.walk():
        nodes.setdefault(node.name, node)
    for problem in problems:
        name, rest = locate(names, problem.path)
        node = nodes.get(name, root)
        message = problem.message
        if rest:
            message = f"{' / '.join(map(str, rest))}: {message}"
        if message not in node.errors:
            node.errors.append(message)


_BLANK_ROWS = {"string", "integer", "number"}  # one empty row of these says nothing yet


class _Drawer:
    """One walk over one post."""

    def __init__(self, post: Post) -> None:
        self.post = post
        self.rows = Rows(post)

    def node(self, field: Field, name: str, default: Any) -> Node:
        """The node of one field, whose default its parent's default may have overridden."""
        post = self.post
        node = Node(field, name)
        if post and name:
            self.look(node)
            if node.is_boxed:
                return node
        if field.kind == "object":
            self.object(node, default)
        elif field.kind == "tuple":
            self.tuple(node, default)
        elif field.kind == "list" or field.kind == "map":
            self.list(node, default)
        else:
            node.shown_default = _active(field, default)
            text = last(post, name) if post else None
            node.text = node.shown_default if text is None else text
            node.is_changed = node.is_changed or node.text != node.shown_default
            if field.kind == "union":
                self.union(node, default)
        return node

    def look(self, node: Node) -> None:
        """Our own marks beside the controls."""
        name = node.name
        boxed = last(self.post, name + "~json")
        node.marks = tuple(mark for mark in ("set", "null") if f"{name}~{mark}" in self.post)
        node.is_changed = bool(node.marks)
        if boxed and boxed.strip():
            node.is_boxed = node.is_changed = True
            node.text = boxed

    def object(self, node: Node, default: Any) -> None:
        """Properties, and keys that the schema does not know."""
        preset = default if isinstance(default, dict) and "set" not in node.marks else {}
        node.children = [
            self.node(child, below(node.name, child.name), preset.get(child.name, child.default))
            for child in node.field.children
        ]
        rest = node.field.others
        if self.post or rest.is_open:
            extra = self.node(rest, node.name + "~extra", MISSING)
            node.extra = extra if rest.is_open or extra.rows or extra.is_boxed else None
        below_it = [*node.children, *([node.extra] if node.extra else [])]
        node.is_changed = node.is_changed or any(child.is_changed for child in below_it)

    def tuple(self, node: Node, default: Any) -> None:
        """Each place, in its order."""
        preset = default if isinstance(default, list) and "set" not in node.marks else []
        for number, child in enumerate(node.field.children):
            own = preset[number] if number < len(preset) else child.default
            node.children.append(self.node(child, below(node.name, number), own))
        node.is_changed = node.is_changed or any(child.is_changed for child in node.children)

    def list(self, node: Node, default: Any) -> None:
        """Rows as posted, else as the default has them."""
        field, name = node.field, node.name
        item = field.item or Field(kind="json")
        plain = self.post.get(name)
        numbers = self.rows.of(name) if self.post else None
        if numbers is None and plain is None:
            self.untouched(node, default)
            return
        node.is_changed = True
        if is_tickable(field):
            numbers, plain = numbers or [], plain or []
            rows = (last(self.post, below(name, number)) or "" for number in numbers)
            node.is_ticked, node.keys = True, tuple(key for key in (*plain, *rows) if key)
            node.is_changed = bool(node.marks) or not identical(
                _values(item, node.keys), default if default is not MISSING else []
            )
            return
        for number in numbers or ():
            here = below(name, number)
            key = last(self.post, here + "~key") or ""
            node.rows.append(Row(number, key, self.node(item, here, item.default)))
        first = max(numbers or (), default=-1) + 1
        for number, text in enumerate(filter(None, plain or ()), start=first):
            here = below(name, number)
            node.rows.append(
                Row(number, "", _Drawer({here: [text]}).node(item, here, item.default))
            )
        if not node.marks and not node.rows:
            node.is_changed = bool(default) and default is not MISSING

    def untouched(self, node: Node, default: Any) -> None:
        """The rows of the default; a required list of plain values begins with one empty row."""
        field, name = node.field, node.name
        if isinstance(default, list | dict) and default:
            inner = _Drawer(write_default(field, name, default))
            again = inner.node(field, name, MISSING)
            node.rows, node.is_ticked, node.keys = again.rows, again.is_ticked, again.keys
            node.is_boxed, node.text = again.is_boxed, again.text
            return
        node.is_ticked = is_tickable(field)
        item = field.item
        if (
            item
            and field.is_required
            and field.kind == "list"
            and item.kind in _BLANK_ROWS
            and not item.has_default
        ):
            inner_name = below(name, 0)
            node.rows = [Row(0, "", self.node(item, inner_name, item.default))]

    def union(self, node: Node, default: Any) -> None:
        """Each alternative, drawn whether it is active or not."""
        field = node.field
        for option in field.options:
            if option.branch:
                branch = field.branches[option.branch - 1]
                is_own = is_default_branch(field, option.branch, default)
                own = default if is_own else branch.default
                drawn = self.node(branch, node.name + option.key, own)
                node.children.append(drawn)
                node.is_changed |= drawn.is_changed and option.key == node.text


def _active(field: Field, default: Any) -> str:
    """What a simple control shows before anybody touched it."""
    if field.kind != "union":
        return shown(field, default)
    option = fitting(field, default)
    return option.key if option else ""


def _values(item: Field, keys: tuple[str, ...]) -> list[Any]:
    known = {option.key for option in item.options}
    return [decode(item, key) for key in keys if key in known]
