"""On a phone: differences between figures, an alarm with its letter, and the click that ends it."""

from __future__ import annotations

from decimal import Decimal
from uuid import uuid4

import pytest
from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from catalog.models import Endpoint
from runs.models import Charge, Run
from spending.alarms import detection
from spending.models import Alarm, BillingEvent
from tests.browser.axe import assert_usable
from tests.browser.contexts import Contexts
from tests.browser.gallery import PHONE
from tests.people.house import make_admin
from tests.projects.people import logged_in, make_project

pytestmark = pytest.mark.browser


@pytest.fixture
def alarm(gallery: None) -> Alarm:
    """A run of an admin's own that was billed a hundred times its estimate."""
    eva = make_admin("eva")
    endpoint = Endpoint.objects.all()[0]
    run = Run.objects.create(
        user=eva, project=make_project("Red Fox", eva="manager"), endpoint=endpoint,
        arguments={"prompt": "a fox", "num_images": 4}, form_token=uuid4().hex, state="succeeded",
        request_id=str(uuid4()), billable_units="100", sent_at=timezone.now(), output={},
    )  # fmt: skip
    Charge.objects.create(
        run=run, user=eva, project=run.project, endpoint=endpoint, created_at=timezone.now(),
        expected=Decimal("0.05"), billed=Decimal(5), reported=Decimal(5), amount=Decimal(5),
        state="settled", awaits_check=True,
    )  # fmt: skip
    BillingEvent.objects.create(request_id="somebody-else", cost=Decimal(1))
    detection.check_settled()
    return Alarm.objects.get()


@pytest.mark.exhaustive
def test_an_alarm_is_read_copied_and_looked_at(
    contexts: Contexts, live_server: LiveServer, alarm: Alarm
) -> None:
    page = _logged_in(contexts, live_server, alarm)
    page.goto("/spend/differences/")
    expect(page.get_by_text("$4.95 more")).to_be_visible()
    expect(page.get_by_text("somebody-else")).to_be_visible()
    assert_usable(page)
    page.get_by_role("link", name="Alarms").click()
    expect(page.get_by_text("Nobody has looked yet")).to_be_visible()
    assert_usable(page)
    page.locator("table").get_by_role("link").first.click()
    letter = page.get_by_role("textbox", name="A letter to fal")
    assert alarm.request_id in letter.input_value()
    assert "num_images: 4" in letter.input_value()
    assert "a fox" not in letter.input_value()
    expect(page.get_by_role("button", name="Copy")).to_be_visible()
    assert_usable(page)
    page.get_by_role("button", name="I have looked at it").press("Enter")
    expect(page.get_by_text("eva looked at it")).to_be_visible()
    assert_usable(page)


def _logged_in(contexts: Contexts, live_server: LiveServer, alarm: Alarm) -> Page:
    assert alarm.user
    cookie = logged_in(alarm.user).cookies[settings.SESSION_COOKIE_NAME]
    context = contexts.take(
        viewport={"width": PHONE[0], "height": PHONE[1]},
        base_url=live_server.url,
    )
    context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": live_server.url}])
    return context.new_page()
