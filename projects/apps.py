"""The Django app `projects`."""

from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    """Makes everybody's private project, and loads a person's projects with them."""

    name = "projects"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect what follows a new account; name what a request's user is loaded with."""
        from accounts import login
        from projects import claimed, current, new_accounts

        login.LOADED_WITH_USER.update(current.LOADED)
        new_accounts.connect()
        claimed.connect()
