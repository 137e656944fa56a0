"""A workflow of the account is a model: its endpoint has its name, title and state."""

from django.db import migrations

COLUMNS = (
    *("owner", "name", "title", "description", "tags", "is_own", "is_public"),
    *("created_at", "trouble", "read_at", "gone_at"),
)


class Migration(migrations.Migration):
    dependencies = [("flows", "0013_flows_stay_as_made")]
    operations = [
        migrations.RemoveConstraint("AccountWorkflow", "account_workflow_once"),
        migrations.AlterModelOptions("AccountWorkflow", {}),
        *(migrations.RemoveField("AccountWorkflow", name) for name in COLUMNS),
    ]
