"""Keys of projects are dropped; their runs stay, and the managers are told."""

from typing import Any


def make(apps: Any) -> None:
    """Make a project with a key in use, a former one, and a run that was sent with it."""
    user = apps.get_model("auth", "User").objects.create(username="of-keys")
    maker = apps.get_model("auth", "User").objects.create(username="makes-with-keys")
    project = apps.get_model("projects", "Project").objects.create(name="Fox", slug="of-keys")
    for person, role in ((user, "manager"), (maker, "maker")):
        project.memberships.create(user=person, role=role)
    keys = apps.get_model("playground", "ProjectKey").objects
    keys.create(project=project, key_id="former", state="replaced")
    key = keys.create(project=project, key_id="fox-1", state="active", secret="s")
    apps.get_model("playground", "KeySeal").objects.create(pk=1, public="p", private="s")
    endpoint = apps.get_model("catalog", "Endpoint").objects.create(endpoint_id="of/keys")
    apps.get_model("playground", "Run").objects.create(
        user=user, project=project, endpoint=endpoint, form_token="key", state="succeeded",
        arguments={}, project_key=key,
    )  # fmt: skip


def check(apps: Any) -> None:
    """Look at the run, and at the one notice."""
    run = apps.get_model("playground", "Run").objects.get(user__username="of-keys")
    notices = apps.get_model("notifications", "Notification").objects
    (notice,) = notices.filter(number=run.project_id, about="projects.project")
    assert (notice.user_id, notice.path) == (run.user_id, "/projects/of-keys/")
    assert notice.subject == "“Fox” has no fal key of its own any more"
    assert "fox-1" in notice.text
