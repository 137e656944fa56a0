"""The Django app `projects`."""

from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    """Makes everybody's private project, loads a person's projects with them, locks models."""

    name = "projects"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect what follows a new account; name what a request's user is loaded with; locks."""
        from accounts import login
        from projects import current, new_accounts
        from projects.rules import gallery

        login.LOADED_WITH_USER.update(current.LOADED)
        new_accounts.connect()
        gallery.connect()
