"""The rule that locks a model: laws of the decision, over any rules and models."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.filters.facts import Listing
from projects.models import Rule
from projects.rules.decision import MARKS, Subject, locking_rule, names, width

FORBID, ONLY, ALLOW = Rule.Effect.FORBID, Rule.Effect.ONLY, Rule.Effect.ALLOW
KINDS = ("id", "owner", "category", "mark", "question")
HOUSE, PROJECT = None, 7
IDS = ("acme/paint", "acme/paint/fast", "acme/film", "bolt/paint", "bolt/song")
CATEGORIES = ("text-to-image", "text-to-video", "")
VALUES = {
    "id": (*IDS, "acme/*", "acme/paint*", "*/paint", "*"),
    "owner": ("acme", "bolt", "nobody"),
    "category": ("text-to-image", "text-to-video", "unknown"),
    "mark": MARKS,
    "question": ("license:commercial", "price:<0.5", "-license:commercial out:image"),
}


def listing(endpoint_id: str = "acme/paint", **values: Any) -> Listing:
    """Return a model's columns, most of which are empty."""
    defaults: dict[str, Any] = dict.fromkeys(Listing._fields, "")
    defaults |= {"tags": [], "facts": [], "duration_estimate_min": None, "published_at": None}
    defaults |= {"unit_price_usd": None, "gone_at": None, "status": "active"}
    defaults |= {"measured_price": None}
    return Listing(
        **(defaults | {"endpoint_id": endpoint_id, "category": "text-to-image"} | values)
    )


def model(endpoint_id: str = "acme/paint", **values: Any) -> Subject:
    return Subject(listing(endpoint_id, **values))


def rule(effect: str, kind: str, value: str, project: int | None = HOUSE, **more: Any) -> Rule:
    return Rule(project_id=project, effect=effect, kind=kind, value=value, **more)


@st.composite
def any_rule(draw: st.DrawFn, project: int | str | None = "any") -> Rule:
    kind = draw(st.sampled_from(KINDS))
    where = draw(st.sampled_from((HOUSE, PROJECT))) if project == "any" else project
    return rule(
        draw(st.sampled_from((FORBID, ONLY, ALLOW))),
        kind,
        draw(st.sampled_from(VALUES[kind])),
        where,  # type: ignore[arg-type]
        is_binding=where is HOUSE and draw(st.booleans()),
    )


any_model = st.builds(
    model,
    st.sampled_from(IDS),
    category=st.sampled_from(CATEGORIES),
    mark=st.sampled_from(("", "approved", "experimental", "blocked")),
    license_type=st.sampled_from(("", "commercial", "research")),
)
any_rules = st.lists(any_rule(), max_size=5)


@given(any_model)
def test_without_rules_every_model_is_open(subject):
    assert locking_rule([], subject) is None


@given(any_rules, any_model)
def test_only_a_rule_of_the_lists_locks_and_it_speaks_of_the_model(rules, subject):
    """A rule that forbids names the model; a rule that allows only some models does not."""
    locked = locking_rule(rules, subject)
    if locked is not None:
        assert any(locked is rule for rule in rules)
        assert locked.effect == (FORBID if names(locked, subject) else ONLY)


@given(st.lists(any_rule(), max_size=4), any_model)
def test_the_order_of_the_rules_decides_nothing(rules, subject):
    outcomes = {locking_rule(order, subject) is None for order in permutations(rules)}
    assert len(outcomes) == 1


@given(any_rules, st.sampled_from(IDS), any_model)
def test_a_binding_rule_about_one_model_is_overruled_by_no_project(rules, endpoint_id, subject):
    own = [added for added in rules if added.project_id == PROJECT]
    bound = rule(FORBID, "id", endpoint_id, is_binding=True)
    locked = locking_rule([bound, *own], subject)
    if subject.listing.endpoint_id == endpoint_id:
        assert locked is bound


@given(any_rules, any_model)
def test_a_project_without_allow_opens_nothing(rules, subject):
    """A project whose rules only restrict makes no exceptions."""
    house = [rule for rule in rules if rule.project_id is HOUSE]
    kept = [rule for rule in rules if rule.project_id is HOUSE or rule.effect != ALLOW]
    if locking_rule(house, subject):
        assert locking_rule(kept, subject)


