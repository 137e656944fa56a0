"""What a review asks of its visitors, as fields of the share's form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms

from sharing.models import Share

if TYPE_CHECKING:
    from django.http import QueryDict

MARKER = "review_options"  # posted with the fields: without it nothing of them is changed
OF_BOARDS = ("takes_votes", "takes_rows")
FIELDS = ("picks", "most_picks", "takes_ratings", "takes_comments", *OF_BOARDS)
MOST = 500
IDS = "share-%s-field"


class ReviewOptionsForm(forms.Form):
    """How visitors pick, whether they rate and comment; of a board, vote and ask for rows."""

    picks = forms.ChoiceField(choices=Share.Picks.choices, required=False)
    most_picks = forms.IntegerField(
        label="At most, of several",
        min_value=0,
        max_value=MOST,
        required=False,
        widget=forms.NumberInput({"placeholder": "any"}),
        error_messages={"invalid": "Write a number, or leave it empty for as many as one likes."},
    )
    takes_ratings = forms.BooleanField(label="Stars, 1 to 5", required=False)
    takes_comments = forms.BooleanField(label="Comments", required=False)
    takes_votes = forms.BooleanField(label="Blind votes: which of two is better", required=False)
    takes_rows = forms.BooleanField(
        label="Rows to be tried: they wait for your click", required=False
    )

    def __init__(self, share: Share, data: QueryDict | None = None) -> None:
        is_posted = data is not None and MARKER in data
        initial = {name: getattr(share, name) for name in FIELDS}
        initial["most_picks"] = share.most_picks or None
        super().__init__(data if is_posted else None, initial=initial, auto_id=IDS)
        self.share = share
        of_boards = OF_BOARDS if share.kind == Share.Kind.BOARD else ()
        self.lines = [self["picks"], self["most_picks"]]
        self.ticks = [self[name] for name in ("takes_ratings", "takes_comments", *of_boards)]

    def is_fine(self) -> bool:
        """Whether what was posted can be applied; also if nothing of it was posted."""
        return not self.is_bound or self.is_valid()

    def apply(self) -> None:
        """Write what was chosen into the share, which the caller saves."""
        if not self.is_bound:
            return
        is_board = self.share.kind == Share.Kind.BOARD
        for name in FIELDS:
            if name in OF_BOARDS and not is_board:
                continue
            setattr(self.share, name, self.cleaned_data[name] or type(getattr(self.share, name))())
