"""Checks of data sets: numbers, kinds, pairs, masks, captions."""

from __future__ import annotations

import pytest

from training.data.checks import findings_of
from training.data.items import Item, free_name
from training.data.rules import Rules


def items(*names: str, caption: str = "") -> list[Item]:
    kinds = {"mp4": "video", "wav": "audio"}
    return [Item(n, f"/uploads/{n}/", kinds.get(n[-3:], "image"), 1, caption) for n in names]


RULES = Rules("data", "Data", has_captions=True)
PAIRS = Rules("data", "Data", is_of_pairs=True, needs_caption=True, default_caption="caption")


@pytest.mark.parametrize(
    ("rules", "found", "words", "is_blocking"),
    [
        (RULES, [], "is empty", True),
        (Rules("d", "D", fewest=2), items("a.png"), "at least 2 pictures; it has 1", True),
        (Rules("d", "D", most=1), items("a.png", "b.png"), "at most 1 picture; it has 2", True),
        (Rules("d", "D", advised=4), items("a.png"), "advises at least 4 pictures", False),
        (RULES, items("a.png", "b.mp4"), "not from b.mp4", True),
        (PAIRS, items("a_start.png", caption="x"), "no _end picture for a_start.png", True),
        (PAIRS, items("a.png"), "a.png does not", True),
        (
            PAIRS,
            items("a_start.png", "a_end.png"),
            "1 of 1 pair of pictures have no caption",
            False,
        ),
        (
            Rules("d", "D", has_masks=True),
            items("a.png", "b_mask.png"),
            "the mask b_mask.png",
            True,
        ),
        (Rules("d", "D"), items("a.png", caption="x"), "may ignore", False),
    ],
    ids=[
        "empty",
        "few",
        "many",
        "advised",
        "kind",
        "half",
        "unpaired",
        "caption",
        "mask",
        "ignored",
    ],
)
def test_a_finding(rules: Rules, found: list[Item], words: str, is_blocking: bool) -> None:
    texts = [one for one in findings_of(found, rules) if words in one.text]
    assert [one.is_blocking for one in texts] == [is_blocking]


def test_a_good_data_set_has_no_findings() -> None:
    assert not findings_of(items("a.png", "b.jpg"), Rules("d", "D", fewest=2, most=60))
    pair = items("a_start.png", "a_start2.png", "a_end.png", caption="x")
    assert not findings_of(pair, Rules("d", "D", is_of_pairs=True, has_captions=True))


def test_names_stay_apart_by_stem_and_keep_their_marks() -> None:
    taken: set[str] = set()
    given = ["cat.png", "cat.jpg", "CAT.png", "a_start.png", "a_start.png"]
    expected = ["cat.png", "cat-2.jpg", "CAT-3.png", "a_start.png", "a-2_start.png"]
    assert [free_name(name, taken) for name in given] == expected
