"""Where does the Django peer answer? Under CraftDesk's paths, and for the benchmark's own question."""

from django.http import HttpRequest, JsonResponse
from django.urls import include, path
from rest_framework.routers import SimpleRouter

from .views import Projects

router = SimpleRouter(trailing_slash=False)
router.register("projects", Projects, "project")


def health(_request: HttpRequest) -> JsonResponse:
    return JsonResponse({"status": "ok"})


urlpatterns = [path("craftdesk/v1/", include(router.urls)), path("healthz", health)]
