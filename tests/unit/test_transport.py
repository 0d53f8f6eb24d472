"""Over what may a call come in? HTTPS, loopback, a trusted proxy's word; and which web origins may call."""

from ipaddress import ip_network
from typing import Any, cast

import pytest

from maquette.model.errors import ForeignOrigin, InsecureTransport
from maquette.wire.transport import Transport

PROXY, STRANGER = "10.0.0.5", "203.0.113.9"
TRUSTING = Transport(trusted_proxies=(ip_network("10.0.0.0/8"), ip_network("fd00::/8")))


def settled(transport: Transport, peer: str | None, scheme: str = "http", **headers: str) -> str:
    """The address that a call is taken to come from."""
    scope: Any = {"scheme": scheme, "client": (peer, 50_000) if peer else None}
    given = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    transport.settle(scope, given)
    return cast(str, scope["client"][0] if scope["client"] else "")


class TestPlainHttp:
    @pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", None])
    def test_loopback_may_speak_it(self, peer: str | None) -> None:
        """The developer's exception, in IPv4, IPv6 and between the two."""
        settled(Transport(), peer)

    @pytest.mark.parametrize("peer", [STRANGER, "10.0.0.5", "2001:db8::1", "::ffff:203.0.113.9"])
    def test_from_anywhere_else_it_is_refused(self, peer: str) -> None:
        """Also from private networks: keys must not travel in the clear."""
        with pytest.raises(InsecureTransport):
            settled(Transport(), peer)

    def test_https_is_welcome_from_anywhere(self) -> None:
        """A server that ends TLS itself needs nobody's word for it."""
        assert settled(Transport(), STRANGER, "https") == STRANGER


class TestProxies:
    @pytest.mark.parametrize("proto", ["https", "HTTPS", "http, https", " https "])
    def test_a_trusted_proxy_is_believed(self, proto: str) -> None:
        """It says that the call came over HTTPS; of several words the nearest proxy's counts."""
        assert settled(TRUSTING, PROXY, x_forwarded_proto=proto, x_forwarded_for=STRANGER) == STRANGER

    @pytest.mark.parametrize("proto", ["http", "https, http", "", "ws"])
    def test_plain_http_before_the_proxy_is_refused(self, proto: str) -> None:
        """The client's own hop counts, not the one from the proxy to us."""
        with pytest.raises(InsecureTransport):
            settled(TRUSTING, PROXY, x_forwarded_proto=proto)

    def test_plain_http_before_a_proxy_on_loopback_is_refused(self) -> None:
        """The developer's exception is not for those behind a proxy on the same machine."""
        local = Transport(trusted_proxies=(ip_network("127.0.0.0/8"),))
        with pytest.raises(InsecureTransport):
            settled(local, "127.0.0.1", x_forwarded_proto="http", x_forwarded_for=STRANGER)

    def test_a_proxy_that_says_nothing_is_no_protection(self) -> None:
        """A call from the proxy's address without its word is plain HTTP."""
        with pytest.raises(InsecureTransport):
            settled(TRUSTING, PROXY)

    def test_a_stranger_is_not_believed(self) -> None:
        """Anybody can send these headers."""
        with pytest.raises(InsecureTransport):
            settled(TRUSTING, STRANGER, x_forwarded_proto="https", x_forwarded_for="127.0.0.1")
        assert settled(TRUSTING, STRANGER, "https", x_forwarded_for="127.0.0.1") == STRANGER

    @pytest.mark.parametrize(
        ("hops", "address"),
        [
            (STRANGER, STRANGER),
            (f"1.2.3.4, {STRANGER}", STRANGER),  # what the client itself wrote in front
            (f"{STRANGER}, 10.1.1.1, fd00::7", STRANGER),  # a chain of ours
            (f"{STRANGER},", STRANGER),
            ("", PROXY),
            ("10.1.1.1", PROXY),
            ("unknown", PROXY),
            (f"{STRANGER}, garbage", PROXY),
            ("2001:db8::1", "2001:db8::1"),
        ],
    )
    def test_the_last_hop_that_isn_t_ours_is_the_caller(self, hops: str, address: str) -> None:
        """Only what our own proxies wrote counts; where that tells nothing, it's the proxy."""
        assert settled(TRUSTING, PROXY, x_forwarded_proto="https", x_forwarded_for=hops) == address


class TestOrigins:
    def headers(self, transport: Transport, origin: str | None) -> dict[bytes, bytes]:
        """What is added to an answer for that origin."""
        given = {b"host": b"api.example.com:8443"}
        if origin is not None:
            given[b"origin"] = origin.encode()
        return dict(transport.origin_headers(given))

    def test_no_origin_needs_nothing(self) -> None:
        """A client that is no browser's page sends none."""
        assert self.headers(Transport(), None) == {}

    def test_our_own_pages_need_nothing(self) -> None:
        """The same host and port is the same origin."""
        assert self.headers(Transport(), "https://api.example.com:8443") == {}

    @pytest.mark.parametrize(
        "origin",
        ["https://evil.example", "null", "", "https://api.example.com", "https://app.example.com.evil.example"],
    )
    def test_other_origins_are_refused(self, origin: str) -> None:
        """Unless the operator lists them; a similar name is another name."""
        allowed = Transport(allowed_origins=frozenset({"https://app.example.com"}))
        with pytest.raises(ForeignOrigin):
            self.headers(allowed, origin)

    def test_a_listed_origin_is_told_so(self) -> None:
        """It is named back, and caches are told that it matters."""
        allowed = Transport(allowed_origins=frozenset({"https://app.example.com"}))
        added = self.headers(allowed, "https://app.example.com")
        assert added[b"access-control-allow-origin"] == b"https://app.example.com"
        assert added[b"vary"] == b"Origin"

    def test_an_operator_may_list_all(self) -> None:
        """`*` stands for every origin, which is then named back."""
        added = self.headers(Transport(allowed_origins=frozenset({"*"})), "https://any.example")
        assert added[b"access-control-allow-origin"] == b"https://any.example"
