"""Renders a node tree as the form's HTML: one small template per widget, leaves first.

A form has hundreds of widgets, so they use Jinja2, which compiles its templates (ADR 49). Nested
nodes are passed to templates as rendered HTML.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from itertools import chain
from types import MappingProxyType
from typing import Any
from weakref import WeakKeyDictionary

from django.conf import settings
from django.template.defaultfilters import linebreaksbr
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from catalog.templatetags.vitrine import icon
from core.template_whitespace import CollapseWhitespace
from playground.form.html.summaries import changes, is_content, row_summary
from playground.form.html.widgets import PICKERS, Widget, hint, swatch, widget_for
from schemas import Field, Node, Row
from schemas.fields.form_groups import MIN_SETTINGS, group
from schemas.fields.unions import MAX_LABEL
from schemas.wording.labels import clean

_LABELLED = {
    "text",
    "long",
    "number",
    "seed",
    "select",
    "media",
    "color",
    "json",
}

_MAX_OPEN_ROWS = 3  # a longer list of groups starts collapsed
# The buttons with a view of their own, by the names of their routes.
ADDRESSES = ("blank", "default-settings", "prompts", "series")
PACKING = "packing"  # the address that packs a series into the ZIP for a field
NO_ADDRESSES = MappingProxyType(dict.fromkeys((*ADDRESSES, PACKING), ""))
_UNTOUCHED: WeakKeyDictionary[Field, dict[str, SafeString]] = WeakKeyDictionary()


def render_form(
    root: Node,
    upload_url: str = "",
    origins: Mapping[str, str] | None = None,
    addresses: Mapping[str, str] = NO_ADDRESSES,
) -> SafeString:
    """Render everything inside `<form data-endpoint-id>` except the Run button.

    That is a summary of the problems, the main fields, and the rest under "More settings", which
    is open if a field in it was set or has an error. Without `upload_url` media fields accept
    addresses only. `origins` maps the address of a past result to the model that made it.
    `addresses` are those of the buttons in `ADDRESSES`, and of `PACKING`: only the page of a model
    has them.
    """
    renderer = _FormRenderer(upload_url, origins, addresses)
    if root.is_boxed:
        return renderer.fill(
            "whole",
            {
                "node": root,
                "rows": str(min(root.text.count("\n") + 3, 30)),
                "addresses": addresses,
            },
        )
    main, setting_nodes = sections(root)
    problems = list(_summary(root, ""))
    changed_count = sum(node.is_changed for node in setting_nodes)
    return renderer.fill(
        "form",
        {
            "problems": problems,
            "shows": " ".join(settings.FAL_MEDIA_URLS),
            "main": renderer.top_level_fields(main),
            "more": renderer.settings(setting_nodes),
            "is_long": len(setting_nodes) >= MIN_SETTINGS,
            "count": str(len(setting_nodes)),
            "changed": str(changed_count or ""),
            "is_more_open": bool(changed_count) or any(has_errors(node) for node in setting_nodes),
            "others": renderer.extra_rows(root),
            "changes": list(changes(root)),
            "addresses": addresses,
        },
    )


def render_fields(nodes: list[Node], upload_url: str = "") -> SafeString:
    """Render some fields of a form that is not a model's own."""
    return _FormRenderer(upload_url).fields(nodes)


def _summary(node: Node, outer_label: str) -> Iterator[tuple[str, str]]:
    """Yield each problem with its control's id; nested ones with their place ("LoRA 2: Path …")."""
    own = node.field.label if node.name else ""
    for message in node.errors:
        has_name = message.startswith((own, "The value ", "“"))  # upstream's do not
        place = [word for word in (outer_label, "" if has_name else own) if word]
        yield (node.id if node.name else "", ": ".join([*place, message]))
    children = node.children if node.name else [*chain(*sections(node))]
    for child in [*children, node.extra] if node.extra else children:
        yield from _summary(child, node.field.label if node.field.name else outer_label)
    for position, row in enumerate(node.rows, start=1):
        word = singular(node.field.label)
        yield from _summary(row.node, f"{word[:1].upper()}{word[1:]} {row.key or position}")


def sections(root: Node) -> tuple[list[Node], list[Node]]:
    """Split the fields into the main ones and "More settings", both in the schema's order."""
    main: list[Node] = []
    extra: list[Node] = []
    for node in root.children:
        field = node.field
        is_main = field.is_required or field.is_important or field.is_hidden or bool(field.media)
        (main if is_main and not field.is_advanced else extra).append(node)
    if not main or (len(extra) < 3 and not any(node.field.is_advanced for node in extra)):
        return list(root.children), []
    return main, extra


def is_pair(nodes: list[Node]) -> bool:
    """Whether two fields are the width and the height of the same thing."""
    return [node.field.name for node in nodes] == ["width", "height"] and all(
        node.field.kind == "integer" and not node.is_boxed for node in nodes
    )


