"""The form of a plan: rows, columns, seeds, the cap, and each error beside its control."""

from collections.abc import Callable

import pytest

from features.boards.plan.cells import expand
from features.boards.plan.plan import Plan
from features.boards.plan.tables import decode, read_rows
from tests.documents import with_case
from tests.tables import each_row

pytestmark = pytest.mark.django_db
Planned = Callable[..., Plan]


def shared_names(plan: Plan) -> list[str]:
    return [field.name for field in plan.groups.shared]


def own_names(plan: Plan, number: int) -> list[str]:
    return [field.name for field in plan.groups.own[number]]


def test_models_share_fields_of_the_same_name_or_meaning(plan_of):
    plan = plan_of("flux", "turbo")
    assert shared_names(plan) == ["prompt", "num_inference_steps"]
    assert (own_names(plan, 0), own_names(plan, 1)) == ([], [])
    assert shared_names(plan_of("flux", "voice")) == ["prompt"]
    assert own_names(plan_of("flux", "voice"), 1) == ["voice"]


def test_each_row_goes_to_each_column_with_each_seed(plan_of):
    plan = plan_of("flux", "turbo", row_field="prompt", row_values="a cat\na dog", seeds="1, 2")
    cells = expand(plan).cells
    assert plan.cell_count == len(cells) == 8
    assert [cell.arguments for cell in cells[:4]] == [
        {"prompt": "a cat", "seed": 1},
        {"prompt": "a cat", "seed": 2},
        {"prompt": "a cat", "seed": 1},
        {"prompt": "a cat", "seed": 2},
    ]


def test_a_shared_value_is_carried_and_limited_by_each_model(plan_of):
    plan = plan_of(**{"shared.prompt": "a cat", "shared.num_inference_steps": "20"})
    expanded = expand(plan)
    assert [cell.arguments for cell in expanded.cells] == [
        {"prompt": "a cat", "num_inference_steps": 20},
        {"prompt": "a cat", "steps": 8},
    ]
    assert expanded.reports[0].summary == "2 taken over"
    assert expanded.reports[1].summary == "1 limited, 1 taken over"


def test_a_missing_required_input_is_reported_before_sending(plan_of):
    expanded = expand(plan_of("flux", "edit", **{"shared.prompt": "a cat"}))
    assert [report.missing for report in expanded.reports] == [[], ["Image"]]
    assert [cell.endpoint.endpoint_id for cell in expanded.fitting] == ["lab/flux"]


def test_equal_rows_and_columns_are_merged(plan_of):
    plan = plan_of("flux", "flux", row_field="prompt", row_values="a\na\nb")
    assert (len(plan.rows), len(plan.columns)) == (2, 1)


@each_row(
    ("controls", "where", "message"),
    [
        ({"column_field": "seed"}, "values", "a field and no values"),
        ({"column_field": "num_inference_steps", "column_values": "x"}, "values",
         "takes whole numbers"),
        ({"row_field": "prompt", "row_values": "a\n" * 401}, "rows", "up to 400 values"),
        ({"table": "colour\nred"}, "table", "“colour” is not an input"),
        ({"table": "prompt\na", "row_values": "b"}, "table", "clear one of the two"),
        ({"seeds": "1, x"}, "seeds", "“x” is not"),
        ({"seeds": "x" * 100_000}, "seeds", "up to 400 seeds"),
        ({"shared.prompt": "x" * 1_000_000, "row_field": "seed", "row_values": "1-50"}, "total",
         "too large for this many runs"),
        ({"cap": "1" * 100_000}, "cap", "a sum in US dollars"),
        ({"seeds": "1-300"}, "total", "600 runs; a board takes up to 400"),
        ({"cap": "0"}, "cap", "prevents every run"),
        ({"shared.num_inference_steps": "many"}, "shared", "Number of inference steps"),
    ],
)  # fmt: skip
def test_each_problem_of_a_plan_is_reported_at_its_field(plan_of, controls, where, message):
    plan = plan_of(**controls)
    assert [message in trouble for trouble in plan.troubles_at(where)] == [True]
    expand(plan)


