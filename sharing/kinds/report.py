"""A share of a report on a board: the page for whoever decides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from library.selection import ResultKey
from runs.models import Artifact
from sharing import items
from sharing.kinds.documents import GONE
from sharing.kinds.kind import KeptKind
from sharing.models import Report as Row
from sharing.models import Share
from sharing.reports import gathering, showing
from sharing.reports.showing import Address, Shown, ShownPick

if TYPE_CHECKING:
    from django.contrib.auth.models import User

    from sharing.access import Visit


class Report(KeptKind[Row]):
    """A report that follows its board is kept as it was by a share that does not follow it."""

    name, model = Share.Kind.REPORT, Row
    template = "sharing/kinds/_report.html"
    styles = ("css/lazy/report.css",)

    def rows(self, user: User) -> Any:
        """Return the reports that the user sees as a member, with their boards."""
        return Row.objects.kept().shown_to(user).readable_by(user).select_related("board__project")

    def freeze(self, share: Share) -> Mapping[str, Any] | None:
        """Return the numbers and words of this moment."""
        report = self.seen(share.user, share.source)
        if report is None:
            return None
        is_kept = report.frozen_at is not None or report.board.deleted_at is not None
        snapshot = report.snapshot if is_kept else gathering.content_of(report.board).as_json()
        return {
            "question": report.question,
            "sentences": report.sentences,
            "snapshot": snapshot,
        }

    def results(self, share: Share) -> Sequence[ResultKey]:
        """Return the best and worst results."""
        report = self.report_of(share)
        return showing.result_keys(report) if report else ()

    def report_of(self, share: Share) -> Row | None:
        """Return the report as the share shows it, not to be saved; None once it is gone."""
        report = self.seen(share.user, share.source)
        if report and share.frozen is not None and not share.follows:
            report.frozen_at = report.snapshot_at = share.created_at
            for name, value in share.frozen.items():
                setattr(report, name, value)
        return report

    def context(self, visit: Visit) -> Mapping[str, Any]:
        """Return what the report's fragment takes, or `gone`: a sentence."""
        share, report = visit.share, self.report_of(visit.share)
        if report is None:
            return {"gone": GONE}
        shown_items = {
            ResultKey(shown.run.pk, shown.item.position): shown
            for shown in items.of(share)
            if shown.run
        }

        def address_of(artifact: Artifact) -> Address:
            result = shown_items.get(ResultKey(artifact.run_id, artifact.position))
            return Address(result.src, result.still) if result else Address()

        shown = showing.shown(
            report, address_of, has_models=share.shows_models, has_prices=share.shows_prices
        )
        return {"shown": _without_hidden(share, shown), "has_heading": True}


def _without_hidden(share: Share, shown: Shown) -> Shown:
    if not share.follows:  # what came later is not for who was shown this
        shown = replace(shown, changes=[])
    if share.shows_settings:
        return shown
    candidates = [replace(one, settings="") for one in shown.content.candidates]
    return replace(
        shown,
        content=replace(shown.content, candidates=candidates),
        best=[_without_prompt(pick) for pick in shown.best],
        worst=[_without_prompt(pick) for pick in shown.worst],
    )


def _without_prompt(pick: ShownPick) -> ShownPick:
    return replace(pick, pick=replace(pick.pick, prompt=""))
