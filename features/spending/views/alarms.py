"""The alarm's pages: all that the user may see, and one with both sums and a letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from core.http.parameters import page_of
from features.spending.alarms import alarm_access, support_letter
from features.spending.models import BillingEvent, SpendingRules
from runs.models import Charge, Run

if TYPE_CHECKING:
    from django.http import HttpResponse

    from core.http.htmx import HtmxRequest

PER_PAGE = 50


@require_safe
def index(request: HtmxRequest) -> HttpResponse:
    """List the alarms that the user may see, unseen ones first."""
    alarms = alarm_access.visible_to(request.user).order_by("-looked_at", "-created_at")
    page = page_of(request, alarms, PER_PAGE)
    context = {"page": page, "rules": SpendingRules.current(), "here": "alarms"}
    return render(request, "features/spending/alarms.html", context)


@require_safe
def alarm(request: HtmxRequest, pk: int) -> HttpResponse:
    """Show one alarm: both sums, the facts of the bill, and the letter."""
    visible_alarm = get_object_or_404(alarm_access.visible_to(request.user), pk=pk)
    charge = Charge.objects.filter(run_id=visible_alarm.run_id).select_related("endpoint").first()
    run = Run.objects.filter(pk=visible_alarm.run_id).light().first()
    readable = Run.objects.readable_by(request.user).filter(pk=visible_alarm.run_id).first()
    event = BillingEvent.objects.filter(request_id=visible_alarm.request_id).first()
    bill = support_letter.figures(charge, run, event)
    settings = support_letter.facts(readable) if readable else []
    context = {
        "alarm": visible_alarm,
        "cost_now": charge.amount if charge and charge.amount != visible_alarm.cost else None,
        "run": readable,
        "bill": bill,
        "settings": settings,
        "letter": support_letter.write(visible_alarm, charge, bill, settings),
        "may_look": alarm_access.may_look(request.user, visible_alarm),
        "holds": visible_alarm.looked_at is None and SpendingRules.current().holds_models,
        "here": "alarms",
    }
    return render(request, "features/spending/alarm.html", context)


@require_POST
def look(request: HtmxRequest, pk: int) -> HttpResponse:
    """Mark the alarm as looked at."""
    visible_alarm = get_object_or_404(alarm_access.visible_to(request.user), pk=pk)
    is_first = alarm_access.look(request.user, visible_alarm)
    message = "Noted: you have looked at it." if is_first else "Somebody has already looked at it."
    messages.success(request, message)
    return redirect(visible_alarm)