def has_errors(node: Node) -> bool:
    """Whether a node or one below it has an error."""
    return any(below.errors for below in node.walk())


def needs_attention(node: Node) -> bool:
    """Whether the person has to look at it: it has an error or must be filled in."""
    is_empty = not node.field.has_default and not node.is_changed
    return has_errors(node) or (node.field.is_required and is_empty)


@cache
def _template(name: str) -> Template:
    template = _environment().get_template(f"_{name}.jinja")
    # Each render copies the globals; Jinja's ChainMap would be copied key by key.
    template.globals = dict(template.globals)
    return template


@cache
def _environment() -> Environment:
    """Return the form templates' environment; undefined variables raise, values are escaped."""
    environment = Environment(
        loader=FileSystemLoader(settings.BASE_DIR / "templates" / "playground" / "form"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=[CollapseWhitespace],
    )
    environment.globals["icon"] = icon
    environment.filters["linebreaksbr"] = linebreaksbr
    return environment


class _FormRenderer:
    """Renders one form, with those buttons of the model's page that have an address."""

    def __init__(
        self,
        upload_url: str,
        origins: Mapping[str, str] | None = None,
        addresses: Mapping[str, str] = NO_ADDRESSES,
    ) -> None:
        self.upload_url, self.addresses = upload_url, addresses
        self.origins = origins or {}

    def fill(self, template: str, values: Mapping[str, Any]) -> SafeString:
        """Render one template with these values; templates have no access to the request."""
        return mark_safe(_template(template).render(values))  # noqa: S308 escaped by the template

    def fields(self, nodes: list[Node]) -> SafeString:
        """Render the fields of a group."""
        return self.sequence(nodes, self.field)

    def top_level_fields(self, nodes: list[Node]) -> SafeString:
        """Render the fields of one section."""
        return self.sequence(nodes, self.top_level_field)

    def settings(self, nodes: list[Node]) -> SafeString:
        """Render the settings under "More settings"; many of them in groups, changed ones first."""
        changed = [node for node in nodes if node.is_changed]
        rest = [node for node in nodes if not node.is_changed]
        groups = group([node.field for node in rest])
        if len(groups) < 2:
            return self.top_level_fields(nodes)
        titled = [(section.title, [rest[place] for place in section.places]) for section in groups]
        parts = [("Changed", changed), *titled] if changed else titled
        return mark_safe("".join(self.group(title, part) for title, part in parts))  # noqa: S308

    def group(self, title: str, nodes: list[Node]) -> SafeString:
        """Render one group of settings; open if one of them was set or has an error."""
        values = {
            "title": title,
            "count": str(len(nodes)),
            "is_open": any(node.is_changed or has_errors(node) for node in nodes),
            "fields": self.top_level_fields(nodes),
        }
        return self.fill("group", values)

    def sequence(self, nodes: list[Node], draw: Callable[[Node], SafeString]) -> SafeString:
        """Render several fields; a width followed by a height becomes a pair."""
        parts, places = [], iter(range(len(nodes)))
        for at in places:
            if is_pair(nodes[at : at + 2]):
                parts.append(
                    self.fill("pair", {"width": draw(nodes[at]), "height": draw(nodes[at + 1])})
                )
                next(places)
            else:
                parts.append(draw(nodes[at]))
        return mark_safe("".join(parts))  # noqa: S308

    def top_level_field(self, node: Node) -> SafeString:
        """Render a field of the form's first level; untouched ones are cached.

        Not those with a button whose address names the model and the project.
        """
        if node.is_posted or node.errors:
            return self.field(node)
        by_upload_url = _UNTOUCHED.setdefault(node.field, {})
        if self.upload_url in by_upload_url:
            return by_upload_url[self.upload_url]
        html = self.field(node)
        if "formaction=" not in html:
            by_upload_url[self.upload_url] = html
        return html

    def field(self, node: Node, label: str = "") -> SafeString:
        """Render one field with its label, help and errors."""
        widget = widget_for(node)
        if node.field.is_hidden:
            return self.fill(widget.name, {"node": node, "name": control_name(node)})
        label = label or node.field.label
        return self.fill(
            "field",
            {
                "node": node,
                "field": node.field,
                "label": label,
                "title": clean(node.field.name[:MAX_LABEL]),
                "kind": widget.name,
                "hint": hint(node.field),
                "control": self.control(node, widget, label),
                "is_group": widget.is_group,
                "default": node.shown_default if widget.resets and not node.is_boxed else None,
                "resets": node.field.name and not is_content(node.field),
                "described": described_by(node),
            },
        )

    def control(self, node: Node, widget: Widget, label: str, is_bare: bool = False) -> SafeString:
        """Render the control or controls alone."""
        values: dict[str, Any] = {"node": node, "field": node.field, "label": label}
        values |= widget.context(node)
        if not widget.is_group:
            values["attributes"] = attributes(node, label if is_bare else "")
            values["upload_url"] = self.upload_url
            values["origin"] = self.origins.get(node.text, "")
            values["addresses"] = self.addresses
        elif widget.name == "object":
            values |= self.object(node, label)
        elif widget.name == "list":
            values |= self.list(node)
        elif widget.name == "union":
            values |= self.union(node, label)
        return self.fill(widget.name, values)

    def object(self, node: Node, label: str) -> dict[str, Any]:
        """Return an object's context; an optional group is collapsed while it has no values."""
        is_folded = not node.field.is_required and node.field.name != "" and "~" not in node.name
        return {
            "children": self.fields(node.children) + self.extra_rows(node),
            "is_folded": is_folded,
            "is_open": is_folded and (node.is_changed or has_errors(node)),
            "summary": label,
            "swatch": swatch(node),
        }

    def list(self, node: Node) -> dict[str, Any]:
        """Return a list's context: its rows, and a blank row for scripts to copy."""
        item = node.field.item or Field(kind="json")
        blank = node.blank_row
        is_open = len(node.rows) <= _MAX_OPEN_ROWS
        media = item.media if item.is_file else ""
        return {
            "rows": mark_safe("".join(self.row(node, row, is_open) for row in node.rows)),  # noqa: S308
            "blank": self.row(node, blank) if blank else "",
            "singular": singular(node.field.label) if node.field.kind == "list" else "entry",
            "row_kind": "media" if media else "group" if item.is_group else "plain",
            "upload_url": self.upload_url if media and node.field.kind == "list" else "",
            "accept": f"{media}/*" if media not in {"", "file"} else "",
        }

    def row(self, node: Node, row: Row, is_open: bool = True) -> SafeString:
        """Render one row with its buttons; a group collapses to a summary of its values."""
        widget = widget_for(row.node)
        label = singular(node.field.label)
        label = label[:1].upper() + label[1:]
        is_bare = widget.name in _LABELLED and not row.node.errors and not row.node.marks
        inner = (
            self.control(row.node, widget, label, is_bare=True)
            if is_bare
            else self.field(row.node, label)
        )
        return self.fill(
            "row",
            {
                "name": row.node.name,
                "list": node.name,
                "number": str(row.number),
                "key": row.key,
                "is_map": node.field.kind == "map",
                "control": inner,
                "label": label if widget.is_group else "",
                "summary": row_summary(row.node) if widget.is_group else "",
                "is_open": is_open or has_errors(row.node),
            },
        )

    def union(self, node: Node, label: str) -> dict[str, Any]:
        """Return a union's context: the picker and each alternative."""
        picker = widget_for(node, PICKERS)
        values = {
            "node": node,
            "field": node.field,
            "attributes": attributes(node, label, suffix="-pick"),
        }
        keys = [option for option in node.field.options if option.branch]
        return {
            "picker": self.fill(picker.name, values | picker.context(node)),
            "branches": [
                (option.key, self.field(child, option.label))
                for option, child in zip(keys, node.children, strict=True)
            ],
        }

    def extra_rows(self, node: Node) -> SafeString:
        """Render the rows of an object's unknown keys, if it has or allows any."""
        return self.field(node.extra) if node.extra else mark_safe("")


def control_name(node: Node) -> str:
    """Return the name of a node's own control in the post."""
    return f"{node.name}~json" if node.is_boxed else node.name


def attributes(node: Node, label: str = "", suffix: str = "") -> SafeString:
    """Return the attributes that all single controls have: id, name, and ids of help and error.

    Names are percent-encoded (schemas/form/decode.py), so only the label needs escaping.
    """
    parts = [f'id="{node.id}{suffix}" name="{control_name(node)}"']
    if label:
        parts.append(f'aria-label="{escape(label)}"')
    elif ids := described_by(node):
        parts.append(f'aria-describedby="{ids}"')
    if node.errors:
        parts.append('aria-invalid="true"')
    if node.field.is_required and not suffix:
        parts.append('aria-required="true"')
    return mark_safe(" ".join(parts))  # noqa: S308


def described_by(node: Node) -> str:
    """Return the ids of a node's help and errors for `aria-describedby`."""
    ids = [f"{node.id}-help"] if node.field.shown_help else []
    return " ".join([*ids, f"{node.id}-error"] if node.errors else ids)


def singular(label: str) -> str:
    """Return the singular of a list's label: `LoRAs` → `LoRA`, `IP adapters` → `IP adapter`."""
    word = label[:-1] if label.endswith("s") and not label.endswith("ss") else label
    word = word[:-2] + "y" if word.endswith("ie") else word
    word = word[:-1] if word.endswith(("nche", "tche", "she", "sse", "oxe")) else word
    return word[:1].lower() + word[1:] if word.partition(" ")[0][1:].islower() else word
