from typing import Any

from django.db import migrations


def lead_to_runs(apps: Any, schema_editor: Any) -> None:
    """Let the notices of alarms lead to the run; its user and the admins see them as before."""
    notices = apps.get_model("notifications", "Notification").objects
    alarms = apps.get_model("spending", "Alarm").objects.values_list("pk", "run_id", "user_id")
    for pk, run, user in alarms.iterator():
        of_user = {"about": "auth.user", "number": user} if user else {"about": "", "number": None}
        of_alarm = notices.filter(about="spending.alarm", number=pk)
        of_alarm.update(path=f"/runs/{run}/", **of_user)


class Migration(migrations.Migration):
    dependencies = [
        ("notifications", "0007_without_trials"),
        ("spending", "0011_budgets_without_informed"),
    ]
    operations = [migrations.RunPython(lead_to_runs, migrations.RunPython.noop)]
