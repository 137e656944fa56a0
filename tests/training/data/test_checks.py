"""Checks of data sets: numbers, kinds, pairs, masks, captions."""

from __future__ import annotations

from tests.tables import each_row
from training.data.checks import findings_of
from training.data.items import Item, free_name
from training.data.rules import Rules


def items(*names: str, caption: str = "") -> list[Item]:
    kinds = {"mp4": "video", "wav": "audio"}
    return [Item(n, f"/uploads/{n}/", kinds.get(n[-3:], "image"), 1, caption) for n in names]


RULES = Rules("data", "Data", has_captions=True)
PAIRS = Rules("data", "Data", is_of_pairs=True, needs_caption=True, default_caption="caption")


@each_row(
    ("rules", "data_items", "message", "is_blocking"),
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
def test_problems_of_a_data_set_are_reported(
    rules: Rules, data_items: list[Item], message: str, is_blocking: bool
) -> None:
    texts = [finding for finding in findings_of(data_items, rules) if message in finding.text]
    assert [finding.is_blocking for finding in texts] == [is_blocking]


def test_a_good_data_set_has_no_findings() -> None:
    assert not findings_of(items("a.png", "b.jpg"), Rules("d", "D", fewest=2, most=60))
    pair = items("a_start.png", "a_start2.png", "a_end.png", caption="x")
    assert not findings_of(pair, Rules("d", "D", is_of_pairs=True, has_captions=True))


def test_file_names_get_unique_stems_and_keep_their_suffixes() -> None:
    used_names: set[str] = set()
    names = ["cat.png", "cat.jpg", "CAT.png", "a_start.png", "a_start.png"]
    expected = ["cat.png", "cat-2.jpg", "CAT-3.png", "a_start.png", "a-2_start.png"]
    assert [free_name(name, used_names) for name in names] == expected
