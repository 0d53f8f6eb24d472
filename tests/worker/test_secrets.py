"""Does a signing secret ever show, but in the one answer that it is made in?"""

import base64
import logging

import pytest

from maquette.domain import deliveries, webhooks
from maquette.model.errors import Refusal
from maquette.store.database import Transaction
from tests.endpoint import Endpoint, Says
from tests.worker.desk import Desk
from tests.worker.test_again import sqlite_only

TABLES = ("webhooks", "webhook_events", "events", "deliveries", "attempts", "messages", "idempotency", "replays")


async def whatever_is_kept(desk: Desk) -> str:
    """Every row about webhooks, as text."""

    async def body(tx: Transaction) -> str:
        return "\n".join([repr([tuple(row) for row in await tx.rows(f"SELECT * FROM {table}")]) for table in TABLES])

    return await desk.office.read(body)


def shows(text: str, secret: str) -> bool:
    """Whether the secret is in it, as it is written or as the bytes that it stands for."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    return secret.removeprefix("whsec_") in text or key.hex() in text or repr(key)[2:-1] in text


@sqlite_only
class TestSecrets:
    async def test_neither_in_what_is_kept_nor_in_the_log(
        self, desk: Desk, there: Endpoint, caplog: pytest.LogCaptureFixture
    ) -> None:
        """Made, rotated, signed with, delivered and failed: no row, no line and no request has it."""
        caplog.set_level(logging.DEBUG)
        there.says = lambda got: Says(500) if len(there.got) == 1 else Says()
        webhook = await desk.webhook(there.url())
        await desk.project()
        await desk.work()
        _, fresh = await desk.office.write(
            lambda tx: webhooks.rotate_secret(
                tx, desk.owner, webhook.id, desk.office.runtime.services.sealer, now_ms=desk.office.now_ms
            )
        )
        await desk.office.write(lambda tx: deliveries.send_test(tx, desk.owner, webhook.id, now_ms=desk.office.now_ms))
        await desk.work(5)
        await desk.work(60)
        assert 3 == len(there.got)
        sent = "".join(repr((got.headers, got.body)) for got in there.got)
        text = await whatever_is_kept(desk) + caplog.text + sent
        assert [False, False] == [shows(text, secret) for secret in (desk.secrets[webhook.serial], fresh)]

    async def test_nor_in_the_refusal_of_one(self, desk: Desk) -> None:
        """Whoever reads an error reads no secret, not even one that can't be used."""
        odd = "whsec_" + base64.b64encode(b"far too short").decode()
        sealer = desk.office.runtime.services.sealer
        webhook = await desk.webhook("http://127.0.0.1:9/")
        with pytest.raises(Refusal) as refused:
            await desk.office.write(
                lambda tx: webhooks.rotate_secret(
                    tx, desk.owner, webhook.id, sealer, secret=odd, now_ms=desk.office.now_ms
                )
            )
        assert not shows(repr((refused.value, vars(refused.value))), odd)
