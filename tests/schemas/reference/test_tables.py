"""A schema as a readable table."""

from __future__ import annotations

from typing import Any

from schemas import build, contract
from schemas.reference.tables import input_rows, output_rows


def test_a_real_document_has_input_and_output_rows(documents: dict[str, Any]) -> None:
    endpoint_contract = contract(documents["fal-ai/flux/dev"], "fal-ai/flux/dev")
    rows = {row.name: row for row in input_rows(build(endpoint_contract))}
    assert rows["prompt"].is_required
    assert rows["prompt"].type == "text"
    assert (rows["num_inference_steps"].default, rows["num_inference_steps"].limits) == (
        "28",
        "1\u201350",
    )
    assert rows["seed"].type == "whole number or nothing"
    assert rows["image_size"].choices[0] == "square_hd"
    assert rows["width"].depth > rows["image_size"].depth
    outputs = {row.name: row for row in output_rows(endpoint_contract)}
    assert outputs["images"].type == "list of objects"
    assert outputs["url"].depth > 0


def test_a_document_without_output_has_no_output_rows() -> None:
    assert output_rows(contract({}, "a/b")) == []
