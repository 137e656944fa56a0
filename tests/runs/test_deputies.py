"""Which models are proposed to take over from another one."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from catalog.models import Endpoint, ListingEntry
from projects.models import Rule
from projects.models.project import Project, private_project
from runs.deputies import deputy_of, proposals


@pytest.fixture
def project(django_user_model: type[User]) -> Project:
    """Where the deputy would run."""
    return private_project(django_user_model.objects.create_user("ada"))


def proposed(endpoint: Endpoint, project: Project) -> list[str]:
    return [row.endpoint_id for row in proposals(endpoint, project)]


@pytest.mark.parametrize(
    ("old", "others", "expected"),
    [
        ("a/veo/v2.1/pro", ["a/veo/v2.5/pro", "a/veo/v10/pro", "a/veo/v11/std"], "a/veo/v10/pro"),
        ("a/t5-1", ["a/t5-2", "a/t4-9"], "a/t5-2"),
    ],
)
def test_the_newest_version_of_the_name_is_proposed_first(
    make_endpoint, project, old, others, expected
):
    row = make_endpoint(old, status="deprecated")
    for other in others:
        make_endpoint(other)
    make_endpoint("a/veo/v12/pro", category="vision")
    make_endpoint("a/veo/v13/pro", status="deprecated")
    make_endpoint("a/veo/v14/pro", mark="blocked")
    make_endpoint("a/veo/v15/pro", gone_at=timezone.now())
    assert proposed(row, project)[0] == expected


@pytest.mark.parametrize(
    ("description", "entry"),
    [
        ("Deprecated: use our new b/flux-2/edit instead.", "{}"),
        ("", '{"replacement": {"id": 1}, "successor_url": "https://fal.ai/models/b/flux-2/edit"}'),
    ],
)
def test_the_model_that_upstream_names_is_proposed_first(
    make_endpoint, project, description, entry
):
    old = make_endpoint("a/flux-general", status="deprecated", description=description)
    ListingEntry.objects.create(endpoint=old, text=entry)
    make_endpoint("b/flux-2/edit", category="image-to-image")
    make_endpoint("a/fooocus")
    assert proposed(old, project) == ["b/flux-2/edit", "a/fooocus"]


def test_other_media_inputs_and_licences_and_locked_models_are_not_proposed(make_endpoint, project):
    def make(name: str, role: str = "main", **more: Any) -> Endpoint:
        inputs = [["image_url", "image", role, "Image", True]]
        row: Endpoint = make_endpoint(
            name, **{"inputs": inputs, "facts": ["in:image", "out:image"]} | more
        )
        return row

    old = make("a/one", license_type="commercial")
    make("a/fits")
    make("a/film", facts=["in:image", "out:video"])
    make("a/fills", role="mask")
    make("a/study", license_type="research")
    make("b/locked")
    Rule.objects.create(kind="owner", value="b")
    assert proposed(old, project) == ["a/fits"]


def test_a_deputy_does_the_same_operation_for_a_known_price_without_a_lora(make_endpoint, project):
    price = {"unit_price_usd": "0.02", "price_unit": "images", "currency": "USD"}
    old = make_endpoint("a/clarity-upscaler", category="image-to-image", **price)
    make_endpoint("a/other-upscaler", category="image-to-image", **price)
    make_endpoint("a/paints-with-words", category="image-to-image", **price)
    make_endpoint("a/free-upscaler", category="image-to-image")
    lora = make_endpoint("a/lora-upscaler", category="image-to-image", **price)
    assert proposed(old, project) == ["a/other-upscaler"]
    assert set(proposed(lora, project)) == {"a/other-upscaler", "a/clarity-upscaler"}


def test_a_named_deputy_takes_over_where_it_may_run(make_endpoint, project):
    deputy = make_endpoint("b/two")
    old = make_endpoint("a/one", deputy=deputy)
    assert deputy_of(old, project) == deputy
    assert proposed(old, project) == []
    Rule.objects.create(kind="owner", value="b")
    assert deputy_of(old, project) is None
