"""Variations request the right number of results, within the schema, with different seeds."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas import build, contract
from schemas.validation import validate
from schemas.variations import TIMES, Plan, alone, plan
from tests.documents import document_ids, read_document
from tests.schemas.strategies import document
from tests.tables import each_row

SEED = {"type": "integer"}


def variations(properties: Any, arguments: Any, times: int, **more: Any) -> Plan:
    root = build(contract(document({"type": "object", "properties": properties})))
    return plan(root, arguments, times, "mark", **more)


def count(**more: Any) -> Any:
    return {"type": "integer", **more}


@each_row(
    ("properties", "arguments", "times", "sizes", "sentence"),
    [
        ({"num_images": count(default=1, maximum=4)}, {}, 1, [1], "One run"),
        ({"num_images": count(default=1, maximum=4)}, {}, 4, [4], "4 images in one run"),
        ({"num_images": count(default=1, maximum=4), "seed": SEED}, {}, 8, [4, 4],
         "8 images in 2 runs with new seeds"),
        ({"num_images": count(default=1, maximum=6), "seed": SEED}, {}, 8, [4, 4],
         "8 images in 2 runs with new seeds"),
        ({"num_images": count(default=1, maximum=3)}, {}, 4, [2, 2],
         "4 images in 2 runs of the same input"),
        ({"num_images": count(default=1, maximum=4), "seed": SEED}, {"num_images": 3}, 2, [3, 3],
         "6 images in 2 runs with new seeds"),
        ({"num_images": count(default=1)}, {}, 8, [8], "8 images in one run"),
        ({"n": count(enum=[1, 2, 4], default=1)}, {}, 8, [4, 4],
         "8 results in 2 runs of the same input"),
        ({"num_images": count(default=1, maximum=1), "seed": SEED}, {}, 2, [1, 1],
         "2 runs with new seeds"),
        ({"seed": SEED}, {}, 4, [1] * 4, "4 runs with new seeds"),
        ({"seed": SEED}, {}, 1, [1], "One run"),
        ({"prompt": {"type": "string"}}, {}, 4, [1] * 4, "4 runs of the same input"),
        ({"batch_size": count(default=1), "learning_rate": {"type": "number"}}, {}, 2, [1, 1],
         "2 runs of the same input"),
    ],
)  # fmt: skip
def test_results_are_spread_over_as_few_runs_as_possible(
    properties, arguments, times, sizes, sentence
):
    plans = variations(properties, arguments, times)
    named = next((name for name in ("num_images", "n") if name in properties), "")
    default = properties.get(named, {}).get("default", 1)
    assert [run_arguments.get(named, default) for run_arguments in plans.runs] == sizes
    assert (plans.results, plans.label) == (sum(sizes), sentence)


def test_the_first_run_keeps_its_seed_and_each_other_has_a_new_one():
    plans = variations({"seed": SEED}, {"seed": 7}, 8)
    seeds = [arguments["seed"] for arguments in plans.runs]
    assert seeds[0] == 7
    assert len(set(seeds)) == 8
    assert variations({"seed": SEED}, {}, 2).runs[0] == {}
    more = variations({"seed": SEED}, {"seed": 7}, 4, keeps_first=False)
    assert 7 not in [arguments["seed"] for arguments in more.runs]


def test_pressing_a_button_twice_plans_the_same_runs():
    assert variations({"seed": SEED}, {}, 4) == variations({"seed": SEED}, {}, 4)
    other = variations({"seed": SEED}, {"prompt": "b"}, 4)
    assert other.runs[1]["seed"] != variations({"seed": SEED}, {}, 4).runs[1]["seed"]


@given(
    low=st.integers(0, 50),
    span=st.integers(0, 50),
    times=st.sampled_from(TIMES),
    pictures=st.integers(1, 9),
)
def test_seeds_and_numbers_stay_within_the_schema(low, span, times, pictures):
    properties = {
        "num_images": count(default=1, minimum=1, maximum=9),
        "seed": count(minimum=low, maximum=low + span),
    }
    plans = variations(properties, {"num_images": pictures}, times)
    assert plans.results == pictures * times
    for arguments in plans.runs:
        assert 1 <= arguments["num_images"] <= 9
        assert low <= arguments.get("seed", low) <= low + span
    seedless = [{**arguments, "seed": None} for arguments in plans.runs]
    samples = [({**arguments, "seed": None}, number) for arguments, number in plans.samples]
    assert [number for _, number in samples] == [
        seedless.count(arguments) for arguments, _ in samples
    ]
    assert sum(number for _, number in samples) == len(seedless)


@each_row("name", document_ids())
@each_row("times", TIMES)
def test_variations_of_any_model_are_accepted(name, times):
    endpoint_contract = contract(read_document(name))
    root = build(endpoint_contract)
    arguments = {field.name: field.examples[0] for field in root.children if field.examples}
    before = {problem.path for problem in validate(endpoint_contract, arguments, root)}
    for varied in plan(root, arguments, times, "mark").runs:
        assert {problem.path for problem in validate(endpoint_contract, varied, root)} <= before


@given(
    high=st.integers(0, 50) | st.none(),
    used_seed=st.integers(0, 50) | st.none(),
    position=st.integers(0, 8),
    pictures=st.integers(1, 9),
)
def test_one_of_several_again_is_one_with_its_own_seed_within_the_schema(
    high, used_seed, position, pictures
):
    limits = {} if high is None else {"maximum": high}
    properties = {"num_images": count(default=1, minimum=1), "seed": count(**limits)}
    root = build(contract(document({"type": "object", "properties": properties})))
    arguments = {"num_images": pictures, "prompt": "a fox"}
    again = alone(root, arguments, position, used_seed)
    assert (again["num_images"], again["prompt"]) == (1, "a fox")
    if used_seed is None:
        assert "seed" not in again
    elif high is None or used_seed + position <= high:
        assert again["seed"] == used_seed + position
    else:
        assert again["seed"] == used_seed
