"""Renames `Batch` to `Board`, with its table, content type, permissions and audit entries."""

from django.db import migrations


def rename_where_named(apps, schema_editor):
    """Name the model in permissions, which keep their users, and in the audit log."""
    _rename(apps, "batch", "board")


def restore_where_named(apps, schema_editor):
    """Give permissions and audit entries the former name."""
    _rename(apps, "board", "batch")


def _rename(apps, old, new):
    permissions = apps.get_model("auth", "Permission").objects
    # Without this the admin would list both names, and only the old one would have been granted.
    for permission in permissions.filter(
        content_type__app_label="boards", codename__endswith=f"_{old}"
    ):
        permission.codename = permission.codename.removesuffix(old) + new
        permission.save()
    entries = apps.get_model("accounts", "AuditEntry").objects
    entries.filter(kind=f"boards.{old}").update(kind=f"boards.{new}")


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0004_audit_and_limits"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("boards", "0007_ledger"),
    ]

    operations = [
        migrations.RenameModel("Batch", "Board"),
        migrations.RunPython(rename_where_named, restore_where_named),
    ]
