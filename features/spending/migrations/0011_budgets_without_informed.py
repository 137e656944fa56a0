from django.db import migrations

from core.db.leaving import log_rows


class Migration(migrations.Migration):
    dependencies = [("spending", "0010_budgets_without_questions")]
    operations = [
        log_rows("spending", "Budget_informed"),
        migrations.RemoveField("budget", "informed"),
    ]
