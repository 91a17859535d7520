"""What was told in rooms; a trigger refuses every change of it."""

from django.db import migrations, models

FOR_EVER = """
CREATE FUNCTION live_roomevent_is_for_ever() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% on % is refused: rows are only added', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER live_roomevent_is_for_ever BEFORE UPDATE OR DELETE ON live_roomevent FOR EACH ROW EXECUTE FUNCTION live_roomevent_is_for_ever();
"""
PLAIN = "DROP FUNCTION live_roomevent_is_for_ever() CASCADE;"


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='RoomEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('room', models.TextField()),
                ('index', models.BigIntegerField()),
                ('at', models.DateTimeField()),
                ('openly', models.JSONField()),
                ('inside', models.JSONField(default=dict)),
                ('own', models.JSONField(default=dict)),
            ],
            options={
                'ordering': ['room', 'index'],
                'constraints': [models.UniqueConstraint(fields=('room', 'index'), name='events_of_a_room_are_counted')],
            },
        ),
        migrations.RunSQL(FOR_EVER, PLAIN),
    ]
