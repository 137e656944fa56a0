"""Field tree and form post → Nodes: the content of each control. Templates draw only Nodes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from dataclasses import field as attribute
from typing import Any, assert_never

from schemas.exact import identical
from schemas.fields import MISSING, Field, Option
from schemas.fields.fitting import is_default_branch, matching_option
from schemas.form.decode import (
    BLANK_ROW,
    Post,
    Problem,
    Rows,
    below,
    decode_post,
    decode_text,
    last_value,
    locate,
)
from schemas.form.encode import encode_arguments, encode_default, is_checkbox_list
from schemas.form.texts import control_text


@dataclass(slots=True, eq=False)
class Node:
    """One field to be drawn; `name` is its control's name, unique in the form."""

    field: Field
    name: str
    text: str = ""  # the control's text; for a choice or union, the active option's key
    shown_default: str = ""
    is_boxed: bool = False  # drawn as JSON because its own controls cannot hold the value
    is_posted: bool = True  # False: an untouched top-level field
    is_changed: bool = False  # differs from its default
    is_ticked: bool = False  # a list drawn as checkboxes
    keys: tuple[str, ...] = ()  # the ticked options
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
        """A template row for the script to copy; its number is a placeholder."""
        if self.field.item is None or self.is_ticked:
            return None
        item = self.field.item
        return Row(BLANK_ROW, "", _Drawer({}).node(item, f"{self.name}.{BLANK_ROW}", item.default))

    @property
    def options(self) -> Iterator[tuple[Option, bool]]:
        """Each option of a choice and whether it is active; ticked ones first, in their order."""
        field = self.field.item if self.is_ticked and self.field.item else self.field
        if not self.is_ticked:
            return ((option, option.key == self.text) for option in field.options)
        place = {key: position for position, key in enumerate(self.keys)}
        offered = [option.key for option in field.options if option.key in place]
        ordered = (
            field.options
            if offered == list(self.keys)
            else sorted(field.options, key=lambda option: place.get(option.key, len(place)))
        )
        return ((option, option.key in place) for option in ordered)

    def walk(self) -> Iterator[Node]:
        """This node and all below it, in page order."""
        yield self
        for child in self.children:
            yield from child.walk()
        for row in self.rows:
            yield from row.node.walk()
        if self.extra:
            yield from self.extra.walk()


@dataclass(slots=True, eq=False)
class Row:
    """One row of a list or map; its controls' names contain `number`."""

    number: int | str
    key: str
    node: Node


def draw(
    root: Field,
    value: Any = MISSING,
    post: Post | None = None,
    problems: Iterable[Problem] = (),
) -> Node:
    """The form's Node tree: empty, filled with arguments (`value`), or as posted.

    Each problem is attached to the node of its path; the uncovered rest of the path is prefixed to
    its message.
    """
    if post is None:
        post = encode_arguments(root, value) if isinstance(value, dict) else {}
    problems = list(problems)
    if last_value(post, "~mode") == "json":
        return _json_node(root, post, problems)
    node = _Drawer(post).node(root, "", MISSING)
    posted_names = {name.partition(".")[0].partition("~")[0] for name in post}
    for child in node.children:
        child.is_posted = child.name in posted_names
    if problems:
        _attach_problems(node, problems, decode_post(root, post).names)
    return node


def _json_node(root: Field, post: Post, problems: list[Problem]) -> Node:
    """The whole input as one JSON box; problems inside it are shown with their path."""
    node = Node(root, "", text=last_value(post, "~json") or "", is_boxed=True)
    _attach_problems(node, problems, {(): ""})
    return node


def _attach_problems(
    root: Node, problems: list[Problem], names: dict[tuple[str | int, ...], str]
) -> None:
    nodes: dict[str, Node] = {}
    for node in root.walk():
        nodes.setdefault(node.name, node)
    for problem in problems:
        name, remaining_path = locate(names, problem.path)
        node = nodes.get(name, root)
        message = problem.message
        if remaining_path:
            message = f"{' / '.join(map(str, remaining_path))}: {message}"
        if message not in node.errors:
            node.errors.append(message)


