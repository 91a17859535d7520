from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('insight', '0001_trials'),
    ]

    operations = [
        # Results from before trials had a life leave no trace in the ledger: each can be asked for again.
        migrations.RunSQL('DELETE FROM insight_trial', migrations.RunSQL.noop),
        migrations.AddField(
            model_name='trial',
            name='code',
            field=models.TextField(blank=True, default=''),
        ),
        migrations.AddField(
            model_name='trial',
            name='done',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='trial',
            name='draft',
            field=models.TextField(blank=True, default=''),
        ),
        migrations.AddField(
            model_name='trial',
            name='ended_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='trial',
            name='months',
            field=models.PositiveSmallIntegerField(default=24),
        ),
        migrations.AddField(
            model_name='trial',
            name='sign_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='trial',
            name='state',
            field=models.TextField(default='tried'),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='trial',
            name='steps',
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='trial',
            name='taken_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='trial',
            name='version',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name='trial',
            name='digest',
            field=models.TextField(blank=True, default=''),
        ),
        migrations.AlterField(
            model_name='trial',
            name='figures',
            field=models.JSONField(default=dict),
        ),
        migrations.AlterField(
            model_name='trial',
            name='purchases',
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name='trial',
            name='rules',
            field=models.JSONField(default=list),
        ),
        migrations.AlterField(
            model_name='trial',
            name='seconds',
            field=models.DecimalField(decimal_places=3, max_digits=8, null=True),
        ),
        migrations.AlterField(
            model_name='trial',
            name='since',
            field=models.DateField(null=True),
        ),
        migrations.AlterField(
            model_name='trial',
            name='until',
            field=models.DateField(null=True),
        ),
        migrations.AddConstraint(
            model_name='trial',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'asked')), fields=('key', 'kind', 'region_path', 'value', 'lawful', 'months'), name='a_change_is_tried_once_at_a_time', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='trial',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'tried'), _negated=True), models.Q(('seconds__isnull', False), ('since__isnull', False), ('until__isnull', False)), _connector='OR'), name='a_trial_tells_what_it_replayed'),
        ),
        migrations.AddConstraint(
            model_name='trial',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'failed'), _negated=True), models.Q(('code', ''), _negated=True), _connector='OR'), name='a_failed_trial_says_why'),
        ),
    ]
