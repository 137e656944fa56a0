import core.db.json_field
import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models
from core.db.migration_operations import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ('flows', '0001_squashed_0007'),
        ('flows', '0008_token'),
        ('flows', '0009_kept'),
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
                name='AccountWorkflow',
                fields=[
                    ('endpoint', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='workflow', serialize=False, to='catalog.endpoint')),
                    ('owner', models.CharField(max_length=128)),
                    ('name', models.CharField(max_length=128)),
                    ('title', models.CharField(max_length=256)),
                    ('description', models.TextField(blank=True)),
                    ('tags', models.JSONField(default=list)),
                    ('is_own', models.BooleanField(help_text='listed by the account; else only by the catalogue')),
                    ('is_public', models.BooleanField(null=True)),
                    ('created_at', models.DateTimeField(help_text='as upstream says', null=True)),
                    ('definition', models.TextField(blank=True, help_text='`contents` as JSON text, as they came')),
                    ('trouble', models.CharField(blank=True, help_text='why it has no definition', max_length=500)),
                    ('read_at', models.DateTimeField(help_text='when upstream was last asked for it')),
                    ('gone_at', models.DateTimeField(help_text='the account no longer has it', null=True)),
                ],
                options={
                    'ordering': ['title', 'pk'],
                    'constraints': [models.UniqueConstraint(fields=('owner', 'name'), name='account_workflow_once')],
                },
            ),
            migrations.CreateModel(
                name='AccountListing',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('read_at', models.DateTimeField(help_text='the last reading that went well', null=True)),
                    ('tried_at', models.DateTimeField(null=True)),
                    ('error', models.CharField(blank=True, help_text='why the last one failed', max_length=500)),
                    ('wanted_at', models.DateTimeField(help_text='a person asked for a new reading', null=True)),
                ],
            ),
            migrations.CreateModel(
                name='Flow',
                fields=[
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='projects.project')),
                    ('is_hidden', models.BooleanField(default=False, help_text="for its user's own eyes, not for the project's other members")),
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='flows', to=settings.AUTH_USER_MODEL)),
                    ('name', models.CharField(max_length=200)),
                    ('visibility', models.CharField(choices=[('private', "The project's members"), ('team', 'Everybody in the house')], default='private', max_length=8)),
                    ('definition', core.db.json_field.ExactJSONField(help_text='steps and open inputs; features/flows/compose/definition.py')),
                    ('previous', core.db.json_field.ExactJSONField(blank=True, help_text='the definition before the last step was taken out', null=True)),
                    ('origin', models.ForeignKey(blank=True, help_text='the result that it was built from, which the first run may begin with', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='playground.run')),
                    ('imported', core.db.json_field.ExactJSONField(blank=True, help_text="fal's definition as it was imported, for the export", null=True)),
                    ('version', models.PositiveIntegerField(default=1, help_text='raised when steps come or go: an outdated page overwrites nothing')),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('changed_at', models.DateTimeField(auto_now=True)),
                    ('deleted_at', models.DateTimeField(blank=True, help_text='can be undone for a while', null=True)),
                ],
                options={
                    'ordering': ['-changed_at'],
                    'indexes': [models.Index(fields=['user', '-changed_at'], name='flow_list'), models.Index(fields=['project', '-changed_at'], name='flow_in_project')],
                },
            ),
            migrations.CreateModel(
                name='FlowRun',
                fields=[
                    ('project', models.ForeignKey(on_delete=django.db.models.deletion.RESTRICT, related_name='+', to='projects.project')),
                    ('is_hidden', models.BooleanField(default=False, help_text="for its user's own eyes, not for the project's other members")),
                    ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                    ('flow', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='runs', to='flows.flow')),
                    ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='flow_runs', to=settings.AUTH_USER_MODEL)),
                    ('repeated_by', models.ForeignKey(blank=True, help_text='who pressed “Try again” last, if somebody else', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                    ('form_token', models.CharField(help_text='one per drawn form: a double click is one run', max_length=64)),
                    ('definition', core.db.json_field.ExactJSONField(help_text="the flow's, with the inputs filled in")),
                    ('state', models.CharField(choices=[('running', 'Running'), ('succeeded', 'Done'), ('failed', 'Failed'), ('cancelled', 'Cancelled')], default='running', max_length=16)),
                    ('cancel_requested_at', models.DateTimeField(blank=True, null=True)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('ended_at', models.DateTimeField(blank=True, null=True)),
                    ('token_id', models.BigIntegerField(help_text='of the program that started it', null=True)),
                ],
                options={
                    'ordering': ['-created_at'],
                    'indexes': [models.Index(fields=['flow', '-created_at'], name='flow_run_list')],
                    'constraints': [models.UniqueConstraint(fields=('user', 'form_token'), name='flow_run_once_per_form')],
                },
            ),
            migrations.CreateModel(
                name='StepRun',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('flow_run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='flows.flowrun')),
                    ('step', models.CharField(help_text='its id in the definition', max_length=200)),
                    ('run', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='flow_steps', to='playground.run')),
                    ('is_reused', models.BooleanField(default=False, help_text='shows a run that was not made for this step: nothing was paid')),
                    ('not_sent', models.CharField(blank=True, help_text='why it has no run; empty: it had one', max_length=500)),
                    ('created_at', models.DateTimeField(auto_now_add=True)),
                    ('settled_at', models.DateTimeField(blank=True, help_text='its end was seen, and what follows it was started', null=True)),
                    ('replaced_at', models.DateTimeField(blank=True, null=True)),
                ],
                options={
                    'ordering': ['pk'],
                    'indexes': [models.Index(condition=models.Q(('replaced_at', None), ('settled_at', None)), fields=['flow_run'], name='step_unsettled')],
                    'constraints': [models.UniqueConstraint(condition=models.Q(('replaced_at', None)), fields=('flow_run', 'step'), name='step_once_per_flow_run')],
                },
            ),
            migrations.CreateModel(
                name='StepFile',
                fields=[
                    ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                    ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='step_files', to='playground.run')),
                    ('position', models.PositiveIntegerField(help_text="among the files of the run's steps, from 1")),
                    ('url', models.TextField(blank=True, help_text='at upstream, where it expires')),
                    ('upload', models.ForeignKey(help_text='our copy', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='playground.upload')),
                    ('attempts', models.PositiveIntegerField(default=0)),
                    ('next_attempt_at', models.DateTimeField(default=django.utils.timezone.now, help_text='none: it is copied, or given up', null=True)),
                ],
                options={
                    'ordering': ['run', 'position'],
                    'indexes': [models.Index(condition=models.Q(('next_attempt_at__isnull', False)), fields=['next_attempt_at'], name='step_file_due')],
                    'constraints': [models.UniqueConstraint(fields=('run', 'position'), name='step_file_once')],
                },
            ),
        ),
    ]
