from django.db import migrations

from core.db.leaving import log_rows


class Migration(migrations.Migration):
    dependencies = [("spending", "0012_notices_of_alarms")]
    operations = [log_rows("spending", "Alarm"), migrations.DeleteModel("Alarm")]
