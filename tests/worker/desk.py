"""A worker that goes step by step on a still clock, and the endpoints that it sends to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from maquette.app import build_worker_dependencies
from maquette.domain import deliveries, projects, webhooks
from maquette.domain.deliveries import DeliveryFilter
from maquette.domain.projects import ProjectDraft
from maquette.domain.webhooks import WebhookDraft, WebhookPatch
from maquette.model.actor import Actor, Role
from maquette.model.page import ByPage
from maquette.model.records import Project
from maquette.model.webhooks import Delivery, Webhook, WholeDelivery
from maquette.store.database import Transaction
from maquette.worker import Worker
from tests.office import Office, Team


@dataclass
class Desk:
    """One team, whose events are sent by one worker."""

    office: Office
    team: Team
    worker: Worker
    secrets: dict[int, str] = field(default_factory=dict)

    @classmethod
    async def of(cls, office: Office) -> "Desk":
        """With a new team."""
        return cls(office, await office.team(), Worker(build_worker_dependencies(office.runtime.services)))

    @property
    def owner(self) -> Actor:
        """The team's owner."""
        return self.team.actor(self.team.owner, Role.OWNER)

    async def webhook(self, url: str, *types: str, actor: Actor | None = None) -> Webhook:
        """An endpoint there."""
        draft = WebhookDraft(url, types or ("*",), "craftdesk")
        sealer = self.office.runtime.services.sealer
        webhook, secret = await self.office.write(
            lambda tx: webhooks.create(tx, actor or self.owner, draft, sealer, now_ms=self.office.now_ms)
        )
        self.secrets[webhook.serial] = secret
        return webhook

    async def change(self, webhook: Webhook, **patch: Any) -> Webhook:
        """As the owner."""
        return await self.office.write(
            lambda tx: webhooks.change(tx, self.owner, webhook.id, WebhookPatch(**patch), now_ms=self.office.now_ms)
        )

    async def seen(self, webhook: Webhook) -> Webhook:
        """As it is now."""
        return await self.office.read(lambda tx: webhooks.get(tx, self.owner, webhook.id))

    async def project(self, name: str = "One") -> Project:
        """Something that happens."""
        return await self.office.write(
            lambda tx: projects.create(tx, self.owner, ProjectDraft(name), now_ms=self.office.now_ms)
        )

    async def work(self, seconds: float = 0) -> None:
        """After so much time, one step of the worker, to its end."""
        self.office.clock.advance(seconds=seconds)
        await self.worker.step()
        await self.worker.settle()

    async def log(self, webhook: Webhook) -> Sequence[Delivery]:
        """Its deliveries, the oldest first."""
        found = await self.office.read(
            lambda tx: deliveries.list_(tx, self.owner, webhook.id, DeliveryFilter(), ByPage(1, 100))
        )
        return found.items[::-1]

    async def whole(self, webhook: Webhook, id: str) -> WholeDelivery:
        """One with its attempts."""
        return await self.office.read(lambda tx: deliveries.get(tx, self.owner, webhook.id, id))

    async def counts(self, *tables: str) -> list[int]:
        """How many rows there are."""

        async def body(tx: Transaction) -> list[int]:
            return [await tx.value(f"SELECT COUNT(*) FROM {table}") for table in tables]

        return await self.office.read(body)
