import features.boards.models.participation
import core.db.dollars_field
import core.db.json_field
import django.db.models.deletion
import django.utils.timezone
import uuid
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models
from core.db.migration_operations import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ('boards', '0001_squashed_0010'),
        ('boards', '0011_guests_vote'),
        ('boards', '0012_leaderboard'),
        ('boards', '0013_boards_for_others'),
        ('boards', '0014_nano_dollars'),
        ('boards', '0015_costs_in_tallies'),
        ('boards', '0016_trial_seen_by_inbox'),
        ('boards', '0017_decisions'),
        ('boards', '0018_kept'),
        ('boards', '0019_comments_of_all'),
    ]

    dependencies = [
        ('catalog', '0001_squashed_0016'),
        ('playground', '0001_squashed_0048'),
        ('projects', '0001_squashed_0005'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            migrations.CreateModel(
                name='Column',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('board', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='columns', to='boards.board')),
                    ('position', models.PositiveIntegerField()),
                    ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.endpoint')),
                    ('label', models.CharField(blank=True, help_text='its value along the axis', max_length=200)),
                    ('settings', core.db.json_field.ExactJSONField(default=dict, help_text='arguments in the terms of its model')),
                    ('steps', core.db.json_field.ExactJSONField(default=list, help_text='[[kind, words]]: what was carried, converted, clamped, dropped')),
                    ('digest', models.CharField(help_text='of model and settings', max_length=64)),
                ],
                options={
                    'ordering': ['position'],
                    'constraints': [models.UniqueConstraint(fields=('board', 'digest'), name='column_once_per_board')],
                },
            ),
            migrations.CreateModel(
                name='Board',
                fields=[
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='projects.project')),
                    ('is_hidden', models.BooleanField(default=False, help_text="for its user's own eyes, not for the project's other members")),
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='boards', to=settings.AUTH_USER_MODEL)),
                    ('title', models.CharField(blank=True, max_length=200)),
                    ('source', models.ForeignKey(help_text='whose fields rows have', on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.endpoint')),
                    ('source_schema', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.schema')),
                    ('plan', core.db.json_field.ExactJSONField(default=dict, help_text="the plan's form as it was posted last")),
                    ('cap_usd', core.db.dollars_field.DollarsField(blank=True, null=True)),
                    ('form_token', models.CharField(help_text='one per drawn plan: a double click is one board', max_length=64)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('stopped_at', models.DateTimeField(blank=True, help_text='Stop was pressed last', null=True)),
                    ('voting_opened_at', models.DateTimeField(blank=True, help_text='colleagues may vote by link since; empty: they may not', null=True)),
                    ('deleted_at', models.DateTimeField(blank=True, help_text='can be undone for a while', null=True)),
                    ('link_may', models.JSONField(default=features.boards.models.participation.link_at_first, help_text='what whoever has a link may do: some of `Act`')),
                    ('viewers_may', models.JSONField(default=features.boards.models.participation.viewers_at_first, help_text="what its project's viewers may do: some of `Act`")),
                    ('taken', models.ForeignKey(blank=True, help_text='what was decided for', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='boards.column')),
                    ('taken_at', models.DateTimeField(blank=True, null=True)),
                    ('taken_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('taken_why', models.CharField(blank=True, help_text='the reason', max_length=255)),
                ],
                options={
                    'verbose_name': 'board',
                    'ordering': ['-created_at'],
                    'indexes': [models.Index(fields=['user', '-created_at'], name='board_list'), models.Index(fields=['project', '-created_at'], name='board_in_project')],
                    'constraints': [models.UniqueConstraint(fields=('user', 'form_token'), name='board_once_per_form')],
                },
            ),
            migrations.CreateModel(
                name='Row',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('board', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='boards.board')),
                    ('position', models.PositiveIntegerField()),
                    ('label', models.CharField(blank=True, help_text='what tells it from the others', max_length=300)),
                    ('values', core.db.json_field.ExactJSONField(default=dict)),
                    ('digest', models.CharField(help_text='of the values', max_length=64)),
                ],
                options={
                    'ordering': ['position'],
                    'constraints': [models.UniqueConstraint(fields=('board', 'digest'), name='row_once_per_board')],
                },
            ),
            migrations.CreateModel(
                name='Cell',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('board', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cells', to='boards.board')),
                    ('row', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cells', to='boards.row')),
                    ('column', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cells', to='boards.column')),
                    ('seed', models.CharField(blank=True, help_text="empty: the model's own choice", max_length=80)),
                    ('run', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='cells', to='playground.run')),
                    ('is_reused', models.BooleanField(default=False, help_text='shows a run that was not made for this cell: nothing was paid')),
                    ('not_sent', models.CharField(blank=True, help_text='why it has no run; empty: it had one', max_length=500)),
                    ('estimate_usd', core.db.dollars_field.DollarsField(blank=True, help_text='the most it was expected to cost when it was sent', null=True)),
                    ('replaced_at', models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    'ordering': ['pk'],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('replaced_at', None)), fields=('row', 'column', 'seed'), name='cell_once_per_place')],
                },
            ),
            migrations.CreateModel(
                name='PlanDraft',
                fields=[
                    ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='board_plan', serialize=False, to=settings.AUTH_USER_MODEL)),
                    ('project', models.ForeignKey(help_text='in which it was begun', on_delete=django.db.models.deletion.CASCADE, related_name='+', to='projects.project')),
                    ('post', core.db.json_field.ExactJSONField(default=dict, help_text="the plan's form")),
                    ('updated_at', models.DateTimeField(auto_now=True)),
                ],
            ),
            migrations.CreateModel(
                name='Mark',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('cell', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='mark', to='boards.cell')),
                    ('stars', models.PositiveSmallIntegerField(default=0, help_text='1 to 5; 0: none given')),
                    ('verdict', models.CharField(blank=True, choices=[('pass', 'Pass'), ('fail', 'Fail')], max_length=4)),
                    ('note', models.CharField(blank=True, max_length=2000)),
                    ('tags', models.JSONField(default=list, help_text='short words')),
                    ('changed_at', models.DateTimeField(auto_now=True)),
                ],
            ),
            migrations.CreateModel(
                name='RowMark',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('row', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='mark', to='boards.row')),
                    ('winner', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='wins', to='boards.column')),
                    ('tags', models.JSONField(default=list, help_text='short words')),
                    ('changed_at', models.DateTimeField(auto_now=True)),
                ],
            ),
            migrations.CreateModel(
                name='Vote',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('board', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='votes', to='boards.board')),
                    ('voter', models.ForeignKey(blank=True, help_text="empty: a guest's", null=True, on_delete=django.db.models.deletion.CASCADE, related_name='board_votes', to=settings.AUTH_USER_MODEL)),
                    ('first', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='boards.cell')),
                    ('second', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='boards.cell')),
                    ('winner', models.ForeignKey(blank=True, help_text='empty: neither is better', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='boards.cell')),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('reset_at', models.DateTimeField(blank=True, help_text='no longer counted since', null=True)),
                    ('guest', models.CharField(blank=True, help_text="key of a guest; empty: a user's", max_length=64)),
                    ('guest_name', models.CharField(blank=True, help_text='the name that the guest gave', max_length=80)),
                ],
                options={
                    'ordering': ['pk'],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('reset_at', None)), fields=('voter', 'first', 'second'), name='vote_once_per_pair'), models.UniqueConstraint(condition=models.Q(('reset_at', None), models.Q(('guest', ''), _negated=True)), fields=('guest', 'first', 'second'), name='vote_once_per_pair_and_guest'), models.CheckConstraint(condition=models.Q(models.Q(('guest', ''), ('voter__isnull', False)), models.Q(models.Q(('voter', None)), models.Q(('guest', ''), _negated=True)), _connector='OR'), name='vote_of_user_or_guest')],
                },
            ),
            migrations.CreateModel(
                name='StandingTrial',
                fields=[
                    ('board', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='standing_trial', serialize=False, to='boards.board')),
                    ('state', models.CharField(choices=[('off', 'Off'), ('on', 'On'), ('paused', 'Paused')], default='off', max_length=8)),
                    ('params', models.CharField(blank=True, help_text='the search that new models have to fit, as a query string; empty: none', max_length=4000)),
                    ('follows_versions', models.BooleanField(default=True, help_text='new versions and schemas of the models of its columns')),
                    ('when', models.CharField(choices=[('now', 'At once'), ('night', 'At night, between 1 and 5')], default='now', max_length=8)),
                    ('monthly_cap_usd', core.db.dollars_field.DollarsField(default=Decimal('5'))),
                    ('reference', models.ForeignKey(blank=True, help_text='what a new column is compared with; empty: the best one when it is tried', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='boards.column')),
                    ('watched_until', models.DateTimeField(default=django.utils.timezone.now, help_text='what came to the catalogue until then has been noted')),
                ],
            ),
            migrations.CreateModel(
                name='Trial',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('board', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='trials', to='boards.board')),
                    ('endpoint', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.endpoint')),
                    ('schema_digest', models.CharField(blank=True, max_length=80)),
                    ('reason', models.CharField(choices=[('search', 'Fits the search'), ('version', 'New version'), ('schema', 'New inputs or outputs')], max_length=8)),
                    ('former', models.ForeignKey(blank=True, help_text='the column whose model it follows', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='boards.column')),
                    ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sent', 'Running'), ('done', 'Tried'), ('held', 'Held by the cap'), ('unfit', 'Does not fit'), ('refused', 'Cannot be run'), ('dismissed', 'Left out')], default='waiting', max_length=10)),
                    ('note', models.CharField(blank=True, help_text='why, in a sentence', max_length=500)),
                    ('column', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='trial', to='boards.column')),
                    ('reference', models.ForeignKey(blank=True, help_text='the column that it is compared with', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='boards.column')),
                    ('found_at', models.DateTimeField(default=django.utils.timezone.now)),
                    ('decided_at', models.DateTimeField(blank=True, help_text='when its state changed last', null=True)),
                    ('sent_at', models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    'ordering': ['-pk'],
                    'constraints': [models.UniqueConstraint(fields=('board', 'endpoint', 'schema_digest'), name='trial_once_per_schema')],
                },
            ),
            migrations.CreateModel(
                name='BoardTally',
                fields=[
                    ('board', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='tally', serialize=False, to='boards.board')),
                    ('changes', models.PositiveIntegerField(default=0, help_text='number of changes of judgements')),
                    ('counted', models.PositiveIntegerField(default=0, help_text='`changes` when it was counted last')),
                    ('counted_at', models.DateTimeField(blank=True, null=True)),
                    ('version', models.PositiveIntegerField(default=0, help_text='number of counts with a new outcome; 0: nothing was ever to count')),
                    ('figures', models.JSONField(default=dict, help_text='key of a model → [[dollars, seconds], …] of its results')),
                ],
                options={
                    'verbose_name_plural': 'board tallies',
                },
            ),
            migrations.CreateModel(
                name='Tally',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('tag', models.CharField(blank=True, max_length=40)),
                    ('first_wins', models.PositiveIntegerField(default=0)),
                    ('second_wins', models.PositiveIntegerField(default=0)),
                    ('ties', models.PositiveIntegerField(default=0)),
                    ('by_guests', models.PositiveIntegerField(default=0, help_text='how many of all three')),
                    ('last_at', models.DateTimeField(help_text='when they were compared last')),
                    ('board', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='tallies', to='boards.board')),
                    ('first', models.ForeignKey(help_text='has the smaller key', on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.endpoint')),
                    ('second', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='catalog.endpoint')),
                ],
                options={
                    'verbose_name_plural': 'tallies',
                    'constraints': [models.UniqueConstraint(fields=('board', 'tag', 'first', 'second'), name='tally_once_per_pair')],
                },
            ),
            migrations.CreateModel(
                name='Comment',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('guest', models.CharField(blank=True, help_text="key of a guest; empty: a user's", max_length=64)),
                    ('guest_name', models.CharField(blank=True, help_text='the name that the guest gave', max_length=80)),
                    ('text', models.TextField(max_length=5000)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('resolved_at', models.DateTimeField(blank=True, help_text="of a thread's first one", null=True)),
                    ('deleted_at', models.DateTimeField(blank=True, help_text='can be undone for a while', null=True)),
                    ('board', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='comments', to='boards.board')),
                    ('cell', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='comments', to='boards.cell')),
                    ('parent', models.ForeignKey(blank=True, help_text='the comment that it answers; empty: it begins a thread', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='replies', to='boards.comment')),
                    ('resolved_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('row', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='comments', to='boards.row')),
                    ('user', models.ForeignKey(blank=True, help_text="empty: a guest's, or of an account that is gone", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['pk'],
                },
            ),
            migrations.CreateModel(
                name='RowRequest',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('guest', models.CharField(blank=True, help_text="key of a guest; empty: a user's", max_length=64)),
                    ('guest_name', models.CharField(blank=True, help_text='the name that the guest gave', max_length=80)),
                    ('label', models.CharField(blank=True, max_length=300)),
                    ('values', core.db.json_field.ExactJSONField(default=dict, help_text='as of a row')),
                    ('digest', models.CharField(help_text='of the values', max_length=64)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('decided_at', models.DateTimeField(blank=True, null=True)),
                    ('board', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='row_requests', to='boards.board')),
                    ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('row', models.ForeignKey(blank=True, help_text='what it became; empty: it waits, or was left out', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='boards.row')),
                    ('user', models.ForeignKey(blank=True, help_text="empty: a guest's, or of an account that is gone", null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ],
                options={
                    'ordering': ['pk'],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('decided_at', None)), fields=('board', 'digest'), name='row_requested_once')],
                },
            ),
        ),
    ]
