"""The headers of every dialect, as OpenAPI objects."""

from typing import Any

_COUNT = {"type": "integer", "minimum": 0}
_TEXT = {"type": "string"}
_TAG = '"d1f0c2a94be07a55e3b1c6f8"'

QUOTA = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "RateLimit", "RateLimit-Policy")
"""The quota headers. A limit that the plan doesn't have is left out, since no number would be true."""

HEADERS: dict[str, Any] = {
    "X-RateLimit-Limit": {"description": "Calls a month.", "schema": {**_COUNT, "examples": [50000]}},
    "X-RateLimit-Remaining": {"description": "Calls left this month.", "schema": {**_COUNT, "examples": [48999]}},
    "X-RateLimit-Reset": {
        "description": "When the next month begins, in Unix seconds (00:00 UTC on the first).",
        "schema": {**_COUNT, "examples": [1748736000]},
    },
    "RateLimit": {
        "description": "What is left of each limit (`r`), and the seconds until it begins anew (`t`).",
        "schema": {**_TEXT, "examples": ['"burst";r=99;t=60, "month";r=48999;t=86400']},
    },
    "RateLimit-Policy": {
        "description": "The limits (`q`) and their windows in seconds (`w`).",
        "schema": {**_TEXT, "examples": ['"burst";q=100;w=60, "month";q=50000;w=2678400']},
    },
    "Retry-After": {
        "description": "Seconds to wait before the next try.",
        "required": True,
        "schema": {**_COUNT, "minimum": 1, "examples": [30]},
    },
    "WWW-Authenticate": {
        "description": "How to authenticate.",
        "required": True,
        "schema": {**_TEXT, "const": "Bearer"},
    },
    "ETag": {
        "description": "The version of what is sent, for `If-None-Match` and `If-Match`.",
        "required": True,
        "schema": {**_TEXT, "pattern": '^"[0-9a-f]{24}"$', "examples": [_TAG]},
    },
    "Location": {
        "description": "Where the new resource is.",
        "required": True,
        "schema": {**_TEXT, "examples": ["/v1/projects/550e8400-e29b-41d4-a716-446655440000"]},
    },
    "Link": {
        "description": "The first, previous, next and last page, those that exist (RFC 8288); left out where a long"
        " query would make it longer than 4,000 bytes.",
        "schema": {**_TEXT, "examples": ['</v1/projects?page=1>; rel="first", </v1/projects?page=3>; rel="last"']},
    },
    "Idempotency-Replayed": {
        "description": "Sent only where this is the first call's answer again.",
        "schema": {**_TEXT, "const": "true"},
    },
    "X-Request-Id": {
        "description": "The call's id, under which the audit log has the change, and the server's log an error.",
        "required": True,
        "schema": {**_TEXT, "examples": ["0195c3a1-f0b2-7c3e-9d5a-4b6c7d8e9f00"]},
    },
    "Content-Disposition": {
        "description": "What to call the file (RFC 6266); an SVG is to be saved, not shown.",
        "required": True,
        "schema": {**_TEXT, "examples": ["inline; filename*=UTF-8''logo.png"]},
    },
    "Content-Security-Policy": {
        "description": "Keeps a browser from running the file or loading anything for it.",
        "required": True,
        "schema": {**_TEXT, "examples": ["default-src 'none'; style-src 'unsafe-inline'; sandbox"]},
    },
    "X-Content-Type-Options": {
        "description": "Keeps a browser from guessing another media type.",
        "required": True,
        "schema": {**_TEXT, "const": "nosniff"},
    },
    "Cross-Origin-Resource-Policy": {
        "description": "Keeps other sites' pages from embedding it.",
        "required": True,
        "schema": {**_TEXT, "const": "same-origin"},
    },
    "Cache-Control": {
        "description": "Keeps the answer, which holds a secret, out of caches.",
        "required": True,
        "schema": {**_TEXT, "const": "no-store"},
    },
}

PARAMETERS: dict[str, Any] = {
    "If-None-Match": {
        "name": "If-None-Match",
        "in": "header",
        "description": "An `ETag` that you have: while it is current, the answer is 304 without a body.",
        "schema": {**_TEXT, "examples": [_TAG]},
    },
    "If-Match": {
        "name": "If-Match",
        "in": "header",
        "description": "The `ETag` of the version that you mean to change; another one is refused with 412.",
        "schema": {**_TEXT, "examples": [_TAG]},
    },
    "Idempotency-Key": {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Any text of your own: a repeated call with the same one gets the first answer, for 24 hours.",
        "schema": {
            **_TEXT,
            "minLength": 1,
            "maxLength": 255,
            "examples": ["8e03978e-40d5-43e8-bc93-6894a57f9324"],
        },
    },
    "webhook-id": {
        "name": "webhook-id",
        "in": "header",
        "required": True,
        "description": "The message's id: the same at every attempt.",
        "schema": {**_TEXT, "examples": ["evt_0195c3a1f0b27c3e9d5a4b6c7d8e9f00"]},
    },
    "webhook-timestamp": {
        "name": "webhook-timestamp",
        "in": "header",
        "required": True,
        "description": "When this attempt was signed, in Unix seconds.",
        "schema": {**_TEXT, "pattern": "^[0-9]+$", "examples": ["1773144000"]},
    },
    "webhook-signature": {
        "name": "webhook-signature",
        "in": "header",
        "required": True,
        "description": "As Standard Webhooks defines it: `v1,` and the signature; several while a secret is rotated.",
        "schema": {**_TEXT, "examples": ["v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="]},
    },
}

MESSAGE_HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")
"""The headers of every message to a webhook."""
