"""The Atom feed of the change log left: readers need no number for its address."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("catalog", "0023_former_columns")]
    operations = [migrations.RemoveField("Reader", "feed_number")]
