"""Two runs beside each other: their results, what differs in their inputs, times and prices."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from library.differences.changed_fields import ChangedField, changed_fields
from playground.display.comparison.panes import Pane, panes_of, stage_kind
from playground.display.renderers import seed_of
from runs.models import Run

MAX_FIELDS = 100  # that are listed; a list of thousands of points has as many differences


@dataclass(frozen=True)
class Comparison:
    """What the page of two runs shows; `kind` is what both results are, empty if they differ."""

    panes: list[Pane]
    kind: str
    fields: list[ChangedField]
    is_more: bool
    seeds: tuple[str, str]

    @property
    def is_one_model(self) -> bool:
        """Whether both runs are of one model."""
        first, second = self.panes
        return first.run.endpoint_id == second.run.endpoint_id

    @property
    def is_same_input(self) -> bool:
        """Whether both runs asked the same of the same model."""
        return self.is_one_model and not self.fields

    @property
    def is_other_seed(self) -> bool:
        """Whether the results say that they were made with seeds that the input does not name."""
        is_other = all(self.seeds) and self.seeds[0] != self.seeds[1]
        return is_other and self.seeds not in {field.texts for field in self.fields}


def compare(first: Run, second: Run) -> Comparison:
    """Return the comparison of two runs, loaded with their endpoints, in- and output and files."""
    panes = panes_of([first, second], [first.endpoint.name, second.endpoint.name])
    fields = list(islice(changed_fields(first, second), MAX_FIELDS + 1))
    return Comparison(
        panes=panes,
        kind=stage_kind(panes),
        fields=fields[:MAX_FIELDS],
        is_more=len(fields) > MAX_FIELDS,
        seeds=(seed_of(first), seed_of(second)),
    )
