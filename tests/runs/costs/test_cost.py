"""Estimates agree with upstream's bills, and take one query for many runs.

A failed run's cost appears with every error, as far as it is known.
"""

from copy import deepcopy
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from catalog.models import Endpoint
from catalog.schema_versions import version_of
from runs.costs import cost
from runs.costs.known_costs import charge_in_words
from runs.models import Artifact, Run
from schemas.fields.examples import example
from tests.runs.conftest import have_ended


def priced_endpoint(make_endpoint: Any, documents: Any, unit: str, **more: Any) -> Endpoint:
    endpoint: Endpoint = make_endpoint(
        "fal-ai/flux/dev",
        documents["fal-ai/flux/dev"],
        unit_price_usd=Decimal("0.025"),
        price_unit=unit,
        currency="USD",
        facts=["out:image"],
        **more,
    )
    return endpoint


def test_a_price_by_settings_needs_no_query(make_endpoint, documents, django_assert_num_queries):
    endpoint = priced_endpoint(make_endpoint, documents, "megapixels")
    version_of(endpoint)
    with django_assert_num_queries(0):
        estimate = cost.estimate_run(endpoint, {"num_images": 2, "image_size": "square_hd"})
    assert estimate.label == "about $0.05"
    assert estimate.basis[0] == "2 images × 1 MP (1024 × 1024) × $0.025"


def test_the_history_of_each_model_is_one_query_of_its_latest_runs(
    make_endpoint, documents, make_run, django_assert_num_queries
):
    counted = priced_endpoint(make_endpoint, documents, "units")
    timed = make_endpoint(
        "a/timed", unit_price_usd=Decimal("0.001"), price_unit="compute seconds", currency="USD"
    )
    for units in ("4", "6", "100", "nonsense"):
        make_run(endpoint=counted, state="succeeded", billable_units=units)
    make_run(endpoint=counted, state="failed", billable_units="9999")
    make_run(endpoint=timed, state="succeeded", metrics={"inference_time": 12.0})
    planned_runs = [(counted, {}), (timed, {}), (counted, {"prompt": "x"})]
    cost.estimate_runs(planned_runs)
    with django_assert_num_queries(2) as queries:
        estimates = cost.estimate_runs(planned_runs)
    assert all(query["sql"].endswith(f"LIMIT {cost.LATEST}") for query in queries)
    assert [estimate.label for estimate in estimates] == [
        "usually $0.15",
        "usually $0.012",
        "usually $0.15",
    ]
    assert estimates[0].basis == ("6 units (the median of 3 earlier runs) × $0.025",)


def test_the_length_of_an_earlier_result_is_priced(make_endpoint, make_run, documents):
    run = make_run(state="succeeded")
    artifact = Artifact.objects.create(
        run=run, position=0, path="video", kind="video", url="http://x/v.mp4", duration_s=7.5
    )
    document = deepcopy(documents["fal-ai/kling-video/v2.1/master/image-to-video"])
    schema = next(
        component
        for name, component in document["components"]["schemas"].items()
        if "Input" in name
    )
    schema["properties"] = {"video_url": {"type": "string"}}
    schema["required"] = ["video_url"]
    endpoint = make_endpoint(
        "a/upscaler", document, unit_price_usd=Decimal("0.1"), price_unit="seconds", currency="USD"
    )
    estimate = cost.estimate_run(endpoint, {"video_url": artifact.get_absolute_url()})
    assert estimate.basis == ("7.5 s of input × $0.10",)
    lost = cost.estimate_run(endpoint, {"video_url": "/runs/-----/artifacts/1/"})
    assert not lost.is_known


UNITS = ["images", "megapixels", "seconds", "1000 characters", "1000 tokens", "steps", "models"]


@pytest.mark.exhaustive
@pytest.mark.system  # this test runs every model of the sandbox
def test_the_sandbox_bills_within_the_estimate(ask, work):
    runs: list[Run] = []
    for unit in UNITS:
        listed = Endpoint.objects.filter(price_unit=unit).exclude(endpoint_id__contains="mischief")
        for endpoint in listed.order_by("endpoint_id"):
            arguments = example(version_of(endpoint).root)
            if arguments and cost.estimate_run(endpoint, arguments).is_known:
                runs.append(ask(endpoint.endpoint_id, **arguments))
                break
    assert len(runs) == len(UNITS)
    work(lambda: have_ended(*runs))
    for run in Run.objects.filter(pk__in=[run.pk for run in runs]).select_related("endpoint"):
        price = run.endpoint.unit_price_usd or Decimal()
        billed = Decimal(run.billable_units) * price
        estimate = cost.estimate_run(run.endpoint, run.arguments)
        assert estimate.low is not None
        assert estimate.high is None or estimate.high >= billed * Decimal("0.99"), run.endpoint_id
        assert estimate.low <= billed * Decimal("1.01"), run.endpoint_id


SENT = {"sent_at": timezone.now(), "request_id": "r"}


@pytest.mark.parametrize(
    ("values", "price", "charge"),
    [
        ({}, "0.05", "Nothing was billed: the run was never sent."),
        (SENT | {"billable_units": "0"}, "0.05", "Nothing was billed."),
        (SENT | {"billable_units": "2"}, "0.05", "Billed: ≈ $0.10 · 2 images."),
        (SENT | {"billable_units": "2"}, None, "Billed: 2 images."),
        (SENT, "0", "Nothing was billed: the model is free."),
        (SENT | {"error": {"error": "UpstreamFailed", "status": 503}}, "0.05",
         "Nothing was billed: upstream does not charge for its own errors."),
        ({"sent_at": timezone.now(), "error": {"error": "AuthFailed", "status": 403}}, "0.05",
         "Nothing was billed: upstream did not accept the run."),
        (SENT | {"error": {"error": "InvalidInput", "status": 422}}, "0.05",
         "Upstream did not say what it billed; it may charge for input that it refuses."),
        (SENT | {"error": {"error": "RunFailed"}}, "0.05",
         "Upstream did not say whether it billed anything."),
],
)  # fmt: skip
def test_a_failed_run_shows_what_it_cost(make_endpoint, make_run, values, price, charge):
    endpoint = make_endpoint(
        unit_price_usd=None if price is None else Decimal(price), price_unit="images"
    )
    run = make_run(endpoint=endpoint, state="failed", **values)
    assert charge_in_words(run) == charge
