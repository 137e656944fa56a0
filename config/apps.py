"""The admin site of Vitrine, in place of Django's default one."""

from django.contrib.admin.apps import AdminConfig


class VitrineAdminConfig(AdminConfig):
    """Installs `config.admin.VitrineAdminSite` as `django.contrib.admin.site`."""

    default_site = "config.admin.VitrineAdminSite"
