"""What goes into a ZIP for a model's field, and what the report says of the rest."""

from __future__ import annotations

from typing import Any

from features.library import packing
from features.library.packing import Piece, choose
from runs.models import Artifact
from schemas.uses.archives import Rules
from tests.tables import each_row

MB = 1 << 20
ONE = ("image", "a", 1, "a fox")


def package(rules: dict[str, Any], *files: tuple[str, str, int, str]) -> packing.Package:
    return choose(
        [
            Piece(Artifact(kind=kind, digest=digest, size_bytes=megabytes * MB), caption)
            for kind, digest, megabytes, caption in files
        ],
        Rules("data", "Data", **{"has_captions": True, **rules}),
    )


@each_row(
    ("rules", "files", "report"),
    [
        ({}, [ONE], "1 picture, 20 KB, with 1 caption."),
        ({}, [ONE, ("image", "b", 1, "")], "2 pictures, 20 KB, with 1 caption."),
        (
            {"has_captions": False}, [ONE],
            "1 picture, 20 KB, without captions: the field's description mentions none.",
        ),
        (
            {"kinds": ("image", "video")}, [ONE, ("video", "b", 1, "x"), ("audio", "c", 1, "x")],
            "1 picture and 1 film, 20 KB, with 2 captions. Left out: 1 of another kind.",
        ),
        ({}, [ONE] * 3, "1 picture, 20 KB, with 1 caption. Left out: 2 the same as another one."),
        (
            {}, [("image", "b", 150, "x"), ("image", "c", 50, "x"), ONE],
            "2 pictures, 20 KB, with 2 captions. Left out: 1 too large: a ZIP holds 196 MB.",
        ),
        (
            {"most": 1, "fewest": 5}, [ONE, ("image", "b", 1, "x")],
            "1 picture, 20 KB, with 1 caption. Left out: 1 beyond the 1 that the model takes. "
            "The model needs at least 5.",
        ),
        (
            {"advised": 4}, [ONE],
            "1 picture, 20 KB, with 1 caption. The model recommends at least 4.",
        ),
    ],
)  # fmt: skip
def test_the_report_says_what_goes_in_and_what_is_left_out(
    rules: dict[str, Any], files: list[Any], report: str
) -> None:
    assert package(rules, *files).report(20_000) == report


def test_a_field_with_another_layout_is_refused_by_its_own_words() -> None:
    assert not packing.refusal_of_layout(Rules("data", "Data"))
    why = packing.refusal_of_layout(Rules("data", "Data", layout="ROOT_start.EXT"))
    assert why.startswith("“Data” takes a ZIP")
    assert "“ROOT_start.EXT”" in why
