import core.db.dollars_field
import django.core.validators
import django.db.models.deletion
import uuid
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models
from core.db.migration_operations import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ('spending', '0001_spending'),
        ('spending', '0002_queue_of_bills'),
        ('spending', '0003_monthly_rollups'),
        ('spending', '0004_budget_is_by_admin'),
        ('spending', '0005_proven_prices'),
        ('spending', '0006_no_rollups'),
    ]

    dependencies = [
        ('api', '0001_squashed_0009'),
        ('catalog', '0001_squashed_0016'),
        ('playground', '0001_squashed_0048'),
        ('projects', '0001_squashed_0005'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='BillingState',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('has_key', models.BooleanField(default=False, help_text='the worker has FAL_ADMIN_KEY')),
                    ('next_at', models.DateTimeField(help_text='when a worker reads again', null=True)),
                    ('read_at', models.DateTimeField(help_text='when events were last read to the end', null=True)),
                    ('read_until', models.DateTimeField(help_text='the time of the newest event', null=True)),
                    ('deep_at', models.DateTimeField(help_text='when late events were last searched for', null=True)),
                    ('unreadable', models.PositiveIntegerField(default=0, help_text='events without a request id')),
                    ('failures', models.PositiveSmallIntegerField(default=0, help_text='in a row')),
                    ('trouble', models.CharField(blank=True, help_text='why none could be read', max_length=300)),
                    ('balance', core.db.dollars_field.DollarsField(null=True)),
                    ('currency', models.CharField(default='USD', max_length=8)),
                    ('balance_at', models.DateTimeField(null=True)),
                    ('balance_trouble', models.CharField(blank=True, max_length=300)),
                    ('warned_below', models.PositiveSmallIntegerField(help_text='days: the admins were told that the balance lasts less', null=True)),
                    ('episode', models.PositiveIntegerField(default=0, help_text='times that it was topped up since')),
                ],
            ),
            migrations.CreateModel(
                name='MeasuredPrice',
                fields=[
                    ('endpoint', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='catalog.endpoint')),
                    ('unit', models.CharField(blank=True, max_length=64)),
                    ('count', models.PositiveIntegerField(help_text='runs that it was measured from')),
                    ('median', core.db.dollars_field.DollarsField()),
                    ('low', core.db.dollars_field.DollarsField()),
                    ('high', core.db.dollars_field.DollarsField()),
                    ('said', core.db.dollars_field.DollarsField(help_text='by the list price, per `unit`; empty: unknown', null=True)),
                    ('spread', models.DecimalField(decimal_places=4, help_text='mean distance from the median; 0: constant', max_digits=9)),
                    ('groups', models.JSONField(default=list, help_text='[{arguments, count, median, low, high, said}], sums as texts')),
                    ('difference', models.DecimalField(decimal_places=4, help_text='the largest of its figures to what is said: 0.5 is half as much again', max_digits=14, null=True)),
                    ('is_used', models.BooleanField(help_text='estimates use it in place of the list price')),
                    ('updated_at', models.DateTimeField(auto_now=True)),
                    ('agreed', models.DecimalField(decimal_places=4, help_text='the difference up to which an admin has agreed; empty: nobody was asked', max_digits=14, null=True)),
                    ('awaits_yes', models.BooleanField(default=False, help_text='it is so far above the list price that an admin agrees first')),
                ],
                options={
                    'ordering': ['-count', 'endpoint'],
                },
            ),
            migrations.CreateModel(
                name='SpendingRules',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('unknown', models.CharField(choices=[('ask', 'Ask whoever starts it'), ('allow', 'Allow it; it counts once its cost is known'), ('refuse', 'Refuse it'), ('assume', 'Assume a sum')], default='ask', max_length=8, verbose_name='what nothing is known of')),
                    ('assumed', core.db.dollars_field.DollarsField(blank=True, help_text='of “assume”', null=True, verbose_name='assumed sum')),
                    ('ceiling', core.db.dollars_field.DollarsField(blank=True, help_text='only admins start runs that may cost more together; empty: none', null=True, verbose_name='ceiling')),
                    ('alarm_factor', models.DecimalField(decimal_places=2, default=Decimal('3'), help_text='times the estimate', max_digits=6, validators=[django.core.validators.MinValueValidator(Decimal('1.01'))], verbose_name='alarm from')),
                    ('alarm_least', core.db.dollars_field.DollarsField(default=Decimal('1'), help_text='in dollars, at least', verbose_name='and a difference of')),
                    ('holds_models', models.BooleanField(default=False, help_text='after an alarm its runs wait for a click until somebody has looked', verbose_name='hold the model')),
                ],
                options={
                    'verbose_name': 'rules about sums',
                    'verbose_name_plural': 'rules about sums',
                },
            ),
            migrations.CreateModel(
                name='Budget',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('scope', models.CharField(choices=[('house', 'The house'), ('project', 'A project'), ('person', 'A person'), ('token', 'A token'), ('session', "An assistant's session")], max_length=8, verbose_name='for')),
                    ('period', models.CharField(choices=[('day', 'a day'), ('month', 'a month'), ('once', 'once')], default='month', max_length=8)),
                    ('begins_on', models.DateField(blank=True, help_text='of one that is spent once', null=True)),
                    ('ends_on', models.DateField(blank=True, help_text='its last day; empty: none', null=True)),
                    ('limit', core.db.dollars_field.DollarsField()),
                    ('ask_above', core.db.dollars_field.DollarsField(blank=True, help_text='a press that costs more asks first; empty: none does', null=True)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('ended_at', models.DateTimeField(blank=True, null=True)),
                    ('informed', models.ManyToManyField(blank=True, help_text='who is told at 80 %, and when it is spent', related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('made_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='budgets', to=settings.AUTH_USER_MODEL)),
                    ('project', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='budgets', to='projects.project')),
                    ('token', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='budgets', to='api.token')),
                    ('is_by_admin', models.BooleanField(default=False, help_text="an admin has made it: its project's managers do not change it")),
                ],
                options={
                    'ordering': ['scope', 'pk'],
                    'indexes': [models.Index(fields=['ended_at', 'scope'], name='budget_holding')],
                },
            ),
            migrations.CreateModel(
                name='BudgetRequest',
                fields=[
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('scope_key', models.PositiveBigIntegerField(default=0, help_text='as in `ledger.Counter`')),
                    ('period', models.CharField(blank=True, max_length=32)),
                    ('amount', core.db.dollars_field.DollarsField()),
                    ('asked', core.db.dollars_field.DollarsField(help_text='what was asked for; `amount` is what was granted', null=True)),
                    ('sentence', models.CharField(max_length=500)),
                    ('path', models.CharField(blank=True, help_text='the page that was refused', max_length=500)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('decided_at', models.DateTimeField(null=True)),
                    ('is_granted', models.BooleanField(default=False)),
                    ('answer', models.CharField(blank=True, help_text='the sentence back of who decided', max_length=500)),
                    ('used_at', models.DateTimeField(help_text='by a press above the ceiling', null=True)),
                    ('budget', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='requests', to='spending.budget')),
                    ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('planned', core.db.dollars_field.DollarsField(default=0, help_text='of that press: what steps of its plan may still start above it')),
                ],
                options={
                    'ordering': ['-created_at'],
                    'indexes': [models.Index(fields=['budget', 'period'], name='request_of_budget')],
                },
            ),
            migrations.CreateModel(
                name='UnmeasuredRun',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('endpoint', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.endpoint')),
                ],
            ),
            migrations.CreateModel(
                name='Alarm',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('request_id', models.CharField(blank=True, max_length=128)),
                    ('expected', core.db.dollars_field.DollarsField()),
                    ('basis', models.CharField(choices=[('estimate', 'the estimate when it began'), ('median', 'what earlier runs of the model cost')], max_length=8)),
                    ('cost', core.db.dollars_field.DollarsField(help_text='when the alarm was raised')),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('looked_at', models.DateTimeField(null=True)),
                    ('endpoint', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='catalog.endpoint')),
                    ('looked_by', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('project', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='projects.project')),
                    ('run', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='playground.run')),
                    ('user', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['-created_at'],
                    'indexes': [models.Index(fields=['-created_at'], name='alarm_by_time'), models.Index(condition=models.Q(('looked_at', None)), fields=['endpoint'], name='alarm_open')],
                },
            ),
            migrations.CreateModel(
                name='BillingEvent',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('request_id', models.CharField(max_length=128, unique=True)),
                    ('endpoint_id', models.CharField(blank=True, max_length=255)),
                    ('at', models.DateTimeField(help_text='as upstream says; empty: it does not', null=True)),
                    ('units', models.CharField(blank=True, help_text='a number; empty: not said', max_length=40)),
                    ('unit_price', core.db.dollars_field.DollarsField(null=True)),
                    ('discount', models.CharField(blank=True, help_text='percent; empty: none', max_length=20)),
                    ('cost', core.db.dollars_field.DollarsField(help_text='what is due; empty: upstream names no sum', null=True)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('run', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='playground.run')),
                ],
                options={
                    'indexes': [models.Index(fields=['run'], name='billing_event_of_run'), models.Index(condition=models.Q(('run', None)), fields=['-created_at'], name='billing_event_unknown')],
                },
            ),
        ),
    ]
