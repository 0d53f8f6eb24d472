"""Objects in a bucket that speaks S3, for servers that share one: `s3://bucket/prefix?endpoint=…&region=…`.

Credentials come from the environment, as AWS names them (`AWS_ACCESS_KEY_ID` …), or from the machine's own role.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store

from maquette.model.errors import Unavailable
from maquette.store.objects import WrongObjectStore

BATCH_SIZE = 1_000
TIMEOUT = timedelta(seconds=30)
RETRIES = 3
RETRY_FOR = timedelta(seconds=20)
FORM = "The object store's address reads s3://bucket/prefix, then ?endpoint=https://… and &region=… where needed."


class Bucket:
    """The objects below a prefix of a bucket."""

    def __init__(self, store: S3Store) -> None:
        self._store = store

    @classmethod
    def at(cls, url: str, owner: str) -> "Bucket":
        """The owner's part of the bucket at that address. Raises `WrongObjectStore`."""
        try:
            parts = urlsplit(url)
            options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
        except ValueError:
            raise WrongObjectStore(FORM) from None
        endpoint, region = options.pop("endpoint", None), options.pop("region", None)
        is_web = endpoint is None or endpoint.startswith(("https://", "http://"))
        if parts.scheme != "s3" or not parts.hostname or parts.netloc != parts.hostname or options or not is_web:
            raise WrongObjectStore(FORM)
        try:
            return cls(_store(parts.hostname, f"{parts.path.strip('/')}/{owner}".lstrip("/"), endpoint, region))
        except (BaseError, ValueError) as error:
            raise WrongObjectStore(f"{FORM} {error}") from error

    async def put(self, key: str, content: bytes) -> None:
        """One PUT, which S3 carries out whole or not at all."""
        with _refusals():
            await obstore.put_async(self._store, key, content, use_multipart=False)

    async def get(self, key: str) -> bytes | None:
        """The object's bytes."""
        with _refusals():
            try:
                found = await obstore.get_async(self._store, key)
                return bytes(await found.bytes_async())
            except FileNotFoundError:
                return None

    async def delete(self, keys: Sequence[str]) -> None:
        """Delete the objects, a thousand with one call."""
        with _refusals():
            for start in range(0, len(keys), BATCH_SIZE):
                await obstore.delete_async(self._store, list(keys[start : start + BATCH_SIZE]))

    async def every(self) -> AsyncIterator[Sequence[str]]:
        """The keys below the prefix, in the bucket's order."""
        with _refusals():
            async for found in obstore.list(self._store, chunk_size=BATCH_SIZE):
                yield [entry["path"] for entry in found]


def _store(bucket: str, prefix: str, endpoint: str | None, region: str | None) -> S3Store:
    given = {"endpoint": endpoint, "region": region}
    return S3Store(
        bucket,
        prefix=prefix,
        config={name: value for name, value in given.items() if value},  # type: ignore[arg-type]
        client_options={"allow_http": (endpoint or "").startswith("http://"), "timeout": TIMEOUT},
        retry_config={"max_retries": RETRIES, "retry_timeout": RETRY_FOR},
    )


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except (BaseError, OSError) as error:  # a missing bucket is a FileNotFoundError
        raise Unavailable(f"{type(error).__name__}: {error}") from error
