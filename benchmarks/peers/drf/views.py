"""Which calls does the Django peer answer? List, single read and create of projects."""

from contextlib import nullcontext
from typing import Any

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.text import slugify
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

from .models import Event, Project
from .shapes import ProjectShape


class Projects(mixins.ListModelMixin, mixins.RetrieveModelMixin, mixins.CreateModelMixin, viewsets.GenericViewSet):
    serializer_class = ProjectShape
    lookup_field = "uuid"

    def get_queryset(self) -> Any:
        """The caller's own, newest first."""
        found = Project.objects.select_related("brand_kit", "creator")
        return found.filter(workspace=self.request.auth, archived_at=None).order_by("-created_at", "-id")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # A writer's count is committed with its work: one transaction, one sync to disk.
        with transaction.atomic() if request.method == "POST" else nullcontext():
            return super().dispatch(request, *args, **kwargs)

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return Response({"data": super().retrieve(request, *args, **kwargs).data})

    def create(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        made = super().create(request, *args, **kwargs)
        return Response({"data": made.data}, 201, headers={"Location": f"/craftdesk/v1/projects/{made.data['id']}"})

    def perform_create(self, serializer: ProjectShape) -> None:
        workspace, user = self.request.auth, self.request.user
        slug = _free_slug(workspace.pk, serializer.validated_data["name"])
        project = serializer.save(workspace=workspace, creator=user, slug=slug)
        payload = {"id": str(project.uuid), "name": project.name, "slug": slug}
        Event.objects.create(workspace=workspace, user=user, type="project.created", payload=payload)


def _free_slug(workspace: int, name: str) -> str:
    wanted = slugify(name)[:90] or "project"
    slug, suffix = wanted, 1
    while Project.objects.filter(workspace=workspace, slug=slug).exists():
        suffix += 1
        slug = f"{wanted}-{suffix}"
    return slug
