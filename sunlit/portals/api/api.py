"""The API of version 1: its operations, gathered, and its description in OpenAPI 3.1."""

from __future__ import annotations

import json
from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from sunlit.portals.api import problems
from sunlit.portals.api.keys import Needs
from sunlit.portals.api.v1 import buying, catalog, feed, opportunities, orders, search, verbs

ROOT = "/api/v1/"
WRITES = ("post", "put", "patch")
ONCE_HEADER = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200},
    "description": "The same key with the same body is carried out once and answered again; with another body it is refused.",
}


class Api(NinjaAPI):
    """Ninja's API whose description also tells scopes, problems and idempotency keys. English, and the same every time."""

    def get_openapi_schema(self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None) -> OpenAPISchema:
        told = super().get_openapi_schema(path_prefix=path_prefix or ROOT, path_params=path_params)
        plain = json.loads(json.dumps(told, sort_keys=True))
        told.clear()
        told.update(_completed(plain, self._scopes()))
        return told

    def operations(self) -> list[tuple[str, str, Any]]:
        """Method, path and operation of all there is, by path."""
        found = []
        for router in self._get_bound_routers():
            for path, view in router.path_operations.items():
                address = "/".join(part for part in (router.prefix.strip("/"), path.strip("/")) if part)
                found += [(method, address, operation) for operation in view.operations for method in operation.methods]
        return sorted(found, key=lambda each: (each[1], each[0]))

    def _scopes(self) -> dict[str, str]:
        return {operation.operation_id: scope_of(operation) for _method, _path, operation in self.operations()}


def scope_of(operation: Any) -> str:
    """The scope that an operation asks of the key; "" for none."""
    return next((needs.scope for needs in operation.auth_callbacks if isinstance(needs, Needs)), "")


def _completed(told: dict[str, Any], scopes: dict[str, str]) -> dict[str, Any]:
    told["components"]["securitySchemes"] = {"key": Needs.openapi_security_schema}
    told["components"]["schemas"]["Problem"] = problems.SCHEMA
    for operations in told["paths"].values():
        for method, operation in operations.items():
            scope = scopes[operation["operationId"]]
            operation["security"] = [{"key": [scope] if scope else []}]
            answer = {"content": {problems.MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
            operation["responses"]["default"] = {"description": "A refusal, with every problem at its field.", **answer}
            if method in WRITES:
                operation["parameters"] = [*operation["parameters"], ONCE_HEADER]
    return told


api = Api(
    title="Sunlit",
    version="1.0.0",
    description=(
        "Buy, sell and follow purchases by program. Keys are made on the organisation's page and sent as `Authorization: Bearer slt_…`. "
        "Money is text in yuan with two places, times are RFC 3339, lists are paged by key: hand `next` back as `after`."
    ),
    openapi_url=None,
    docs_url=None,
    urls_namespace="api",
)
for place, router in (
    ("", catalog.router),
    ("", search.router),
    ("", orders.router),
    ("", verbs.router),
    ("", buying.router),
    ("", opportunities.router),
    ("", feed.router),
):
    api.add_router(place, router)
problems.answer_with(api)
