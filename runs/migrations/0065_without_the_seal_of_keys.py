from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("playground", "0064_without_keys_of_projects")]
    operations = [migrations.DeleteModel("KeySeal")]
