"""Whom does a receiver's URL name? Read as a resolver would read it, and refused in a sentence."""

import socket

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from maquette.outbound.urls import MAX_LENGTH, BadUrl, read

LOOPBACK = (
    "127.0.0.1",
    "127.0.0.1.",
    "127.1",
    "127.0.1",
    "0x7f.1",
    "0x7F.0x0.0x0.0x1",
    "0x7f000001",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "0177.0.0.0x1",
    "１２７.０.０.１",
    "127。0。0。1",
    "①②⑦.0.0.1",
)


class TestHost:
    @pytest.mark.parametrize("host", LOOPBACK)
    def test_a_numeral_is_an_address(self, host: str) -> None:
        """However it is written, it is what the resolver would connect to."""
        receiver = read(f"https://{host}/hook")
        assert ("127.0.0.1", "127.0.0.1", "127.0.0.1") == (receiver.host, str(receiver.address), receiver.authority)

    @given(number=st.integers(0, 2**32 - 1), cuts=st.integers(0, 3), base=st.sampled_from(["d", "#x", "o"]))
    @settings(max_examples=60, deadline=None)
    def test_numerals_are_read_as_the_system_reads_them(self, number: int, cuts: int, base: str) -> None:
        """In any base, in one to four parts."""
        parts = [number >> 24 & 255, number >> 16 & 255, number >> 8 & 255][:cuts]
        parts.append(number & (2 ** (32 - 8 * cuts) - 1))
        text = ".".join(("0" if base == "o" and part else "") + format(part, base) for part in parts)
        assert socket.inet_aton(text) == getattr(read(f"https://{text}/").address, "packed", None)

    @pytest.mark.parametrize(
        ("host", "found"),
        [
            ("EXAMPLE.com", "example.com"),
            ("example.com.", "example.com."),
            ("bücher.example", "xn--bcher-kva.example"),
            ("ｅｘａｍｐｌｅ.com", "example.com"),
            ("my_host.1a", "my_host.1a"),
            ("0x7g", "0x7g"),
            ("1.2.3.4.nip.io", "1.2.3.4.nip.io"),
        ],
    )
    def test_a_name_is_ascii_and_lower_case(self, host: str, found: str) -> None:
        """As it is looked up; what only looks like a number is a name."""
        receiver = read(f"https://{host}/")
        assert (found, None) == (receiver.host, receiver.address)

    @pytest.mark.parametrize(
        ("host", "found"),
        [("[::1]", "::1"), ("[0:0:0:0:0:0:0:1]", "::1"), ("[::FFFF:127.0.0.1]", "::ffff:7f00:1")],
    )
    def test_an_ipv6_address_stands_in_brackets(self, host: str, found: str) -> None:
        """In its shortest form from then on, and in brackets in the Host header."""
        receiver = read(f"https://{host}/")
        assert (found, f"[{found}]") == (receiver.host.replace("127.0.0.1", "7f00:1"), f"[{found}]")
        assert receiver.authority == f"[{receiver.host}]"


