"""Has every dialect words for every refusal? The set is closed: a new class without words fails here, not in use."""

import inspect
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_type_hints

import pytest

from maquette.dialects import INSTALLED
from maquette.model import errors
from maquette.model.errors import Refusal
from maquette.wire.dialect import Dialect
from maquette.wire.refusals import refusal_reply

SAMPLES: dict[Any, Any] = {
    str: "project",
    int: 7_000,
    Sequence[str]: ("GET", "POST"),
    Mapping[str, Sequence[str]]: {"name": ["is required"], "brand_kit": ["must be one", "must be ours"]},
}
"""What a refusal of any kind can be made of, by the type that it asks for."""

ONLY: dict[int, set[type[Refusal]]] = {
    401: {errors.Unauthenticated},
    405: {errors.MethodNotAllowed},
    409: {errors.IdempotencyKeyInUse},
    412: {errors.Stale},
    413: {errors.TooLarge},
    415: {errors.NotJson, errors.NotForm},
    422: {errors.IdempotencyKeyReused},
    429: {errors.QuotaSpent, errors.BurstSpent, errors.TooManyFailures},
    500: {errors.InternalError},
    503: {errors.Unavailable, errors.Overloaded, errors.FileMissing, errors.Uncertain},
}
"""Statuses that mean one thing, in any dialect."""


def craftdesk(status: int, body: Any) -> list[str]:
    """The sentences in `message`, `code` and `errors`."""
    assert ["message", "code", "errors"] == list(body)
    assert status == body["code"]
    assert all(re.fullmatch(r"[a-z_]+", field) for field in body["errors"])
    return [body["message"], *(sentence for sentences in body["errors"].values() for sentence in sentences)]


def creatopy(_: int, body: Any) -> list[str]:
    """The one sentence in `error`."""
    assert ["error"] == list(body)
    return [body["error"]]


@dataclass(frozen=True)
class Envelope:
    """The statuses that a dialect's contract knows, and how its sentences are found."""

    statuses: frozenset[int]
    sentences: Callable[[int, Any], list[str]]


COMMON = {400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 429, 500, 503}
ENVELOPES = {
    "craftdesk": Envelope(frozenset(COMMON), craftdesk),
    "creatopy": Envelope(frozenset(COMMON | {410}), creatopy),
}


def kinds(base: type[Refusal] = Refusal) -> Iterator[type[Refusal]]:
    """Every kind of refusal, those of a kind too."""
    for kind in base.__subclasses__():
        yield kind
        yield from kinds(kind)


def made(kind: type[Refusal]) -> Refusal:
    """One of that kind, of sample values."""
    if kind.__init__ is Exception.__init__:
        return kind("FullError: /var/lib/maquette is full")
    hints = get_type_hints(kind.__init__)
    return kind(*(SAMPLES[hints[name]] for name in list(inspect.signature(kind).parameters)))


KINDS = sorted(set(kinds()), key=lambda kind: kind.__name__)
EVERY = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
DIALECTS = pytest.mark.parametrize("dialect", INSTALLED, ids=lambda dialect: dialect.name)


@DIALECTS
class TestRefusal:
    @EVERY
    def test_it_has_words_in_the_dialects_envelope(self, dialect: Dialect, kind: type[Refusal]) -> None:
        """Whole sentences, with nothing left to fill in and nothing of the inside."""
        reply = refusal_reply(dialect, made(kind))
        envelope = ENVELOPES[dialect.name]
        sentences = envelope.sentences(reply.status, json.loads(reply.body))
        assert b"application/json" == reply.media_type
        assert all(sentence.strip() == sentence != "" for sentence in sentences)
        assert not any(mark in sentence for sentence in sentences for mark in ("{", "}", "None", "FullError", "()"))

    @EVERY
    def test_it_has_a_status_that_the_dialect_knows(self, dialect: Dialect, kind: type[Refusal]) -> None:
        """The contract allows it, and it means what it means everywhere."""
        status = refusal_reply(dialect, made(kind)).status
        assert status in ENVELOPES[dialect.name].statuses
        assert status == dialect.statuses[kind]
        assert kind in ONLY.get(status, {kind})
        for only, allowed in ONLY.items():
            assert kind not in allowed or status == only

    @EVERY
    def test_it_says_what_helps(self, dialect: Dialect, kind: type[Refusal]) -> None:
        """How long to wait, which methods there are, how to authenticate: where, and only where, that helps."""
        reply = refusal_reply(dialect, made(kind))
        told = {name.decode(): value.decode() for name, value in reply.headers}
        waits = {errors.QuotaSpent, errors.BurstSpent, errors.TooManyFailures}
        soon = {errors.IdempotencyKeyInUse, errors.Unavailable, errors.Overloaded, errors.FileMissing, errors.Uncertain}
        expected = {
            **({"retry-after": "7000"} if kind in waits else {}),
            **({"retry-after": "1"} if kind in soon else {}),
            **({"allow": "GET, POST"} if kind is errors.MethodNotAllowed else {}),
            **({"www-authenticate": "Bearer"} if kind is errors.Unauthenticated else {}),
        }
        assert expected == told

    def test_every_problem_is_told(self, dialect: Dialect) -> None:
        """Invalid input gets one sentence, or part of one, for each thing that's wrong, in the dialect's own names."""
        reply = refusal_reply(dialect, made(errors.Invalid))
        text = reply.body.decode()
        for problem in ("is required", "must be one", "must be ours"):
            assert problem in text
        assert {"craftdesk": "brand_kit_id", "creatopy": "brandKitId"}[dialect.name] in text

    def test_nothing_is_told_of_what_is_not_there(self, dialect: Dialect) -> None:
        """Absent, and out of a member's sight, differ at most where the vendor has a status for it."""
        absent, hidden = [refusal_reply(dialect, kind("project")) for kind in (errors.NotFound, errors.Invisible)]
        assert {"craftdesk": True, "creatopy": False}[dialect.name] == (absent == hidden)


class TestTable:
    def test_every_dialect_is_in_the_tables(self) -> None:
        """A new dialect says here which statuses it knows, and how its envelope is read."""
        assert {dialect.name for dialect in INSTALLED} == ENVELOPES.keys()

    def test_every_status_is_explained(self) -> None:
        """A reference page lists what can be met, but for 405, which no operation is answered with."""
        for dialect in INSTALLED:
            met = {refusal_reply(dialect, made(kind)).status for kind in KINDS}
            assert met - {405} == dialect.refusals.keys(), dialect.name
