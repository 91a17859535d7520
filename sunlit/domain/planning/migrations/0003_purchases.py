import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('planning', '0002_intentions'),
    ]

    operations = [
        migrations.CreateModel(
            name='Purchase',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.TextField()),
                ('category_code', models.TextField()),
                ('category_class', models.TextField()),
                ('kind', models.TextField()),
                ('method', models.TextField(default='supermarket')),
                ('amount', models.DecimalField(decimal_places=2, max_digits=16)),
                ('at', models.DateTimeField()),
                ('struck_at', models.DateTimeField(null=True)),
                ('buyer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation')),
                ('quota', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='purchases', to='planning.budgetquota')),
                ('supplier', models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation')),
            ],
            options={
                'ordering': ['-at', '-id'],
                'indexes': [models.Index(fields=['buyer', 'category_class', 'at'], name='purchases_of_a_buyer')],
                'constraints': [
                    models.UniqueConstraint(fields=('reference', 'category_code'), name='a_category_once_in_a_purchase'),
                    models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='purchase_amount_is_positive'),
                ],
            },
        ),
    ]
