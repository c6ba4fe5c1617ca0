from django.db import migrations, models


def first_entry(apps, schema_editor):
    apps.get_model("guestbook", "Entry").objects.create(text="Hello from a row in PostgreSQL")


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False, auto_created=True, verbose_name="ID")),
                ("text", models.CharField(max_length=200)),
                ("written", models.DateTimeField(auto_now_add=True)),
            ],
            options={"ordering": ["-id"]},
        ),
        migrations.RunPython(first_entry, migrations.RunPython.noop),
    ]
