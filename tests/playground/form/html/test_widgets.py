"""Every kind of field has its own widget; only values without a control get a JSON box."""

from __future__ import annotations

from typing import get_args

from playground.form.html.widgets import WIDGETS, widget_for
from schemas import draw
from schemas.fields import Kind
from tests.schemas.fields.test_kinds import SAMPLES, root
from tests.tables import each_row


@each_row("kind", get_args(Kind))
def test_each_kind_has_its_own_widget(kind: Kind) -> None:
    node = draw(root(kind), {"x": SAMPLES[kind].value}).children[0]
    widget = widget_for(node)
    assert widget is not WIDGETS[-1]
    assert (widget.name == "json") == (kind == "json")
    assert widget.is_group >= node.field.is_group
