"""The project itself as a Django app, for its management commands, and Vitrine's admin site."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class VitrineConfig(AppConfig):
    """Provides the commands that start processes: `up`, `worker`, `realtime` and `sandbox`."""

    name = "config"


class VitrineAdminConfig(AdminConfig):
    """Installs `config.admin.VitrineAdminSite` as `django.contrib.admin.site`."""

    default_site = "config.admin.VitrineAdminSite"
