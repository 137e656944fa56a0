"""A plan read from its form: rows, columns, seeds, cap, and each trouble at its place."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from boards.plan.cells import expand
from boards.plan.plan import Plan

pytestmark = pytest.mark.django_db
Planned = Callable[..., Plan]


def shared(plan: Plan) -> list[str]:
    return [field.name for field in plan.groups.shared]


def own(plan: Plan, number: int) -> list[str]:
    return [field.name for field in plan.groups.own[number]]


def test_models_share_fields_of_the_same_name_or_meaning(plan_of: Planned) -> None:
    plan = plan_of("flux", "turbo")
    assert shared(plan) == ["prompt", "num_inference_steps"]
    assert (own(plan, 0), own(plan, 1)) == ([], [])
    assert shared(plan_of("flux", "voice")) == ["prompt"]
    assert own(plan_of("flux", "voice"), 1) == ["voice"]


def test_each_row_goes_to_each_column_with_each_seed(plan_of: Planned) -> None:
    plan = plan_of("flux", "turbo", row_field="prompt", row_values="a cat\na dog", seeds="1, 2")
    cells = expand(plan).cells
    assert plan.cell_count == len(cells) == 8
    assert [cell.arguments for cell in cells[:4]] == [
        {"prompt": "a cat", "seed": 1},
        {"prompt": "a cat", "seed": 2},
        {"prompt": "a cat", "seed": 1},
        {"prompt": "a cat", "seed": 2},
    ]


def test_a_shared_value_is_carried_and_limited_by_each_model(plan_of: Planned) -> None:
    plan = plan_of(**{"shared.prompt": "a cat", "shared.num_inference_steps": "20"})
    expanded = expand(plan)
    assert [cell.arguments for cell in expanded.cells] == [
        {"prompt": "a cat", "num_inference_steps": 20},
        {"prompt": "a cat", "steps": 8},
    ]
    assert expanded.reports[0].summary == "2 carried"
    assert expanded.reports[1].summary == "1 limited, 1 carried"


def test_values_on_the_column_axis_make_a_sweep(plan_of: Planned) -> None:
    plan = plan_of(
        "flux",
        column_field="num_inference_steps",
        column_values="4-12 step 4",
        **{"shared.prompt": "a cat"},
    )
    assert [column.label for column in plan.columns] == [
        "Number of inference steps 4",
        "Number of inference steps 8",
        "Number of inference steps 12",
    ]
    assert [cell.arguments["num_inference_steps"] for cell in expand(plan).cells] == [4, 8, 12]


def test_a_model_without_the_field_of_the_axis_gets_one_column(plan_of: Planned) -> None:
    sweep = {"column_field": "num_inference_steps", "column_values": "4, 8"}
    plan = plan_of("flux", "voice", **sweep, **{"shared.prompt": "a"})
    assert [column.endpoint.endpoint_id for column in plan.columns] == [
        "lab/flux",
        "lab/flux",
        "lab/voice",
    ]
    assert plan.notes == ["lab/voice has no Number of inference steps: it gets one column."]
    assert plan.troubles == []


def test_a_missing_required_input_is_reported_before_sending(plan_of: Planned) -> None:
    expanded = expand(plan_of("flux", "edit", **{"shared.prompt": "a cat"}))
    assert [report.missing for report in expanded.reports] == [[], ["Image"]]
    assert [cell.endpoint.endpoint_id for cell in expanded.fitting] == ["lab/flux"]


def test_a_table_gives_rows_with_several_inputs(plan_of: Planned) -> None:
    table = "prompt,image_url\na cat,https://a/b.png\na dog,https://a/c.png"
    expanded = expand(plan_of("edit", table=table))
    assert [cell.arguments["image_url"] for cell in expanded.cells] == [
        "https://a/b.png",
        "https://a/c.png",
    ]


def test_equal_rows_and_columns_are_merged(plan_of: Planned) -> None:
    plan = plan_of("flux", "flux", row_field="prompt", row_values="a\na\nb")
    assert (len(plan.rows), len(plan.columns)) == (2, 1)


@pytest.mark.parametrize(
    ("controls", "where", "message"),
    [
        ({"column_field": "seed"}, "values", "a field and no values"),
        ({"column_field": "num_inference_steps", "column_values": "x"}, "values",
         "takes whole numbers"),
        ({"row_field": "prompt", "row_values": "a\n" * 401}, "rows", "up to 400 values"),
        ({"table": "colour\nred"}, "table", "“colour” is not an input"),
        ({"table": "prompt\na", "row_values": "b"}, "table", "empty one of the two"),
        ({"seeds": "1, x"}, "seeds", "“x” is not"),
        ({"seeds": "1-10000"}, "seeds", "not a range of up to 400"),
        ({"seeds": "x" * 100_000}, "seeds", "up to 400 seeds"),
        ({"shared.prompt": "x" * 1_000_000, "row_field": "seed", "row_values": "1-50"}, "total",
         "too large for this many runs"),
        ({"shared.prompt": "x" * 1_000_000, "seeds": "1-50"}, "total",
         "too large for this many runs"),
        ({"cap": "1" * 100_000}, "cap", "an amount in US dollars"),
        ({"seeds": "1-300"}, "total", "600 runs; a board takes up to 400"),
        ({"cap": "0"}, "cap", "prevents every run"),
        ({"cap": "lots"}, "cap", "such as 2.50"),
        ({"shared.num_inference_steps": "many"}, "shared", "Number of inference steps"),
    ],
)  # fmt: skip
def test_each_problem_of_a_plan_is_reported_at_its_field(
    plan_of: Planned, controls: dict[str, str], where: str, message: str
) -> None:
    plan = plan_of(**controls)
    assert [message in trouble for trouble in plan.troubles_at(where)] == [True]
    expand(plan)


def test_a_cap_may_be_written_with_a_dollar_sign(plan_of: Planned) -> None:
    assert plan_of(cap="$2.50").cap_usd == Decimal("2.5")
