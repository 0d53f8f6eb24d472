"""Which addresses are inside? Every line of the table, at both of its ends, and whatever wraps one."""

from ipaddress import ip_address, ip_network

import pytest

from maquette.outbound.addresses import REFUSED_NETWORKS, is_allowed, is_refused, unwrapped

BAD = (
    "0.0.0.0", "10.1.2.3", "100.64.0.1", "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.1",  # noqa: S104
    "172.31.255.255", "192.0.0.8", "192.168.1.1", "198.18.0.1", "198.19.255.255", "224.0.0.1", "239.255.255.255",
    "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:0:127.0.0.1",
    "64:ff9b::7f00:1", "64:ff9b::a00:1", "64:ff9b::808:808", "64:ff9b:1::7f00:1", "100::1", "2001::1",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2002:7f00:1::1", "2002:a00:1::", "5f00::1", "fc00::1", "fd12:3456::1",
    "fe80::1", "fe80::1%eth0", "febf::1", "fec0::1", "fec0::ffff", "ff02::1", "ff0e::1",
)  # fmt: skip
GOOD = (
    "1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "93.184.216.34", "100.63.255.255", "100.128.0.0", "126.0.0.1",
    "128.0.0.1", "169.253.255.255", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0",
    "198.17.255.255", "198.20.0.0", "223.255.255.255", "::ffff:8.8.8.8", "2001:4860:4860::8888", "2606:4700::1111",
    "2001:1::1", "2003::1", "2a00::1", "3fff:ffff::1",
)  # fmt: skip


class TestIsRefused:
    @pytest.mark.parametrize("text", BAD)
    def test_an_address_inside_is_refused(self, text: str) -> None:
        """Also where the standard library calls it global."""
        assert is_refused(ip_address(text), ())

    @pytest.mark.parametrize("text", GOOD)
    def test_an_address_outside_is_not(self, text: str) -> None:
        """The neighbours of each network among them."""
        assert not is_refused(ip_address(text), ())

    @pytest.mark.parametrize(("network", "why"), REFUSED_NETWORKS, ids=[network for network, _ in REFUSED_NETWORKS])
    def test_a_whole_network_is_refused(self, network: str, why: str) -> None:
        """From its first address to its last; each line names its RFC."""
        found = ip_network(network)
        assert is_refused(found[0], ())
        assert is_refused(found[-1], ())
        assert "RFC" in why

    @pytest.mark.parametrize("text", ["10.0.0.1", "::ffff:10.0.0.1", "fd00::1"])
    def test_what_the_operator_allows_is_not(self, text: str) -> None:
        """However the address is written; the rest of the inside stays refused."""
        allow = [ip_network("10.0.0.0/24"), ip_network("fd00::/64")]
        assert not is_refused(ip_address(text), allow)
        assert is_refused(ip_address("10.0.1.1"), allow)
        assert is_refused(ip_address("fd00:0:0:1::1"), allow)
        assert is_refused(ip_address("::ffff:127.0.0.1"), allow)


class TestIsAllowed:
    def test_only_what_is_on_the_list(self) -> None:
        """A good address isn't: it is reached by HTTPS alone."""
        allow = [ip_network("10.0.0.0/8")]
        assert is_allowed(ip_address("10.9.9.9"), allow)
        assert not is_allowed(ip_address("8.8.8.8"), allow)


class TestUnwrapped:
    def test_the_mapped_address(self) -> None:
        """It is the one that is connected to."""
        assert ip_address("8.8.8.8") == unwrapped(ip_address("::ffff:8.8.8.8"))
        assert ip_address("2001:4860::1") == unwrapped(ip_address("2001:4860::1"))
