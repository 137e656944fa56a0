from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("spending", "0013_without_alarms")]
    operations = [
        migrations.RemoveField("spendingrules", name)
        for name in ("alarm_factor", "alarm_least", "holds_models")
    ]
