"""What goes into a ZIP for a model's field, and what the report says of the rest."""

from features.library.packing import Piece, choose
from runs.models import Artifact
from schemas.uses.archives import Rules
from tests.tables import each_row

ONE = ("image", "a", 1, "a fox")


@each_row(
    ("rules", "files", "report"),
    [
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
    ],
)  # fmt: skip
def test_the_report_says_what_goes_in_and_what_is_left_out(rules, files, report):
    pieces = (
        Piece(Artifact(kind=kind, digest=digest, size_bytes=megabytes << 20), caption)
        for kind, digest, megabytes, caption in files
    )
    package = choose(pieces, Rules("data", "Data", **{"has_captions": True, **rules}))
    assert package.report(20_000) == report


@each_row(
    ("rules", "names", "packed", "report"),
    [
        (
            {"is_of_pairs": True},
            ["Cat_start.png", "cat_end.png", "dog_start.png", "dog_start2.png", "dog_end.png", "x"],
            ["Cat_start.png", "cat_end.png", "dog_start.png", "dog_start2.png", "dog_end.png"],
            "2 pairs of pictures, 20 KB, with 2 captions. Left out: 1 without the other half of "
            "their pair: name them cat_start.png and cat_end.png.",
        ),
        (
            {"has_masks": True},
            ["cat.png", "cat_mask.png", "dog_mask.png"],
            ["cat.png", "cat_mask.png"],
            "1 picture and 1 mask, 20 KB, with 1 caption. Left out: 1 masks without their picture: "
            "name them cat.png and cat_mask.png.",
        ),
    ],
)  # fmt: skip
def test_names_of_uploads_say_what_belongs_together(rules, names, packed, report):
    pieces = [
        Piece(Artifact(kind="image", digest=name, size_bytes=1, width=900, height=900), "x", name)
        for name in names
    ]
    package = choose(pieces, Rules("data", "Data", **{"has_captions": True, **rules}))
    assert [piece.name for piece in package.pieces] == packed
    assert package.report(20_000) == report
