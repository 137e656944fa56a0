"""Migrating arguments to a newer schema: values are repaired or kept, and nothing else changes."""

import copy
from copy import deepcopy
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas import MISSING, build, contract
from schemas.changes.argument_diff import Change, diff_arguments
from schemas.changes.migrate_arguments import MigrationResult, migrate
from schemas.exact import identical
from schemas.validation import Version, validate
from tests.schemas import laws, strategies
from tests.tables import each_row

INTEGER: dict[str, Any] = {"type": "integer"}
NUMBER: dict[str, Any] = {"type": "number"}
TEXT: dict[str, Any] = {"type": "string"}
PICTURE: dict[str, Any] = {"type": "string", "ui": {"field": "image"}}


def version(properties: Any, **more: Any) -> Version:
    return whole(strategies.document({"type": "object", "properties": properties, **more}))


def whole(document: Any) -> Version:
    endpoint_contract = contract(document, "a/b")
    return Version(endpoint_contract, build(endpoint_contract))


def migrate_field(old: Any, new: Any, value: Any, **more: Any) -> MigrationResult:
    """Migrate field `x` from an older to a newer schema."""
    return migrate(version({"x": old}), version({"x": new}, **more), {"x": value})


@each_row(
    ("new", "value", "expected"),
    [
        (INTEGER | {"maximum": 20}, 25, 20),
        (INTEGER | {"minimum": 2}, 1, 2),
        (INTEGER | {"maximum": 20, "exclusiveMaximum": True}, 25, 19),
        (NUMBER | {"maximum": 0.5}, 0.75, 0.5),
        (INTEGER | {"multipleOf": 8, "minimum": 8}, 30, 32),
        (INTEGER | {"multipleOf": 8, "maximum": 30}, 100, 24),
        (INTEGER, 2.5, 2),
        (INTEGER, "5", 5),
        (TEXT, 5, "5"),
        ({"type": "boolean"}, "true", True),
        ({"enum": ["5", "10"]}, 5, "5"),
        ({"enum": ["a", "b"], "default": "b"}, "c", "b"),
        ({"enum": ["a", "b"]}, "c", None),
        ({"type": "array", "items": PICTURE}, "https://a/b.png", ["https://a/b.png"]),
        (PICTURE, ["https://a/b.png"], "https://a/b.png"),
        ({"type": "array", "items": INTEGER, "maxItems": 2}, [1, 2, 3], [1, 2]),
        ({"type": "array", "items": INTEGER, "uniqueItems": True}, [1, 1, 2], [1, 2]),
        ({"type": "array", "items": INTEGER | {"maximum": 5}}, [9, 1], [5, 1]),
        (
            {"type": "object", "properties": {"w": INTEGER | {"maximum": 5}}},
            {"w": 9, "h": 1},
            {"w": 5, "h": 1},
        ),
        (
            {"type": "object", "properties": {"w": INTEGER}, "additionalProperties": False},
            {"w": 9, "h": 1},
            {"w": 9},
        ),
        (TEXT | {"maxLength": 3}, "a long text", "a long text"),
        (TEXT | {"pattern": "^a$"}, "b", "b"),
    ],
)
def test_values_move_to_the_nearest_valid_value(new, value, expected):
    old: dict[str, Any] = {}
    migrated = migrate_field(old, new, value)
    left = expected is not None and identical(expected, value)
    assert migrated.arguments.get("x") == expected
    assert ("x" in migrated.arguments) == (expected is not None)
    assert migrated.misfits
    assert migrated.is_mendable == (not left)


def test_each_path_is_fixed_once_however_many_problems_it_has():
    choice = TEXT | {"enum": ["low", "high"], "default": "low"}
    done = migrate_field(NUMBER, choice, 0.8)
    assert done.arguments == {"x": "low"}
    assert [(misfit.field, misfit.repair) for misfit in done.misfits] == [
        ("x", "set to the default “low”")
    ]


def test_required_values_are_never_removed():
    migrated = migrate_field(TEXT, {"enum": ["a", "b"]}, "c", required=["x"])
    assert migrated.arguments == {"x": "c"}
    assert not migrated.is_mendable
    assert [misfit.reason for misfit in migrated.misfits] == ["must be a or b; it is “c”"]


def test_renames_are_followed_unless_the_new_name_is_set():
    before, now = version({"num_steps": INTEGER}), version({"num_inference_steps": INTEGER})
    assert migrate(before, now, {"a": 1, "num_steps": 5}).arguments == {
        "a": 1,
        "num_inference_steps": 5,
    }
    both = {"num_steps": 5, "num_inference_steps": 9}
    assert migrate(before, now, both).arguments == {"num_inference_steps": 9}