class _Drawer:
    """One walk over one post."""

    def __init__(self, post: Post) -> None:
        self.post = post
        self.rows = Rows(post)

    def node(self, field: Field, name: str, default: Any) -> Node:
        """The node of one field; `default` may come from its parent's default."""
        post = self.post
        node = Node(field, name)
        if post and name:
            self.read_marks(node)
            if node.is_boxed:
                return node
        match field.kind:
            case "object":
                self.object(node, default)
            case "tuple":
                self.tuple(node, default)
            case "list" | "map":
                self.list(node, default)
            case "union":
                option = matching_option(field, default)
                self.single(node, option.key if option else "")
                self.union(node, default)
            case "choice" | "boolean" | "integer" | "number" | "string" | "json":
                self.single(node, control_text(field, default))
            case unknown:
                assert_never(unknown)
        return node

    def single(self, node: Node, shown_default: str) -> None:
        """Fills one control: with the posted text, else with the default's."""
        text = last_value(self.post, node.name) if self.post else None
        node.shown_default = shown_default
        node.text = shown_default if text is None else text
        node.is_changed = node.is_changed or node.text != shown_default

    def read_marks(self, node: Node) -> None:
        """Reads the control's `~set`, `~null` and `~json` marks."""
        name = node.name
        boxed = last_value(self.post, name + "~json")
        node.marks = tuple(mark for mark in ("set", "null") if f"{name}~{mark}" in self.post)
        node.is_changed = bool(node.marks)
        if boxed and boxed.strip():
            node.is_boxed = node.is_changed = True
            node.text = boxed

    def object(self, node: Node, default: Any) -> None:
        """Draws the properties, and the keys that the schema does not define."""
        preset = default if isinstance(default, dict) and "set" not in node.marks else {}
        node.children = [
            self.node(child, below(node.name, child.name), preset.get(child.name, child.default))
            for child in node.field.children
        ]
        others = node.field.others
        if self.post or others.is_open:
            extra = self.node(others, node.name + "~extra", MISSING)
            node.extra = extra if others.is_open or extra.rows or extra.is_boxed else None
        below_it = [*node.children, *([node.extra] if node.extra else [])]
        node.is_changed = node.is_changed or any(child.is_changed for child in below_it)

    def tuple(self, node: Node, default: Any) -> None:
        """Draws each place in order."""
        preset = default if isinstance(default, list) and "set" not in node.marks else []
        for number, child in enumerate(node.field.children):
            own = preset[number] if number < len(preset) else child.default
            node.children.append(self.node(child, below(node.name, number), own))
        node.is_changed = node.is_changed or any(child.is_changed for child in node.children)

    def list(self, node: Node, default: Any) -> None:
        """Draws the posted rows, else those of the default."""
        field, name = node.field, node.name
        item = field.item or Field(kind="json")
        plain = self.post.get(name)
        numbers = self.rows.row_numbers(name) if self.post else None
        if numbers is None and plain is None:
            self.untouched(node, default)
            return
        node.is_changed = True
        if is_checkbox_list(field):
            numbers, plain = numbers or [], plain or []
            rows = (last_value(self.post, below(name, number)) or "" for number in numbers)
            node.is_ticked, node.keys = True, tuple(key for key in (*plain, *rows) if key)
            node.is_changed = bool(node.marks) or not identical(
                _values(item, node.keys), default if default is not MISSING else []
            )
            return
        for number in numbers or ():
            row_name = below(name, number)
            key = last_value(self.post, row_name + "~key") or ""
            node.rows.append(Row(number, key, self.node(item, row_name, item.default)))
        first = max(numbers or (), default=-1) + 1
        for number, text in enumerate(filter(None, plain or ()), start=first):
            row_name = below(name, number)
            node.rows.append(
                Row(number, "", _Drawer({row_name: [text]}).node(item, row_name, item.default))
            )
        if not node.marks and not node.rows:
            node.is_changed = bool(default) and default is not MISSING

    def untouched(self, node: Node, default: Any) -> None:
        """Draws the default's rows; a required list starts with an empty row."""
        field, name = node.field, node.name
        if isinstance(default, list | dict) and default:
            inner = _Drawer(encode_default(field, name, default))
            source = inner.node(field, name, MISSING)
            node.rows, node.is_ticked, node.keys = source.rows, source.is_ticked, source.keys
            node.is_boxed, node.text = source.is_boxed, source.text
            return
        node.is_ticked = is_checkbox_list(field)
        item = field.item
        is_needed = field.is_required and field.kind == "list" and not node.is_ticked
        if item and is_needed and not item.has_default:
            inner_name = below(name, 0)
            node.rows = [Row(0, "", self.node(item, inner_name, item.default))]

    def union(self, node: Node, default: Any) -> None:
        """Draws each alternative, active or not."""
        field = node.field
        for option in field.options:
            if option.branch:
                branch = field.branches[option.branch - 1]
                is_own = is_default_branch(field, option.branch, default)
                own = default if is_own else branch.default
                branch_node = self.node(branch, node.name + option.key, own)
                node.children.append(branch_node)
                node.is_changed |= branch_node.is_changed and option.key == node.text


def _values(item: Field, keys: tuple[str, ...]) -> list[Any]:
    option_keys = {option.key for option in item.options}
    return [decode_text(item, key) for key in keys if key in option_keys]