class TestRead:
    @pytest.mark.parametrize(
        ("url", "target"),
        [
            ("https://a.test", "/"),
            ("https://a.test?x=1", "/?x=1"),
            ("https://a.test/a/../b//c;d", "/a/../b//c;d"),
            ("https://a.test/h?sig=a%2Bb%3D+c&d=%zz", "/h?sig=a%2Bb%3D+c&d=%zz"),
            ("https://a.test/ü?q=ß", "/%C3%BC?q=%C3%9F"),
            ("https://a.test/<'\">", "/%3C'%22%3E"),
        ],
    )
    def test_the_path_is_sent_as_it_was_written(self, url: str, target: str) -> None:
        """Nothing is decoded or tidied; what can't stand in a request line is encoded."""
        assert target == read(url).target

    @pytest.mark.parametrize(
        ("url", "port", "authority"),
        [
            ("https://a.test", 443, "a.test"),
            ("HTTPS://a.test:/", 443, "a.test"),
            ("https://a.test:0443/", 443, "a.test"),
            ("https://a.test:8443/", 8443, "a.test:8443"),
            ("http://a.test", 80, "a.test"),
            ("http://[::1]:9000/", 9000, "[::1]:9000"),
        ],
    )
    def test_the_port(self, url: str, port: int, authority: str) -> None:
        """The scheme's own, which is then not said, or another."""
        assert (port, authority) == (read(url).port, read(url).authority)

    @pytest.mark.parametrize(
        ("url", "sentence"),
        [
            ("", "must start with https://"),
            ("a.test", "must start with https://"),
            ("ftp://a.test/", "must start with https://"),
            ("https:/a.test/", "must start with https://"),
            ("//a.test/", "must start with https://"),
            ("https://u@a.test/", "must not hold a user or a password"),
            ("https://u:p@a.test/", "must not hold a user or a password"),
            ("https://@a.test/", "must not hold a user or a password"),
            ("https://a.test@127.0.0.1/", "must not hold a user or a password"),
            ("https://a.test/#", "must not hold a fragment (#…)"),
            ("https://a.test#@127.0.0.1/", "must not hold a fragment (#…)"),
            ("https://a.test\\@127.0.0.1/", "must not hold blanks, backslashes or control characters"),
            (" https://a.test/", "must not hold blanks, backslashes or control characters"),
            ("https://a.test/\r\nX: y", "must not hold blanks, backslashes or control characters"),
            ("https://a.test/\ud800", "must not hold blanks, backslashes or control characters"),
            ("https://a.test/" + "x" * MAX_LENGTH, "must have at most 2,048 characters"),
            ("https:///x", "must name a host, and a port at most beside it"),
            ("https://?x", "must name a host, and a port at most beside it"),
            ("https://[::1/", "must name a host, and a port at most beside it"),
            ("https://[::1]x/", "must name a host, and a port at most beside it"),
            ("https://::1/", "must name a host, and a port at most beside it"),
            ("https://a.test:44x/", "must name a host, and a port at most beside it"),
            ("https://a.test:+443/", "must name a host, and a port at most beside it"),
            ("https://a.test:４４３/", "must name a host, and a port at most beside it"),
            ("https://a.test:0/", "must name a port from 1 to 65535"),
            ("https://a.test:65536/", "must name a port from 1 to 65535"),
            ("https://[fe80::1%25eth0]/", "must not name an IPv6 zone"),
            ("https://[fe80::1%eth0]/", "must not name an IPv6 zone"),
            ("https://[1.2.3.4]/", "must name an IPv6 address between its brackets"),
            ("https://[v1.a]/", "must name an IPv6 address between its brackets"),
            ("https://[]/", "must name an IPv6 address between its brackets"),
            ("https://256.1.1.1/", "must name an IPv4 address where its host is a number"),
            ("https://1.2.3.4.5/", "must name an IPv4 address where its host is a number"),
            ("https://4294967296/", "must name an IPv4 address where its host is a number"),
            ("https://127.0.0.08/", "must name an IPv4 address where its host is a number"),
            ("https://a.test.0x7f/", "must name an IPv4 address where its host is a number"),
            ("https://./", "must name a host that can be looked up"),
            ("https://a..test/", "must name a host that can be looked up"),
            ("https://a.test../", "must name a host that can be looked up"),
            ("https://127.0.0.1../", "must name a host that can be looked up"),
            ("https://.a.test/", "must name a host that can be looked up"),
            ("https://a%2etest/", "must name a host that can be looked up"),
            ("https://127.0.0.1%00.a.test/", "must name a host that can be looked up"),
            ("https://℀.test/", "must name a host that can be looked up"),
            ("https://a\u00adb\u200b.test/", "must name a host that can be looked up"),
            ("https://" + "a" * 64 + ".test/", "must name a host that can be looked up"),
            ("https://" + "a." * 127 + "test/", "must name a host that can be looked up"),
            ("https://*.test/", "must name a host that can be looked up"),
        ],
    )
    def test_anything_else_is_refused_in_a_sentence(self, url: str, sentence: str) -> None:
        """It goes on from the field's name."""
        with pytest.raises(BadUrl) as caught:
            read(url)
        assert sentence == str(caught.value)

    @given(text=st.text(max_size=60))
    @settings(max_examples=150, deadline=None)
    def test_no_text_does_more_than_be_refused(self, text: str) -> None:
        """What is read has a host, a port and a target that can stand in a request line."""
        for url in (text, f"https://{text}", f"https://{text}/"):
            try:
                receiver = read(url)
            except BadUrl:
                continue
            assert receiver.host
            assert receiver.target.isascii()
            assert 0 < receiver.port < 65_536


class TestRequirePublicForm:
    @pytest.mark.parametrize(
        ("url", "sentence"),
        [("http://a.test/", "must start with https://"), ("https://a.test:8443/", "must use port 443")],
    )
    def test_it_is_https_on_its_own_port(self, url: str, sentence: str) -> None:
        """Nothing else is for receivers outside."""
        with pytest.raises(BadUrl, match=sentence):
            read(url).require_public_form()

    def test_https_is_good(self) -> None:
        """With its port said or not."""
        read("https://a.test/").require_public_form()
        read("https://a.test:443/").require_public_form()
