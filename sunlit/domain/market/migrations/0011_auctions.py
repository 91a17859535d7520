"""Reverse auctions; a trigger refuses every change of a bid."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FOR_EVER = """
CREATE FUNCTION market_auctionbid_is_for_ever() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: rows are only added', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER market_auctionbid_is_for_ever BEFORE UPDATE OR DELETE ON market_auctionbid FOR EACH ROW EXECUTE FUNCTION market_auctionbid_is_for_ever();
"""
PLAIN = "DROP FUNCTION market_auctionbid_is_for_ever() CASCADE;"


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_one_login_however_it_is_written'),
        ('catalog', '0006_matches_and_corrections'),
        ('market', '0010_frameworks'),
        ('planning', '0007_budgets_in_full'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Auction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.TextField(unique=True)),
                ('region_path', models.TextField(blank=True, default='')),
                ('state', models.TextField()),
                ('version', models.PositiveIntegerField(default=0)),
                ('parties', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), default=list, size=None)),
                ('title', models.TextField()),
                ('purpose', models.TextField()),
                ('requirements', models.TextField()),
                ('delivery', models.JSONField()),
                ('invoice_title', models.JSONField()),
                ('delivery_days', models.PositiveSmallIntegerField()),
                ('minutes', models.PositiveSmallIntegerField()),
                ('step_kind', models.TextField()),
                ('step', models.DecimalField(decimal_places=2, max_digits=16)),
                ('extension_minutes', models.PositiveSmallIntegerField()),
                ('extensions_most', models.PositiveSmallIntegerField(null=True)),
                ('visibility', models.TextField()),
                ('bidders_least', models.PositiveSmallIntegerField(default=0)),
                ('total', models.DecimalField(decimal_places=2, max_digits=16)),
                ('holds', models.PositiveSmallIntegerField(default=1)),
                ('rulings', models.JSONField(default=list)),
                ('created_at', models.DateTimeField()),
                ('published_at', models.DateTimeField(null=True)),
                ('enter_until', models.DateTimeField(null=True)),
                ('starts_at', models.DateTimeField(null=True)),
                ('paused_at', models.DateTimeField(null=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('confirm_until', models.DateTimeField(null=True)),
                ('awarded_at', models.DateTimeField(null=True)),
                ('terms_hash', models.TextField(blank=True, default='')),
                ('result', models.TextField(blank=True, default='')),
                ('explanation', models.TextField(blank=True, default='')),
                ('reason', models.TextField(blank=True, default='')),
                ('buyer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='auctions', to='accounts.organisation')),
                ('drafter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('plan', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='planning.plan')),
                ('quota', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='planning.budgetquota')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='AuctionBidder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('mask', models.PositiveSmallIntegerField()),
                ('guarantee', models.TextField(blank=True, default='')),
                ('entered_at', models.DateTimeField()),
                ('left_at', models.DateTimeField(null=True)),
                ('turned_away_at', models.DateTimeField(null=True)),
                ('reason', models.TextField(blank=True, default='')),
                ('auction', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bidders', to='market.auction')),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('supplier', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation')),
            ],
            options={
                'ordering': ['auction', 'id'],
            },
        ),
        migrations.CreateModel(
            name='AuctionEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('brand', models.TextField()),
                ('model', models.TextField()),
                ('price', models.DecimalField(decimal_places=2, max_digits=16, null=True)),
                ('place', models.PositiveIntegerField(null=True)),
                ('floor', models.BinaryField(null=True)),
                ('floor_at', models.DateTimeField(null=True)),
                ('passed_over', models.TextField(blank=True, default='')),
                ('passed_over_why', models.TextField(blank=True, default='')),
                ('explanation', models.TextField(blank=True, default='')),
                ('bidder', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='market.auctionbidder')),
            ],
            options={
                'ordering': ['lot', 'id'],
            },
        ),
        migrations.CreateModel(
            name='AuctionLot',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveSmallIntegerField()),
                ('name', models.TextField()),
                ('quantity', models.PositiveIntegerField()),
                ('unit', models.TextField()),
                ('cap', models.DecimalField(decimal_places=2, max_digits=16)),
                ('step', models.DecimalField(decimal_places=2, max_digits=16)),
                ('ends_at', models.DateTimeField(null=True)),
                ('extensions', models.PositiveIntegerField(default=0)),
                ('bids', models.PositiveIntegerField(default=0)),
                ('told', models.PositiveBigIntegerField(default=0)),
                ('last_at', models.DateTimeField(null=True)),
                ('low', models.DecimalField(decimal_places=2, max_digits=16, null=True)),
                ('outcome', models.TextField(blank=True, default='')),
                ('auction', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='lots', to='market.auction')),
                ('category', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='catalog.category')),
                ('leader', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='market.auctionentry')),
                ('order', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='market.order')),
                ('winner', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='market.auctionentry')),
            ],
            options={
                'ordering': ['auction', 'position'],
            },
        ),
        migrations.AddField(
            model_name='auctionentry',
            name='lot',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='entries', to='market.auctionlot'),
        ),
        migrations.CreateModel(
            name='AuctionBid',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.PositiveIntegerField()),
                ('price', models.DecimalField(decimal_places=2, max_digits=16)),
                ('by_floor', models.BooleanField(default=False)),
                ('key', models.TextField()),
                ('at', models.DateTimeField()),
                ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bids', to='market.auctionentry')),
                ('lot', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='all_bids', to='market.auctionlot')),
            ],
            options={
                'ordering': ['lot', 'place'],
            },
        ),
        migrations.AddIndex(
            model_name='auction',
            index=models.Index(fields=['buyer', '-id'], name='auctions_of_a_buyer'),
        ),
        migrations.AddIndex(
            model_name='auction',
            index=models.Index(fields=['region_path', '-id'], name='auctions_of_a_region'),
        ),
        migrations.AddIndex(
            model_name='auction',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['enter_until'], name='auctions_to_begin'),
        ),
        migrations.AddIndex(
            model_name='auction',
            index=models.Index(condition=models.Q(('state', 'to_confirm')), fields=['confirm_until'], name='auctions_to_confirm'),
        ),
        migrations.AddConstraint(
            model_name='auction',
            constraint=models.CheckConstraint(condition=models.Q(('total__gt', 0)), name='auction_total_is_positive'),
        ),
        migrations.AddConstraint(
            model_name='auction',
            constraint=models.CheckConstraint(condition=models.Q(('step__gt', 0)), name='auction_step_is_positive'),
        ),
        migrations.AddConstraint(
            model_name='auction',
            constraint=models.CheckConstraint(condition=models.Q(('step_kind__in', ['percent', 'yuan'])), name='auction_step_is_percent_or_yuan'),
        ),
        migrations.AddConstraint(
            model_name='auction',
            constraint=models.CheckConstraint(condition=models.Q(('visibility__in', ['rank_only', 'low_only', 'own_rank_and_current_low'])), name='auction_visibility_is_known'),
        ),
        migrations.AddConstraint(
            model_name='auctionbidder',
            constraint=models.UniqueConstraint(fields=('auction', 'supplier'), name='a_supplier_once_in_an_auction'),
        ),
        migrations.AddConstraint(
            model_name='auctionbidder',
            constraint=models.UniqueConstraint(fields=('auction', 'mask'), name='a_mask_once_in_an_auction'),
        ),
        migrations.AddIndex(
            model_name='auctionlot',
            index=models.Index(condition=models.Q(('outcome', '')), fields=['ends_at'], name='auction_lots_to_close'),
        ),
        migrations.AddConstraint(
            model_name='auctionlot',
            constraint=models.UniqueConstraint(fields=('auction', 'position'), name='auction_lots_are_counted'),
        ),
        migrations.AddConstraint(
            model_name='auctionlot',
            constraint=models.CheckConstraint(condition=models.Q(('quantity__gt', 0), ('cap__gt', 0), ('step__gt', 0)), name='auction_lots_are_counted_and_capped'),
        ),
        migrations.AddConstraint(
            model_name='auctionlot',
            constraint=models.CheckConstraint(condition=models.Q(('low__isnull', True), ('low__lte', models.F('cap')), _connector='OR'), name='no_auction_price_is_above_its_cap'),
        ),
        migrations.AddConstraint(
            model_name='auctionentry',
            constraint=models.UniqueConstraint(fields=('lot', 'bidder'), name='a_bidder_once_in_a_lot'),
        ),
        migrations.AddConstraint(
            model_name='auctionbid',
            constraint=models.UniqueConstraint(fields=('lot', 'place'), name='auction_bids_are_counted'),
        ),
        migrations.AddConstraint(
            model_name='auctionbid',
            constraint=models.UniqueConstraint(fields=('entry', 'key'), name='an_auction_bid_once'),
        ),
        migrations.AddConstraint(
            model_name='auctionbid',
            constraint=models.CheckConstraint(condition=models.Q(('price__gt', 0)), name='auction_bid_is_positive'),
        ),
        migrations.RunSQL(FOR_EVER, PLAIN),
    ]
