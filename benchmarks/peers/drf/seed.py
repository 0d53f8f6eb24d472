"""How does the Django peer get its workspaces? Straight into its file; their credentials are printed."""

import json
import os
import secrets
import sys
from hashlib import sha256

import django

from benchmarks.world import LISTED_PROJECTS, MIXED_PROJECTS, Credentials, projects


def fill(mixed: int) -> dict[str, object]:
    from django.apps import apps
    from django.db import connection, transaction

    with connection.schema_editor() as editor:
        for model in apps.get_app_config("drf").get_models():
            editor.create_model(model)
    with transaction.atomic():
        listed, created = _workspace("listed", LISTED_PROJECTS), _workspace("created", 1)
        others = [_workspace(f"mixed-{each}", MIXED_PROJECTS) for each in range(mixed)]
    return {"listed": vars(listed), "created": vars(created), "mixed": [vars(each) for each in others]}


def _workspace(name: str, count: int) -> Credentials:
    from django.utils.text import slugify

    from .models import BrandKit, Credential, Project, User, Workspace

    workspace = Workspace.objects.create(name=name)
    user = User.objects.create(email=f"owner@{name}.test", role="owner")
    kit = BrandKit.objects.create(workspace=workspace, name="House")
    for number, (title, description) in enumerate(projects(count)):
        Project.objects.create(
            workspace=workspace,
            name=title,
            slug=slugify(title),
            description=description,
            brand_kit=kit if number % 2 == 0 else None,
            creator=user,
        )
    key = f"drf_live_{secrets.token_hex(20)}"
    Credential.objects.create(lookup=sha256(key.encode()).hexdigest(), workspace=workspace, user=user)
    return Credentials(key)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "benchmarks.peers.drf.settings")
    django.setup()
    json.dump(fill(int(sys.argv[1])), sys.stdout)
