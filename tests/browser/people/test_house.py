"""Five people and three projects: invited in, run, moved, refused, looked at, left, logged."""

from __future__ import annotations

import re
import uuid
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.browser.contexts import Contexts
from tests.browser.people.house import (
    Browsers,
    invite,
    join,
    log_out_and_in,
    make_project,
    post_run,
    run,
    status_of,
)
from tests.processes import Up

pytestmark = pytest.mark.browser
LITE, RIDGELINE, KILN = "sandbox/aurora/lite", "sandbox/ridgeline", "sandbox/relief/text-to-3d"


@pytest.mark.exhaustive
def test_five_people_and_three_projects(
    contexts: Contexts, vitrine: Up, session: list[Any]
) -> None:
    browsers = Browsers(contexts, vitrine.base)
    key = uuid.uuid4().hex[:6]
    mara, ben, cleo, dan = (f"{name}-{key}" for name in ("mara", "ben", "cleo", "dan"))
    fox, gull, heron = (f"{name} {key}" for name in ("Fox", "Gull", "Heron"))
    admin = browsers.open(session)
    fox_slug, gull_slug, heron_slug = (make_project(admin, name) for name in (fox, gull, heron))

    # Invited and signed in.
    pages: dict[str, Page] = {}
    for name, role, gifts in (
        (mara, "Curator", [(fox, "Viewer")]),
        (ben, "Member", [(fox, "Maker"), (gull, "Maker")]),
        (cleo, "Member", [(gull, "Manager")]),
        (dan, "Member", [(heron, "Maker")]),
    ):
        pages[name] = browsers.open()
        join(pages[name], invite(admin, role, *gifts), name)
    log_out_and_in(pages[ben], ben)

    # Run; members see it, strangers do not.
    fox_run = run(pages[ben], LITE, fox_slug, f"a red fox {key}")
    heron_run = run(pages[dan], LITE, heron_slug, f"a heron {key}")
    pages[mara].goto(f"/runs/?project={fox_slug}")
    expect(pages[mara].get_by_role("link", name=f"a red fox {key}").first).to_be_visible()
    assert status_of(pages[mara], fox_run) == 200
    assert status_of(pages[cleo], fox_run) == 404
    assert status_of(pages[ben], heron_run) == 404

    # Moved: from then on the other project's members see it, and this one's do not.
    ben_page = pages[ben]
    ben_page.goto(fox_run)
    ben_page.get_by_role("link", name="Move to…").click()
    ben_page.get_by_role("radio", name=gull).check()
    ben_page.get_by_role("button", name="Move", exact=True).click()
    expect(ben_page.get_by_role("heading", name=f"Moved to {gull}")).to_be_visible()
    assert status_of(pages[mara], fox_run) == 404
    assert status_of(pages[cleo], fox_run) == 200

    # A viewer is refused, on the page and when they post all the same.
    viewer = pages[mara]
    viewer.goto(f"/models/{LITE}/?project={fox_slug}")
    expect(viewer.locator("#refusal")).to_contain_text("to make you a maker")
    expect(viewer.locator("#run-button")).to_be_disabled()
    refused = post_run(viewer, LITE, fox_slug)
    assert refused.status == 403, refused.text()
    assert "data-refused" in refused.text()

    # A manager's rule locks a model for a maker, there alone.
    cleo_page = pages[cleo]
    cleo_page.goto(f"/projects/{gull_slug}/rules/")
    forbid(cleo_page, RIDGELINE, "Landscapes are done")
    ben_page.goto(f"/models/{RIDGELINE}/?project={gull_slug}")
    expect(ben_page.locator("#refusal")).to_contain_text("Landscapes are done")
    refused = post_run(ben_page, RIDGELINE, gull_slug)
    assert refused.status == 403, refused.text()
    assert "Landscapes are done" in refused.text()
    ben_page.goto(f"/models/{RIDGELINE}/?project={fox_slug}")
    expect(ben_page.locator("#run-button")).to_be_enabled()

    # The curator marks a model; the admin's rule of the house holds in private projects too.
    viewer.goto(f"/models/{KILN}/?tab=about")
    viewer.locator("[popovertarget=judge]").click()
    # Its name alone would also fit the link that stands there until the form has come.
    viewer.locator("#judge").get_by_role("radio", name="Experimental").check()
    viewer.locator("#judge").get_by_role("textbox").fill(f"Old {key}")
    viewer.locator("#judge").get_by_role("button").last.click()
    expect(viewer.locator("#standing")).to_contain_text(f"Old {key}")
    admin.goto("/people/rules/")
    forbid(admin, KILN, f"Nobody needs it {key}")
    try:
        pages[dan].goto(f"/models/{KILN}/?project=private")
        expect(pages[dan].locator("#refusal")).to_contain_text(f"Nobody needs it {key}")
        expect(pages[dan].locator("#mark b")).to_have_attribute("title", f"Old {key}")
    finally:  # other tests run the model in this Vitrine
        admin.get_by_role("listitem").filter(has_text=key).get_by_role("button").click()
    expect(admin.get_by_role("button", name="Undo")).to_be_visible()

    # A private run: the admin sees that it happened; with a reason what is in it, and Ben is told.
    private_run = run(ben_page, LITE, "private", f"a secret {key}")
    assert status_of(pages[cleo], private_run) == 404
    assert status_of(admin, private_run) == 200
    expect(admin.get_by_role("heading", level=1)).to_have_text(f"A private run of {ben}")
    expect(admin.locator("body")).not_to_contain_text(f"a secret {key}")
    admin.get_by_label("Why do you need to look?").fill("A complaint about this picture")
    admin.get_by_role("button", name="Look at it").click()
    expect(admin.locator("main")).to_contain_text(f"a secret {key}")
    ben_page.goto(private_run)
    expect(ben_page.locator("main")).to_contain_text("A complaint about this picture")

    # Ben leaves: session and token end at once, and his work stays in the project.
    ben_page.goto("/account/tokens/")
    ben_page.get_by_label("Name").fill("script")
    ben_page.get_by_role("button", name="Create token").click()
    secret = ben_page.locator("#token").inner_text().strip()
    headers = {"Authorization": f"Bearer {secret}"}
    me = f"{vitrine.base}/api/v1/me"
    assert httpx.get(me, headers=headers, timeout=60).status_code == 200
    admin.goto(f"/people/?q={ben}")
    admin.get_by_role("link", name=ben).click()
    admin.get_by_role("link", name=f"{ben} leaves…").click()
    admin.get_by_role("button", name="End their access").click()
    expect(admin.get_by_text(f"{ben} has left: every access is ended.")).to_be_visible()
    ben_page.goto("/runs/")
    assert "/login/" in ben_page.url
    assert httpx.get(me, headers=headers, timeout=60).status_code == 401
    assert status_of(cleo_page, fox_run) == 200
    expect(cleo_page.locator("main")).to_contain_text(re.compile("former member", re.I))

    # The audit log has all of it.
    for query, texts in (
        (f"who={mara}", ["signed in", "made an account", "joined by", "experimental"]),
        (f"who={cleo}", ["added a rule to", gull, f"Forbid {RIDGELINE}"]),
        (f"who={ben}&event=moved+to", [gull, "1 run"]),
        (f"event=looked+at&q={ben}", ["A complaint about this picture"]),
        (f"event=deactivated&q={ben}", ["their work stays"]),
    ):
        admin.goto(f"/people/audit/?{query}")
        for text in texts:
            expect(admin.locator(".audit")).to_contain_text(text)
    admin.goto("/people/audit/")
    admin.locator(".audit-filters summary").click()
    admin.locator(".audit-filters [name=place]").select_option(label=gull)
    admin.get_by_role("button", name="Filter").click()
    expect(admin.locator(".audit")).to_contain_text("moved to")
    expect(admin.locator(".audit")).not_to_contain_text(dan)
    assert status_of(cleo_page, "/people/audit/") == 403
    assert not browsers.troubles, browsers.troubles


def forbid(page: Page, model: str, reason: str) -> None:
    """Forbid a model on the open page of rules."""
    page.get_by_label("Rule", exact=True).select_option("forbid")
    page.get_by_label("Models by").select_option(label="Model")
    page.get_by_label("Which").fill(model)
    page.get_by_label("Why (whoever wants").fill(reason)
    page.get_by_role("button", name="Add rule").click()
    expect(page.locator(".rule-list").first).to_contain_text(reason)
