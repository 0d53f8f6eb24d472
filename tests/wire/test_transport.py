"""Is the connection believed for what it is, and nothing more? Schemes, proxies and web origins."""

from ipaddress import ip_network

import pytest

from maquette.model.errors import ForeignOrigin, InsecureTransport
from maquette.wire.transport import Transport
from tests.wire.asgi import scope_of

PROXIES = Transport(trusted_proxies=(ip_network("10.0.0.0/8"), ip_network("fd00::/8")))
NOBODY = Transport()

Headers = dict[bytes, bytes]


def settled(transport: Transport, client: str | None, scheme: str, **forwarded: str) -> tuple[str, str]:
    """The caller's address and scheme, as the transport leaves them."""
    headers = {f"x-forwarded-{name}".encode(): value.encode() for name, value in forwarded.items()}
    scope = scope_of(client=None if client is None else (client, 1), scheme=scheme)
    transport.resolve_client(scope, headers)
    return (scope["client"] or ("", 0))[0], scope["scheme"]


class TestSettle:
    @pytest.mark.parametrize("client", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", None])
    def test_loopback_may_speak_plain_http(self, client: str | None) -> None:
        """The developer's exception, by any of its addresses, and through a socket file, which has none."""
        assert (client or "", "http") == settled(NOBODY, client, "http")

    @pytest.mark.parametrize("client", ["192.0.2.1", "10.0.0.1", "2001:db8::1", "::ffff:192.0.2.1"])
    def test_anybody_else_needs_https(self, client: str) -> None:
        """Plain HTTP from another machine is refused; HTTPS is welcome."""
        assert (client, "https") == settled(NOBODY, client, "https")
        with pytest.raises(InsecureTransport):
            settled(NOBODY, client, "http")

    @pytest.mark.parametrize(("transport", "client"), [(NOBODY, "10.0.0.1"), (PROXIES, "192.0.2.1")])
    def test_a_header_alone_makes_no_https(self, transport: Transport, client: str) -> None:
        """Only a proxy that the operator trusts can say how a call came to it."""
        with pytest.raises(InsecureTransport):
            settled(transport, client, "http", proto="https")

    def test_an_untrusted_client_cannot_choose_its_address(self) -> None:
        """`X-Forwarded-For` from anybody else changes nothing."""
        assert ("192.0.2.1", "https") == settled(PROXIES, "192.0.2.1", "https", proto="https", **{"for": "127.0.0.1"})

    @pytest.mark.parametrize(
        ("hops", "expected"),
        [
            ("192.0.2.7", "192.0.2.7"),
            ("192.0.2.7, 10.1.1.1", "192.0.2.7"),
            ("1.1.1.1, 192.0.2.7, 10.1.1.1, fd00::5", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("10.1.1.1", "10.0.0.1"),
            ("", "10.0.0.1"),
            ("192.0.2.7,", "192.0.2.7"),
            ("2001:db8::1", "2001:db8::1"),
            ("unknown", "10.0.0.1"),
            ("192.0.2.7, unknown", "10.0.0.1"),
            ("192.0.2.7, <script>", "10.0.0.1"),
        ],
    )
    def test_a_trusted_proxy_says_for_whom_it_calls(self, hops: str, expected: str) -> None:
        """The last hop that isn't a proxy of ours; what a client wrote before it is not believed."""
        assert (expected, "https") == settled(PROXIES, "10.0.0.1", "http", proto="https", **{"for": hops})

    @pytest.mark.parametrize("proto", ["http", "https, http", "", "ftp", "ws", "httpss"])
    def test_a_trusted_proxy_that_says_plain_http_is_refused(self, proto: str) -> None:
        """The last word counts, from a proxy on this very machine too."""
        loopback = Transport(trusted_proxies=(ip_network("127.0.0.0/8"),))
        for transport, client in ((PROXIES, "10.0.0.1"), (loopback, "127.0.0.1")):
            with pytest.raises(InsecureTransport):
                settled(transport, client, "http", proto=proto)

    def test_a_trusted_proxy_that_says_nothing_is_no_protection(self) -> None:
        """A call from its address without its word is plain HTTP."""
        with pytest.raises(InsecureTransport):
            settled(PROXIES, "10.0.0.1", "http")

    @pytest.mark.parametrize("proto", ["https", " https ", "http, HTTPS"])
    def test_a_trusted_proxy_that_says_https_is_believed(self, proto: str) -> None:
        """In any case, and as the last of several."""
        assert ("10.0.0.1", "https") == settled(PROXIES, "10.0.0.1", "http", proto=proto)


class TestOriginHeaders:
    def test_without_an_origin_there_is_nothing_to_say(self) -> None:
        """A call that comes from no web page."""
        assert [] == NOBODY.origin_headers({b"host": b"here.example"})

    def test_a_page_of_our_own_needs_no_leave(self) -> None:
        """Its origin is the host that it calls, port and all."""
        assert [] == NOBODY.origin_headers({b"host": b"here.example:81", b"origin": b"https://here.example:81"})

    @pytest.mark.parametrize(
        "origin", [b"https://there.example", b"https://here.example:82", b"https://here.example.evil", b"null", b""]
    )
    def test_any_other_page_is_refused(self, origin: bytes) -> None:
        """Another host, another port, a host that begins alike, and a page that hides where it is from."""
        with pytest.raises(ForeignOrigin):
            NOBODY.origin_headers({b"host": b"here.example", b"origin": origin})

    @pytest.mark.parametrize("headers", [{b"origin": b"null"}, {b"origin": b""}, {b"origin": b"https://"}])
    def test_an_origin_that_says_nothing_is_not_ours(self, headers: Headers) -> None:
        """Not even where the call doesn't say which host it means."""
        with pytest.raises(ForeignOrigin):
            NOBODY.origin_headers(headers)

    def test_a_list_lets_in_no_other(self) -> None:
        """A name that begins as a listed one does is another name."""
        listing = Transport(allowed_origins=frozenset({"https://there.example"}))
        with pytest.raises(ForeignOrigin):
            listing.origin_headers({b"host": b"here.example", b"origin": b"https://there.example.evil.example"})

    @pytest.mark.parametrize("listed", ["https://there.example", "*"])
    def test_a_listed_page_may_read_the_answer(self, listed: str) -> None:
        """Told with its own origin, so that a cache keeps the answers for different pages apart."""
        transport = Transport(allowed_origins=frozenset({listed}))
        told = dict(transport.origin_headers({b"host": b"here.example", b"origin": b"https://there.example"}))
        assert (b"https://there.example", b"Origin") == (told[b"access-control-allow-origin"], told[b"vary"])
        assert {b"ETag", b"Link", b"Location", b"Retry-After", b"X-RateLimit-Remaining"} <= set(
            told[b"access-control-expose-headers"].split(b", ")
        )
        assert b"access-control-allow-credentials" not in told
