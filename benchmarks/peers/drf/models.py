"""Which tables does the Django peer keep? The reference's, with the same indexes."""

from uuid import uuid4

from django.db import models


class Workspace(models.Model):
    name = models.CharField(max_length=255)
    month_limit = models.IntegerField(null=True)
    burst_limit = models.IntegerField(null=True)


class User(models.Model):
    uuid = models.UUIDField(unique=True, default=uuid4)
    email = models.CharField(max_length=255)
    role = models.CharField(max_length=20)

    is_authenticated = True


class Credential(models.Model):
    """An API key, found by the hash of its secret."""

    lookup = models.CharField(max_length=64, unique=True)
    workspace = models.ForeignKey(Workspace, models.CASCADE)
    user = models.ForeignKey(User, models.CASCADE)
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)


class Usage(models.Model):
    workspace = models.ForeignKey(Workspace, models.CASCADE, db_index=False)
    month = models.CharField(max_length=7)
    calls = models.IntegerField(default=0)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["workspace", "month"], name="one_month"),)


class BrandKit(models.Model):
    uuid = models.UUIDField(unique=True, default=uuid4)
    workspace = models.ForeignKey(Workspace, models.CASCADE)
    name = models.CharField(max_length=255)


class Project(models.Model):
    uuid = models.UUIDField(unique=True, default=uuid4)
    workspace = models.ForeignKey(Workspace, models.CASCADE, db_index=False)
    name = models.CharField(max_length=255)
    slug = models.CharField(max_length=100)
    description = models.TextField(null=True)
    color = models.CharField(max_length=7, null=True)
    visibility = models.CharField(max_length=10, default="private")
    brand_kit = models.ForeignKey(BrandKit, models.SET_NULL, null=True)
    creator = models.ForeignKey(User, models.CASCADE)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (models.UniqueConstraint(fields=["workspace", "slug"], name="one_slug"),)
        indexes = (models.Index(fields=["workspace", "archived_at", "created_at", "id"], name="newest"),)


class Event(models.Model):
    """What happened to which project, by whom: written in the transaction of the change itself."""

    workspace = models.ForeignKey(Workspace, models.CASCADE)
    user = models.ForeignKey(User, models.CASCADE, db_index=False)
    type = models.CharField(max_length=50)
    payload = models.JSONField()
    created_at = models.DateTimeField(auto_now_add=True)
