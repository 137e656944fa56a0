"""Prompts keep their newest text, without its versions and the seed of random choices."""

from typing import Any

TEXTS = ("a {2 of red|green|blue} fox", "{prompt}, ink drawing")


def make(apps: Any) -> None:
    """Make a prompt with an earlier text, and one that is put around others."""
    user = apps.get_model("auth", "User").objects.create(username="of-prompts")
    project = apps.get_model("projects", "Project").objects.create(name="P", slug="of-prompts")
    for text in TEXTS:
        prompt = apps.get_model("library", "Prompt").objects.create(
            user=user, project=project, name="Fox", text=text, seed=7
        )
        prompt.tags.create(name="fur")
        for version in ("an earlier text", text):
            prompt.versions.create(text=version, made_by=user)


def check(apps: Any) -> None:
    """The texts are as they were written, with their tags."""
    prompts = apps.get_model("library", "Prompt").objects.filter(user__username="of-prompts")
    assert {prompt.text for prompt in prompts} == {*TEXTS}
    assert [tag.name for prompt in prompts for tag in prompt.tags.all()] == ["fur", "fur"]
