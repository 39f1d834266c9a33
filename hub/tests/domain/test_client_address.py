"""Where a request comes from: whom our proxies name, and nobody who names themselves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.client_address import TrustedProxies, read_networks

OURS = read_networks("10.0.0.0/8, 2001:db8::/32,192.0.2.7")


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("10.0.0.1", ["198.51.100.4"], "198.51.100.4"),
        ("10.0.0.1", ["203.0.113.9, 198.51.100.4"], "198.51.100.4"),
        ("10.0.0.1", ["203.0.113.9, 198.51.100.4, 10.9.9.9, 192.0.2.7"], "198.51.100.4"),
        ("10.0.0.1", ["203.0.113.9", "198.51.100.4"], "198.51.100.4"),
        ("10.0.0.1", ["10.2.2.2, 10.1.1.1"], "10.2.2.2"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", [""], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.4, unknown"], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9, nonsense, 10.3.3.3"], "10.3.3.3"),
        ("10.0.0.1", ["198.51.100.4:55123"], "198.51.100.4"),
        ("2001:db8::1", ["[2A00:1450::9]:443"], "2a00:1450::9"),
        ("::ffff:10.0.0.1", ["::ffff:198.51.100.4"], "198.51.100.4"),
        ("198.51.100.4", ["203.0.113.9"], "198.51.100.4"),
        ("192.0.2.8", ["203.0.113.9"], "192.0.2.8"),
        ("", ["203.0.113.9"], ""),
    ],
)
def test_the_client_is_the_right_most_that_is_none_of_ours(peer: str, forwarded: list[str], client: str) -> None:
    assert OURS.find_client(peer, forwarded) == client


@given(st.lists(st.text(max_size=40), max_size=4))
def test_without_trusted_proxies_no_header_is_believed(forwarded: list[str]) -> None:
    assert TrustedProxies().find_client("10.0.0.1", forwarded) == "10.0.0.1"


@given(st.lists(st.text(max_size=40), max_size=4))
def test_whatever_stands_left_of_a_stranger_changes_nothing(forged: list[str]) -> None:
    assert OURS.find_client("10.0.0.1", [*forged, "198.51.100.4"]) == "198.51.100.4"


@pytest.mark.parametrize("text", ["10.0.0.1/8", "everything", "10.0.0.0/8;192.0.2.7", "0.0.0.0/0", "::/0"])
def test_what_is_no_network_of_ours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no network|is everybody"):
        read_networks(text)
