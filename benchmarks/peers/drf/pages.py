"""How does the Django peer page? By REST framework's page numbers, in CraftDesk's envelope."""

from typing import Any

from rest_framework.pagination import PageNumberPagination
from rest_framework.response import Response


class Pages(PageNumberPagination):
    page_size = 20
    page_size_query_param = "per_page"
    max_page_size = 100

    def get_paginated_response(self, data: Any) -> Response:
        paginator = self.page.paginator
        pagination = {
            "current_page": self.page.number,
            "total": paginator.count,
            "per_page": paginator.per_page,
            "last_page": paginator.num_pages,
        }
        return Response({"data": data, "meta": {"pagination": pagination}})
