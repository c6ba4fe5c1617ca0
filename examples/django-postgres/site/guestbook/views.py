from django.db import connection
from django.shortcuts import redirect, render

from .models import Entry


def index(request):
    if request.method == "POST":
        text = request.POST.get("text", "").strip()
        if text:
            Entry.objects.create(text=text[:200])
        return redirect("/")
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        server = cursor.fetchone()[0]
    return render(request, "index.html", {"entries": Entry.objects.all()[:50], "server": server})
