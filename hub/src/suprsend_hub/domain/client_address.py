"""Where a request comes from: the right-most address that is not one of our own proxies."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network


@dataclass(frozen=True, slots=True)
class TrustedProxies:
    """The networks of the proxies that are believed in what they say of where a request came from."""

    networks: tuple[IPv4Network | IPv6Network, ...] = ()

    def find_client(self, peer: str, forwarded: Iterable[str]) -> str:
        """The address behind our proxies; `peer` opened the connection, `forwarded` are its X-Forwarded-For headers.

        Each proxy writes down, at the right, whom it heard. So what stands left of somebody who is none of ours was
        written by them, or by whoever they heard, and is not believed.
        """
        here = _read_address(peer)
        if here is None:
            return peer
        heard = [each.strip() for header in forwarded for each in header.split(",")]
        for each in reversed(heard):
            address = _read_address(each)
            if not self._includes(here) or address is None:
                break
            here = address
        return str(here)

    def _includes(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self.networks)


def read_networks(text: str) -> TrustedProxies:
    """The proxies of a list of networks and addresses, apart by commas, or a ValueError."""
    return TrustedProxies(tuple(_read_network(each.strip()) for each in text.split(",") if each.strip()))


def _read_network(text: str) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(text)
    except ValueError:
        raise ValueError(f"{text[:60]!r} is no network such as 10.0.0.0/8, and no address") from None
    if network.prefixlen == 0:
        raise ValueError(f"{text!r} is everybody, who would then say themselves where they are")
    return network


def _read_address(text: str) -> IPv4Address | IPv6Address | None:
    """An address, also with a port as some proxies write it; None where it is none."""
    for candidate in _spellings(text):
        # An address of one link names its zone with a text of any length.
        if "%" in candidate:
            continue
        try:
            address = ip_address(candidate)
        except ValueError:
            continue
        mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
        return mapped or address
    return None


def _spellings(text: str) -> Sequence[str]:
    if text.startswith("["):
        return (text[1:].partition("]")[0],)
    return (text, text.partition(":")[0]) if text.count(":") == 1 else (text,)
