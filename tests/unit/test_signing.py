"""Can an endpoint tell that a message is ours, with the library that it would use?"""

import base64
import time

import pytest
from cryptography.fernet import Fernet
from standardwebhooks import Webhook, WebhookVerificationError

from maquette.domain import signing
from maquette.domain.seal import Sealer
from maquette.model.errors import Invalid
from maquette.store.webhooks import Secrets

BODY = '{"id":"evt_1","data":{"name":"Frühling 🌸"}}'.encode()
NOW_MS = 1_773_144_000_000


def now_ms() -> int:
    """The real present: the library refuses what is 5 minutes old, and a long run of tests is older than its start."""
    return int(time.time() * 1000)


class TestHeaders:
    def test_the_library_verifies_them(self) -> None:
        """Text beyond ASCII included."""
        secret = signing.new_secret()
        headers = signing.headers("evt_1", BODY, [secret], now_ms=now_ms())
        assert "evt_1" == Webhook(secret).verify(BODY, headers)["id"]

    def test_another_secret_is_refused(self) -> None:
        """So is another body."""
        secret = signing.new_secret()
        headers = signing.headers("evt_1", BODY, [secret], now_ms=now_ms())
        with pytest.raises(WebhookVerificationError):
            Webhook(signing.new_secret()).verify(BODY, headers)
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(BODY + b" ", headers)

    def test_while_rotating_both_secrets_verify(self) -> None:
        """There is a signature for each, in one header."""
        new, old = signing.new_secret(), signing.new_secret()
        headers = signing.headers("evt_1", BODY, [new, old], now_ms=now_ms())
        assert 2 == len(headers["webhook-signature"].split(" "))
        assert ["evt_1", "evt_1"] == [Webhook(secret).verify(BODY, headers)["id"] for secret in (new, old)]


class TestOpened:
    def test_the_old_secret_ends_on_time(self) -> None:
        """It signs beside the new one up to its end, and not at it."""
        sealer = Sealer(Fernet.generate_key().decode())
        kept = Secrets(sealer.seal("new"), sealer.seal("old"), NOW_MS)
        assert ["new", "old"] == signing.opened(kept, sealer, now_ms=NOW_MS - 1)
        assert ["new"] == signing.opened(kept, sealer, now_ms=NOW_MS)


class TestChecked:
    @pytest.mark.parametrize("length", [24, 64])
    def test_24_to_64_bytes_are_taken(self, length: int) -> None:
        """As they are."""
        secret = "whsec_" + base64.b64encode(b"x" * length).decode()
        assert secret == signing.checked(secret)

    @pytest.mark.parametrize(
        "secret",
        [
            "",
            "whsec_",
            "whsec_short",
            "whsec_" + base64.b64encode(b"x" * 23).decode(),
            "whsec_" + base64.b64encode(b"x" * 65).decode(),
            base64.b64encode(b"x" * 32).decode(),
            "whsec_" + "ä" * 40,
            "whsec_" + "!" * 44,
        ],
        ids=["empty", "prefix", "short", "23", "65", "unprefixed", "umlauts", "marks"],
    )
    def test_anything_else_is_refused(self, secret: str) -> None:
        """With a sentence for the field."""
        with pytest.raises(Invalid) as refused:
            signing.checked(secret)
        assert {"secret"} == set(refused.value.problems)

    def test_a_new_one_is_one(self) -> None:
        """What we make would be taken from somebody who chose it."""
        assert signing.checked(signing.new_secret())
