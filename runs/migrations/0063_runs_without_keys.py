from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("playground", "0062_managers_are_told_of_keys")]
    operations = [
        migrations.RemoveIndex("run", "run_of_key"),
        migrations.RemoveField("run", "project_key"),
    ]
