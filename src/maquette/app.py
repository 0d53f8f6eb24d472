"""The composition root: settings → database → services → dialects → one application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import dataclass
from functools import partial

from litestar.types import HTTPScope, Receive

from maquette.dialects import DEFAULT, INSTALLED
from maquette.domain.admission import Admission
from maquette.domain.background import BackgroundTasks
from maquette.domain.bursts import BurstCounter, Bursts
from maquette.domain.calls import CallCounter
from maquette.domain.files import Files
from maquette.domain.housekeeping import keep_counts, keep_house, keep_mailing, keep_sweeping
from maquette.domain.identities import Identities
from maquette.domain.login_throttle import ACCOUNT_RULE, LoginThrottle
from maquette.domain.messages import Render
from maquette.domain.months import MonthlyQuotas
from maquette.domain.password_hasher import PasswordHasher
from maquette.domain.picture_sandbox import PictureSandbox
from maquette.domain.seal import Sealer
from maquette.domain.services import Services
from maquette.domain.versions import Versions
from maquette.foundation import open_store
from maquette.model.clock import Clock, SystemClock
from maquette.model.lazy import Lazy
from maquette.outbound.lazy_sender import LazySender
from maquette.outbound.mail import LogMailer, Mailer, SmtpMailer, SmtpServer
from maquette.settings import Settings
from maquette.store.database import Database
from maquette.store.objects import ObjectStore, open_object_store
from maquette.wire.application import application
from maquette.wire.asgi import Application
from maquette.wire.body_budget import BodyBudget
from maquette.wire.body_timeout import BodyTimeout
from maquette.wire.dispatch import Dispatch
from maquette.wire.front import Front, Pages
from maquette.wire.gate import Gate
from maquette.wire.reply import Reply
from maquette.wire.response_cache import ResponseCache
from maquette.wire.router import Router
from maquette.wire.routes import Routes
from maquette.wire.transport import Transport
from maquette.worker import Worker, WorkerDependencies

CHORES = (keep_counts, keep_house, keep_mailing, keep_sweeping)
WORKER_DRAIN_S = 5
"""How long a stopping server waits for its worker's deliveries, at most; those cut off are sent again later."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """A running Maquette without its HTTP server: the application that answers calls, and its services."""

    application: Application
    services: Services


@asynccontextmanager
async def open_runtime(settings: Settings, clock: Clock | None = None) -> AsyncIterator[Runtime]:
    """Open and migrate the store, build the application, and run the worker and the chores during the block.

    At its end, counted calls are written and what is left of leased quotas is returned.
    Raises `WrongSealingKey` for a database whose secrets were sealed with another key, or with one that is missing.
    """
    clock = clock or SystemClock()
    bursts = Bursts(clock)
    async with open_store(settings, clock) as (database, sealer), open_shared_bursts(settings, bursts, clock) as shared:
        services = build_services(settings, database, sealer, clock, bursts, shared)
        chores = [asyncio.create_task(chore(services)) for chore in CHORES]
        try:
            drain_s = min(settings.drain_s, WORKER_DRAIN_S)
            dependencies = build_worker_dependencies(services)
            async with running_worker(dependencies, drain_s) if settings.worker else nullcontext():
                yield Runtime(build_dispatch(settings, services), services)
        finally:
            for chore in chores:
                chore.cancel()
            await asyncio.gather(*chores, return_exceptions=True)
            await services.background.finish()
            await services.sender.close()
            await services.files.close()
            try:
                await services.calls.flush()
            finally:
                await services.admission.months.return_leases()


@asynccontextmanager
async def open_worker(settings: Settings) -> AsyncIterator[None]:
    """Run nothing but a worker during the block. Raises as `open_runtime` does."""
    clock = SystemClock()
    async with open_store(settings, clock) as (database, sealer):
        sender = LazySender(settings.webhook_allow)
        try:
            dependencies = WorkerDependencies(database, clock, sealer, sender, build_renders())
            async with running_worker(dependencies, settings.drain_s):
                yield
        finally:
            await sender.close()


