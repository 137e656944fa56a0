"""The image has the locked packages, and compose.yaml has only existing settings."""

import re

import yaml

from tests.processes import ROOT


def pins(name: str) -> set[str]:
    return set(re.findall(r"^\S+==\S+", (ROOT / "requirements" / name).read_text(), re.M))


def test_the_image_has_the_packages_of_an_installation_and_those_for_buckets():
    more = {pin.partition("==")[0] for pin in pins("image.txt") - pins("run.txt")}
    assert pins("run.txt") < pins("image.txt")
    assert {"boto3", "django-storages"} <= more


def test_compose_names_settings_that_there_are_and_the_key_only_where_it_is_used():
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"]
    known = set(re.findall(r"^#? ?([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.M))
    ours = {name: service for name, service in services.items() if service["image"] == "vitrine"}
    assert ours.keys() == {"prepare", "web", "worker", "realtime"}
    for name, service in ours.items():
        names = {variable for variable in service["environment"] if not variable.startswith("AWS_")}
        assert names <= known, names - known
        assert ("FAL_KEY" in names) == (name in {"worker", "realtime"})
        assert service["read_only"]
