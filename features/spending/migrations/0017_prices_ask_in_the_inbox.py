"""Admins agree to a measured price in the inbox: those that wait are asked about anew.

The next bill of such a model measures it again, and notifies admins with a button.
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("spending", "0016_state_without_unreadable")]
    operations = [migrations.RunSQL("UPDATE spending_measuredprice SET awaits_yes = FALSE")]
