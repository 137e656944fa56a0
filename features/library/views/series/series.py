"""The pages of series: the list with covers, and one series in its order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from features.library.models import Series
from features.library.search.conditions import SERIES as SERIES_CONDITION
from features.library.search.conditions import Condition
from features.library.series import display as shown_series
from projects.kept.resource import Resource

if TYPE_CHECKING:
    from django.core.paginator import Page

    from core.http.htmx import HtmxRequest


class AllSeries(Resource[Series]):
    """Series, each with a cover; other views add results to them."""

    model, fields = Series, ("name",)
    at, list_route = "series/", "library:all-series"
    on_page = 48
    list_template = "features/library/series/index.html"
    page_template = "features/library/series/series.html"

    def list_context(self, request: HtmxRequest, page: Page[Series]) -> Mapping[str, Any]:
        """Return the cards."""
        keys = [row.pk for row in page.object_list]
        return {"cards": shown_series.cards(request.user, Series.objects.filter(pk__in=keys))}

    def page_context(self, request: HtmxRequest, row: Series) -> Mapping[str, Any]:
        """Return its results in their order."""
        results = shown_series.results_of(request.user, row)
        is_cut = len(results) == shown_series.MAX_SHOWN
        return {
            "results": results,
            "number": sum(result.stack is not None for result in results),
            "gaps": sum(result.stack is None for result in results),
            "search_for_all": Condition(SERIES_CONDITION, (row.name,)).word if is_cut else "",
        }


SERIES = AllSeries()
