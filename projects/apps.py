"""The Django app `projects`."""

from django.apps import AppConfig


class ProjectsConfig(AppConfig):
    """Connects private projects of new accounts, the loading of projects, and locks of models."""

    name = "projects"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Connect the receivers and the locks; add the relations that are loaded with a user."""
        from accounts import login
        from projects import current, new_accounts
        from projects.rules import gallery

        login.LOADED_WITH_USER.update(current.LOADED)
        new_accounts.connect()
        gallery.connect()