@given(any_rules, any_model)
def test_a_rule_that_forbids_never_opens_a_model(rules, subject):
    more = [*rules, rule(FORBID, "id", "bolt/song", PROJECT), rule(FORBID, "id", "acme/film")]
    if locking_rule(rules, subject):
        assert locking_rule(more, subject)


@given(st.lists(any_rule(HOUSE), max_size=4), any_model)
def test_an_exception_of_a_project_opens_all_that_does_not_bind(house, subject):
    for house_rule in house:
        house_rule.is_binding = False
    exception = rule(ALLOW, "id", subject.listing.endpoint_id, PROJECT)
    assert locking_rule([*house, exception], subject) is None


@given(st.lists(any_rule(PROJECT), max_size=4), any_rule(PROJECT), any_model)
def test_the_narrowest_rule_of_a_list_decides(rules, first, subject):
    """A forbidding rule locks the model if it is narrower than all others that name the model."""
    naming = [rule for rule in rules if names(rule, subject)]
    if not names(first, subject) or first.effect == ONLY:
        return
    if first.effect == FORBID and all(width(first) <= width(rule) for rule in naming):
        assert locking_rule([*rules, first], subject) is not None
    if first.effect == ALLOW and all(width(first) < width(one) for one in naming):
        assert locking_rule([*rules, first], subject) is None


@pytest.mark.parametrize(
    ("rules", "is_locked"),
    [
        ([(ONLY, "mark", "approved", HOUSE)], True),
        ([(ONLY, "mark", "unmarked", HOUSE)], False),
        ([(ONLY, "mark", "approved", HOUSE), (ONLY, "owner", "acme", HOUSE)], False),
        ([(ONLY, "mark", "approved", HOUSE), (ALLOW, "id", "acme/paint", HOUSE)], False),
        ([(ONLY, "mark", "approved", HOUSE), (ALLOW, "owner", "acme", PROJECT)], False),
        ([(ONLY, "mark", "approved", HOUSE), (ONLY, "owner", "acme", PROJECT)], True),
        ([(FORBID, "owner", "acme", HOUSE), (ONLY, "id", "acme/paint", HOUSE)], False),
        ([(FORBID, "id", "acme/paint", HOUSE), (ALLOW, "owner", "acme", HOUSE)], True),
        ([(FORBID, "id", "acme/paint", HOUSE), (ALLOW, "owner", "acme", PROJECT)], False),
        ([(FORBID, "id", "acme/*", HOUSE), (ALLOW, "id", "acme/paint*", HOUSE)], False),
        ([(FORBID, "id", "*", HOUSE), (ALLOW, "category", "text-to-image", HOUSE)], False),
        ([(FORBID, "category", "text-to-image", PROJECT)], True),
        ([(FORBID, "question", "license:commercial", PROJECT)], False),
        ([(FORBID, "question", "-license:commercial", PROJECT)], True),
        ([(ONLY, "question", "price:<0.5", PROJECT)], True),  # the model's price is unknown
    ],
)
def test_examples_of_two_rules(rules, is_locked):
    two_rules = [rule(*parts) for parts in rules]
    assert (locking_rule(two_rules, model("acme/paint")) is not None) is is_locked


def test_ids_fit_as_a_whole_and_only_the_star_is_special():
    assert names(rule(FORBID, "id", "acme/p*t"), model("acme/paint"))
    assert not names(rule(FORBID, "id", "acme/paint"), model("acme/paint/fast"))
    assert not names(rule(FORBID, "id", "acme.paint"), model("acme/paint"))
    assert not names(rule(FORBID, "id", "acme/pain?"), model("acme/paint"))


@pytest.mark.parametrize(
    ("pattern", "is_named"),
    [
        ("acme/*", True),
        ("*/paint", True),
        ("a*e/p*t", True),
        ("*", True),
        ("acme/paint*", True),
        ("acme/paint**", True),
        ("acme/p*paint", False),
        ("acme*acme/paint", False),
        ("*film*", False),
        ("acme/pain", False),
    ],
)
def test_a_star_stands_for_any_text(pattern, is_named):
    assert names(rule(FORBID, "id", pattern), model()) is is_named


def test_many_stars_are_answered_at_once():
    """As regular expressions, six stars take ten seconds, and nine take days."""
    assert not names(rule(FORBID, "id", "*" * 60 + "zq"), model("z" * 250))
    assert names(rule(FORBID, "id", "*z" * 60), model("z" * 250))
