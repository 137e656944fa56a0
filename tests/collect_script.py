"""Collects the static files of the checkout in the current folder, as `manage.py up` does."""

import django

if __name__ == "__main__":
    django.setup()
    from config.management.commands.up import collect_static

    collect_static()
