"""What do the Django peer's projects look like on the wire? One serializer for both directions."""

from rest_framework import serializers

from .models import BrandKit, Project


class ProjectShape(serializers.ModelSerializer):
    id = serializers.UUIDField(source="uuid", read_only=True)
    slug = serializers.CharField(read_only=True)
    description = serializers.CharField(max_length=10_000, allow_null=True, default=None)
    color = serializers.RegexField("^#([0-9a-fA-F]{3}){1,2}$", allow_null=True, default=None)
    visibility = serializers.ChoiceField(("private", "team"), default="private")
    brand_kit_id = serializers.SlugRelatedField(
        source="brand_kit", slug_field="uuid", queryset=BrandKit.objects.all(), allow_null=True, default=None
    )
    created_by = serializers.UUIDField(source="creator.uuid", read_only=True)

    class Meta:
        model = Project
        fields = (
            *("id", "name", "slug", "description", "color", "visibility", "brand_kit_id"),
            *("created_by", "created_at", "updated_at", "archived_at"),
        )
        read_only_fields = ("archived_at",)