@asynccontextmanager
async def running_worker(dependencies: WorkerDependencies, drain_s: float) -> AsyncIterator[None]:
    """Run a worker during the block; at its end, wait up to `drain_s` seconds for deliveries under way."""
    worker = Worker(dependencies)
    running = asyncio.create_task(worker.run())
    try:
        yield
    finally:
        await worker.stop(drain_s)
        await running


@asynccontextmanager
async def open_shared_bursts(settings: Settings, own: Bursts, clock: Clock) -> AsyncIterator[BurstCounter | None]:
    """The counter that nodes share through Valkey, None without `valkey_url`; only with it is the client imported."""
    if not settings.valkey_url:
        yield None
        return
    from maquette.domain.shared_bursts import SharedBursts
    from maquette.store.valkey import Valkey

    valkey = Valkey(settings.valkey_url)
    shared = SharedBursts(valkey, own, clock)
    try:
        await shared.ping()
        yield shared
    finally:
        await valkey.close()


def build_services(
    settings: Settings, database: Database, sealer: Sealer, clock: Clock, bursts: Bursts, shared: BurstCounter | None
) -> Services:
    """The services of one process."""
    calls = CallCounter(database)
    months = MonthlyQuotas(database, clock)
    return Services(
        database=database,
        clock=clock,
        sealer=sealer,
        identities=Identities(database, clock),
        admission=Admission(bursts=bursts, months=months, calls=calls, clock=clock, shared=shared),
        calls=calls,
        login_throttle=LoginThrottle(clock),
        account_throttle=LoginThrottle(clock, ACCOUNT_RULE),
        password_hasher=PasswordHasher(),
        background=BackgroundTasks(),
        files=Files(database, build_object_store(settings, sealer), clock, PictureSandbox()),
        token_ttl_s=settings.token_ttl_s,
        mailer=build_mailer(settings),
        sender=LazySender(settings.webhook_allow),
        public_url=settings.base_url(),
    )


def build_worker_dependencies(services: Services) -> WorkerDependencies:
    """What a worker in a server's process shares with it."""
    return WorkerDependencies(services.database, services.clock, services.sealer, services.sender, build_renders())


def build_renders() -> dict[str, Render]:
    """For each dialect by name, the function that renders its messages."""
    return {dialect.name: dialect.event_body for dialect in INSTALLED}


def build_object_store(settings: Settings, sealer: Sealer) -> ObjectStore:
    """Where files are kept: this database's own part of a folder or bucket, named after its sealing key."""
    return open_object_store(url=settings.object_store_url, folder=settings.objects(), owner=sealer.fingerprint)


def build_mailer(settings: Settings) -> Mailer:
    """What sends e-mails: an SMTP client, else the log. Raises `ValueError` for an invalid `smtp_url`."""
    if settings.smtp_url is None:
        return LogMailer()
    return SmtpMailer(SmtpServer.of(settings.smtp_url), settings.mail_sender())


def build_dispatch(settings: Settings, services: Services) -> Dispatch:
    """The application, which serves all dialects."""
    cache = ResponseCache(Versions(services.database))
    transport = Transport(settings.trusted_proxies, settings.allowed_origins)
    body_timeout, body_budget = BodyTimeout(), BodyBudget()
    gates = []
    for dialect in INSTALLED:
        router = Router(Routes(dialect.routes), partial(application, dialect))
        gates.append((dialect, Gate(dialect, router, services, cache, transport, body_timeout, body_budget)))
    console = lazy_console(services, transport, body_timeout, body_budget)
    return Dispatch(gates, Front(services, DEFAULT, console), default=DEFAULT.name)


def lazy_console(services: Services, transport: Transport, body_timeout: BodyTimeout, body_budget: BodyBudget) -> Pages:
    """The console, imported with the first page that is asked for (decision 28)."""

    def make() -> Pages:
        from maquette.console.application import Console

        return Console(services, INSTALLED, transport, body_timeout, body_budget)

    console = Lazy(make)

    async def answer(scope: HTTPScope, receive: Receive) -> Reply:
        return await (await console.get())(scope, receive)

    return answer