TWO = [{"prompt": "a, b", "image_url": "https://a/b.png"}, {"prompt": "c"}]


@pytest.mark.parametrize(
    "text",
    [
        'prompt,image_url\n"a, b",https://a/b.png\nc,\n',
        "prompt;image_url\r\na, b;https://a/b.png\r\nc;\r\n",
        'sep=,\r\nprompt,image_url\r\n"a, b",https://a/b.png\r\nc,\r\n',
        '"sep=;"\nprompt;image_url\na, b;https://a/b.png\nc;\n',
        "prompt\timage_url\na, b\thttps://a/b.png\nc\t\n\n",
        '{"prompt": "a, b", "image_url": "https://a/b.png"}\n\n{"prompt": "c"}',
        '[{"prompt": "a, b", "image_url": "https://a/b.png"}, {"prompt": "c"}]',
    ],
)
def test_tables_of_any_program_are_read(text):
    assert read_rows(text) == TWO


@each_row(
    ("text", "message"),
    [
        ("prompt\n", "no rows"),
        ("prompt,\na,b", "Column 2 of the table has no name"),
        ("prompt\na,b", "Line 2 of the table has 2 values"),
        ('{"prompt": ', "Line 1 of the table is not valid JSON"),
        ("[1]", "Row 1 of the table is not a JSON object"),
        ("prompt\n" + "a\n" * 10_000, "more than 400 rows"),
        ('prompt\n"a', "Line 2 of the table cannot be read as CSV"),
    ],
)
def test_an_invalid_table_is_explained(text, message):
    with pytest.raises(ValueError, match=message):
        read_rows(text)


def test_files_of_spreadsheets_are_decoded():
    assert decode("prompt\nGrün".encode("utf-8-sig")) == "prompt\nGrün"
    assert decode("prompt\nGrün".encode("utf-16")) == "prompt\nGrün"
    assert decode("prompt\nGrün, “groß”".encode("cp1252")) == "prompt\nGrün, “groß”"


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
def test_a_binary_spreadsheet_is_refused_with_advice(start):
    with pytest.raises(ValueError, match="Save it as “CSV UTF-8”"):
        decode(start + bytes(100))


LINE_ENDS = ["\u2028", "\u2029", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x85", "\r"]


@each_row("mark", LINE_ENDS)
def test_table_lines_end_only_at_lf(mark):
    text = f"one{mark}two"
    assert read_rows(f'prompt\n"{text}"\nb\n') == [{"prompt": text}, {"prompt": "b"}]
    if mark > " ":  # JSON allows no other control characters
        assert read_rows(f'{{"prompt":"{text}"}}\r\n{{"prompt":"b"}}\n') == [
            {"prompt": text},
            {"prompt": "b"},
        ]


# Tables from spreadsheets and files of real users, with the texts that a plan reads from them.
TABLES = {
    "35a-u2028.jsonl": (
        '{"prompt":"one\u2028two"}\n{"prompt":"b"}\n',
        [{"prompt": "one\u2028two"}, {"prompt": "b"}],
    ),
    "35b-surrogate.jsonl": ('{"prompt":"a\\ud83d"}\n', [{"prompt": "a?"}]),
    "35c-nul.jsonl": ('{"prompt":"a\\u0000b"}\n', [{"prompt": "ab"}]),
    "34a-nan.csv": (
        "prompt,lr\nhello,NaN\nyou,0.2\n",
        [{"prompt": "hello", "lr": "NaN"}, {"prompt": "you", "lr": "0.2"}],
    ),
}


@each_row("case", TABLES)
def test_example_tables_are_read(case):
    own, expected = TABLES[case]
    for content in with_case(case, own.encode()):
        assert read_rows(decode(content)) == expected


def test_a_large_integer_is_exact_in_json():
    assert read_rows('{"a": 9007199254740993}') == [{"a": 9007199254740993}]
