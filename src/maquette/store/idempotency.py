"""The responses to requests with idempotency keys, kept for a day."""

import msgspec
from msgspec import Struct

from maquette.store.database import Transaction


class Claim(Struct, frozen=True):
    """One key on one request of one credential."""

    workspace: int
    credential: int
    key: str
    request: str
    fingerprint: bytes


class StoredResponse(Struct, frozen=True):
    """What the first request was answered."""

    status: int
    headers: dict[str, str]
    body: bytes


async def get(tx: Transaction, claim: Claim, *, since_ms: int) -> tuple[bytes, StoredResponse] | None:
    """The fingerprint of the request that this key came with since then, and its response."""
    row = await tx.row(
        "SELECT fingerprint, status, headers, body FROM idempotency WHERE workspace = $1 AND credential = $2"
        " AND key = $3 AND request = $4 AND created_at > $5",
        claim.workspace,
        claim.credential,
        claim.key,
        claim.request,
        since_ms,
    )
    if row is None:
        return None
    fingerprint, status, headers, body = row
    return fingerprint, StoredResponse(status, msgspec.json.decode(headers, type=dict[str, str]), body)


async def put(tx: Transaction, claim: Claim, answer: StoredResponse, now_ms: int) -> None:
    """Store the response, in place of one of the same key that is older than a day."""
    await tx.run(
        "INSERT INTO idempotency (workspace, credential, key, request, fingerprint, status, headers, body, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (workspace, credential, key, request) DO UPDATE"
        " SET fingerprint = excluded.fingerprint, status = excluded.status, headers = excluded.headers,"
        " body = excluded.body, created_at = excluded.created_at",
        claim.workspace,
        claim.credential,
        claim.key,
        claim.request,
        claim.fingerprint,
        answer.status,
        msgspec.json.encode(answer.headers).decode(),
        answer.body,
        now_ms,
    )


async def purge(tx: Transaction, *, before_ms: int, limit: int) -> int:
    """Delete up to `limit` responses that were stored before then; returns how many."""
    dropped = await tx.rows(
        "DELETE FROM idempotency WHERE (workspace, credential, key, request) IN (SELECT workspace, credential, key,"
        " request FROM idempotency WHERE created_at <= $1 ORDER BY created_at LIMIT $2) RETURNING 1",
        before_ms,
        limit,
    )
    return len(dropped)
