"""Which addresses may be called: nothing inside anyone's network, however it is spelt or reached."""

from __future__ import annotations

import ipaddress
import shutil
import socket
import ssl
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chitieu.feed import network
from chitieu.feed.failure import SourceError
from chitieu.feed.fetch import Fetcher
from chitieu.feed.network import is_public
from chitieu.feed.settings import FetchSettings

INSIDE = [
    "127.0.0.1",
    "127.8.9.10",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "192.0.2.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:c0a8:101::1",
    "2001:0:1:2:3:4:5:6",
    "2001:db8::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
]
OUTSIDE = ["8.8.8.8", "203.162.4.1", "1.1.1.1", "2606:4700:4700::1111", "2001:4860:4860::8888", "64:ff9b::808:808"]
STRICT = FetchSettings(retries=0, connect_timeout=0.3, total_timeout=0.5, interval=0.0, robots=False)


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_of_the_inside(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_addresses_of_the_internet(address):
    assert is_public(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_the_same_inside_an_ipv6_one(address):
    assert is_public(f"::ffff:{address}") == is_public(str(address))
    assert is_public(str(ipaddress.IPv6Address((0x2002 << 112) | (int(address) << 80)))) == is_public(str(address))


@pytest.fixture
def calls(monkeypatch):
    """Addresses that a socket was connected to."""
    made: list[object] = []

    class Socket(socket.socket):
        def connect(self, where):
            made.append(where[0])
            raise ConnectionRefusedError("no")

    monkeypatch.setattr(network.socket, "socket", Socket)
    return made


def refused(url: str) -> SourceError:
    with pytest.raises(SourceError) as caught:
        Fetcher(STRICT).get(url, limit=1000)
    return caught.value


@pytest.mark.parametrize(
    "host",
    [
        *("127.0.0.1", "localhost", "LOCALHOST.", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "0.0.0.0"),
        *("[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[0:0:0:0:0:0:0:1]", "169.254.169.254", "10.0.0.1"),
        *("１２７.0.0.1", "127。0。0。1"),
    ],
)
def test_spellings_of_the_inside(host, calls):
    """Refused, or no name at all for the resolver; never called."""
    assert refused(f"http://{host}/").code in ("C130", "C131", "C132")
    assert calls == []


def answers(monkeypatch, *addresses: str) -> list[str]:
    """Let the resolver answer with each of these in turn; returns what was asked."""
    left, asked = list(addresses), []

    def getaddrinfo(host, port, *_, **__):
        asked.append(host)
        address = left.pop(0) if len(left) > 1 else left[0]
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [
            (family, socket.SOCK_STREAM, 6, "", (address, port) if family == socket.AF_INET else (address, port, 0, 0))
        ]

    monkeypatch.setattr(network.socket, "getaddrinfo", getaddrinfo)
    return asked


def test_a_name_that_leads_inside(monkeypatch, calls):
    answers(monkeypatch, "192.168.0.7")
    assert refused("http://tin-tuc.example/").code == "C130"
    assert calls == []


def test_rebinding_does_not_help(monkeypatch, calls):
    """A name whose second answer is another: there is no second question, and the checked address is the one called."""
    asked = answers(monkeypatch, "203.162.4.1", "127.0.0.1")
    assert refused("http://tin-tuc.example/").code == "C132"
    assert asked == ["tin-tuc.example"]
    assert calls == ["203.162.4.1"]


def test_of_several_addresses_only_public_ones_are_called(monkeypatch, calls):
    def getaddrinfo(*_, **__):
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))
            for address in ("10.0.0.1", "203.162.4.1", "127.0.0.1", "203.162.4.2")
        ]

    monkeypatch.setattr(network.socket, "getaddrinfo", getaddrinfo)
    assert refused("http://tin-tuc.example/").code == "C132"
    assert calls == ["203.162.4.1", "203.162.4.2"]


@pytest.mark.parametrize("port", [22, 25, 110, 445])
def test_ports_of_other_services(monkeypatch, calls, port):
    answers(monkeypatch, "203.162.4.1")
    assert refused(f"http://tin-tuc.example:{port}/").code == "C130"
    assert calls == []


def test_loopback_is_refused_by_default_and_called_when_allowed(site, quick):
    site.serve("/a", "ok")
    error = refused(site.url("/a"))
    assert (error.code, error.again) == ("C130", False)
    assert "--allow-private" in str(error)
    assert site.log == []
    assert Fetcher(quick()).get(site.url("/a"), limit=1000).data == b"ok"


def test_a_redirect_inside_is_refused(site, quick, monkeypatch):
    """The first hop stands for a public host; the second is checked like the first."""
    site.redirect("/a", "http://169.254.169.254/latest/meta-data/")
    public = network.is_public
    monkeypatch.setattr(network, "is_public", lambda host: host == "127.0.0.1" or public(host))
    with pytest.raises(SourceError) as caught:
        Fetcher(quick(allow_private=False)).get(site.url("/a"), limit=1000)
    assert caught.value.code == "C130"
    assert "169.254.169.254" in caught.value.message


def test_proxies_of_the_environment_are_not_asked(site, quick, monkeypatch):
    """They would resolve the name themselves, past every check."""
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")
    site.serve("/a", "ok")
    assert Fetcher(quick()).get(site.url("/a"), limit=1000).data == b"ok"


# -- https


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for tin.example that nobody has signed, and its key."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"),
            *("-keyout", "key.pem", "-out", "certificate.pem", "-days", "2", "-subj", "/CN=tin.example"),
            *("-addext", "subjectAltName=DNS:tin.example"),
        ],
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=30,
    )
    return folder / "certificate.pem", folder / "key.pem"


@pytest.fixture
def secure(site, certificate, monkeypatch):
    """The site over TLS; every name leads to it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    site.server.socket = context.wrap_socket(site.server.socket, server_side=True)
    resolve = socket.getaddrinfo
    monkeypatch.setattr(network.socket, "getaddrinfo", lambda _, port, **kw: resolve("127.0.0.1", port, **kw))
    return site


def test_a_certificate_is_checked_against_the_name_not_the_address(secure, quick, certificate, monkeypatch):
    secure.serve("/a", "ok")
    trusting = ssl.create_default_context(cafile=str(certificate[0]))
    monkeypatch.setattr(network, "_tls", lambda: trusting)
    settings = quick(retries=0, robots=False)
    page = Fetcher(settings).get(f"https://tin.example:{secure.port}/a", limit=1000)
    assert page.data == b"ok"
    assert secure.log[-1][1]["Host"] == f"tin.example:{secure.port}"
    with pytest.raises(SourceError) as caught:
        Fetcher(settings).get(f"https://khac.example:{secure.port}/a", limit=1000)
    assert caught.value.code == "C152"
    assert len(secure.log) == 1


def test_a_certificate_that_nobody_signed(secure, quick):
    with pytest.raises(SourceError) as caught:
        Fetcher(quick(retries=0, robots=False)).get(f"https://tin.example:{secure.port}/a", limit=1000)
    assert (caught.value.code, caught.value.again) == ("C152", False)


def test_a_server_without_tls(site, quick):
    with pytest.raises(SourceError) as caught:
        Fetcher(quick(retries=0, robots=False)).get(site.url("/").replace("http", "https"), limit=1000)
    assert caught.value.code == "C132"