def test_renames_within_rows_and_groups_are_followed():
    def rows(name: str) -> Any:
        items = {"type": "object", "properties": {name: NUMBER | {"description": "How strong."}}}
        return {"loras": {"type": "array", "items": items}}

    migrated = migrate(
        version(rows("scale")), version(rows("weight")), {"loras": [{"scale": 1}, {}, {"scale": 2}]}
    )
    assert migrated.arguments == {"loras": [{"weight": 1}, {}, {"weight": 2}]}
    flat, group = (
        version({"v": TEXT}),
        version({"g": {"type": "object", "properties": {"v": TEXT}}}),
    )
    assert migrate(flat, group, {"v": "a"}).arguments == {"g": {"v": "a"}}
    assert migrate(group, flat, {"g": {"v": "a"}}).arguments["v"] == "a"


def test_a_key_unknown_to_all_versions_is_kept():
    before, now = version({"x": TEXT, "y": TEXT}), version({"x": TEXT})
    assert migrate(before, now, {"x": "a", "y": "b", "mine": 1}).arguments == {"x": "a", "mine": 1}


def test_migration_does_not_change_its_input():
    given_arguments = {"x": [1, 2, 3]}
    migrate_field({}, {"type": "array", "items": INTEGER, "maxItems": 1}, given_arguments["x"])
    assert given_arguments == {"x": [1, 2, 3]}


@given(strategies.schemas_with_arguments)
def test_valid_arguments_are_not_changed(pair):
    document, arguments = pair
    same = whole(document)
    problems = [
        problem
        for problem in validate(same.contract, arguments, same.root)
        if problem.path and problem.path[0] in arguments
    ]
    migrated = migrate(same, same, arguments)
    assert bool(migrated.misfits) == bool(problems)
    if not problems:
        assert identical(migrated.arguments, arguments)


@settings(max_examples=laws.cases(5))
@given(strategies.schemas_with_arguments, strategies.inputs, st.booleans())
def test_migrated_arguments_need_no_further_fix(pair, newer, is_known):
    document, arguments = pair
    before, now = whole(document) if is_known else None, whole(strategies.document(newer))
    before_migration = copy.deepcopy(arguments)
    migrated = migrate(before, now, arguments)
    assert identical(arguments, before_migration)
    assert not migrated.misfits or any(misfit.reason for misfit in migrated.misfits)
    again = migrate(now, now, migrated.arguments)
    if len(migrated.misfits) < 12:
        assert not again.is_mendable


SCALARS = st.none() | st.booleans() | st.integers(0, 2) | st.sampled_from([0.0, 1.0, "", "a"])
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=8,
)
ARGUMENTS = st.dictionaries(st.sampled_from("xyz"), JSON, max_size=3)


def apply_changes(changes: list[Change], value: Any) -> Any:
    """Return the value with these changes; removed entries are at the ends of their lists."""
    holder = {"input": deepcopy(value)}
    for path, _, after in sorted(changes, key=lambda change: change.after is MISSING):
        *above, last = ("input", *path)
        place: Any = holder
        for part in above:
            place = place[part]
        if isinstance(place, list):
            at = int(last)
            place[at:] = [] if after is MISSING else [after, *place[at + 1 :]]
        elif after is MISSING:
            del place[last]
        else:
            place[last] = after
    return holder["input"]


def test_nested_values_are_compared_one_by_one():
    before = {"prompt": "a cat", "size": {"width": 4, "height": 3}, "loras": ["a"], "seed": 1}
    after = {"prompt": "a cat", "size": {"width": 8, "height": 3}, "loras": ["a", "b"], "n": None}
    assert list(diff_arguments(before, after)) == [
        Change(("size", "width"), 4, 8),
        Change(("loras", 1), MISSING, "b"),
        Change(("seed",), 1, MISSING),
        Change(("n",), MISSING, None),
    ]


def test_numbers_of_different_types_differ():
    assert list(diff_arguments({"x": 1}, {"x": 1.0})) == [Change(("x",), 1, 1.0)]
    assert list(diff_arguments({"x": 1}, {"x": True})) == [Change(("x",), 1, True)]


@given(ARGUMENTS, ARGUMENTS)
def test_applied_changes_turn_one_input_into_the_other(before, after):
    assert identical(apply_changes(list(diff_arguments(before, after)), before), after)


@given(ARGUMENTS, ARGUMENTS)
def test_the_other_way_round_the_same_values_differ(before, after):
    forth = {(path, repr(old), repr(new)) for path, old, new in diff_arguments(before, after)}
    back = {(path, repr(new), repr(old)) for path, old, new in diff_arguments(after, before)}
    assert forth == back


@given(ARGUMENTS)
def test_an_input_does_not_differ_from_itself(value):
    assert not list(diff_arguments(value, deepcopy(value)))


def test_what_is_nested_too_deeply_is_one_change():
    deep: Any = "x"
    for _ in range(5000):
        deep = [deep]
    assert list(diff_arguments({"x": 1}, deep)) == [Change((), {"x": 1}, deep)]
