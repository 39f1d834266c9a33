"""Addresses that may go on a command line, and those that may not."""

import pytest
from suprsend_hub.vendors.mailbox import Mailbox, NotAnAddress, read_mailbox, read_mailboxes


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("ann@example.org", "ann@example.org"),
        (" ann@example.org ", "ann@example.org"),
        ("ann+tag@sub.example.org", "ann+tag@sub.example.org"),
        ("o'neil_{}@example.org", "o'neil_{}@example.org"),
        ("root@localhost", "root@localhost"),
        ("ann@some_host.example", "ann@some_host.example"),
        ("用户@例え.jp", "用户@xn--r8jz45g.jp"),
        ("ann@straße.de", "ann@xn--strae-oqa.de"),
        ("ann@BÜCHER.example", "ann@xn--bcher-kva.example"),
        ("ann@xn--bcher-kva.example", "ann@xn--bcher-kva.example"),
    ],
)
def test_an_address_is_read_with_its_domain_in_ascii(given: str, read: str) -> None:
    assert read_mailbox(given).address == read


@pytest.mark.parametrize(
    "given",
    [
        "", " ", "@", "ann", "ann@", "@example.org", ".ann@example.org", "ann.@example.org", "a..b@example.org",
        "a b@example.org", "ann@exa mple.org", "ann@-example.org", "ann@example-.org", "ann@example..org",
        "ann@example.org.", "<ann@example.org>", '"a b"@example.org', "ann@[127.0.0.1]", "ann(x)@example.org",
        "ann@example.org\n", "ann\r\n@example.org", "ann@example.org,bob@example.org", "a@b@example.org",
        "ann\x00@example.org", f"{'a' * 65}@example.org", f"ann@{'a' * 64}.org", f"ann@{'a.' * 130}org", "ann@☃️.\u200d",
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused(given: str) -> None:
    with pytest.raises(NotAnAddress) as raised:
        read_mailbox(given.removesuffix("\n") + "\n\n>" if given.endswith("\n") else given)
    assert str(raised.value).isprintable()


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("", []),
        ("  ", []),
        ("a@x.org", [("", "a@x.org")]),
        ("a@x.org, b@x.org,", [("", "a@x.org"), ("", "b@x.org")]),
        ('"Doe, Jane" <a@x.org>, Bob <b@x.org>', [("Doe, Jane", "a@x.org"), ("Bob", "b@x.org")]),
        (r'"Q \" uote, X" <a@x.org>', [('Q " uote, X', "a@x.org")]),
        ("<a@x.org>", [("", "a@x.org")]),
        ("Re: you <a@x.org>", [("Re: you", "a@x.org")]),
        ("Jörg <a@x.org>", [("Jörg", "a@x.org")]),
        ("Jörg\r\n X <a@x.org>", [("Jörg X", "a@x.org")]),
    ],
)
def test_a_list_of_addresses_is_read_with_their_names(given: str, read: list[tuple[str, str]]) -> None:
    assert [(each.name, each.address) for each in read_mailboxes(given)] == read


@pytest.mark.parametrize(
    "given",
    [
        "nobody",
        "a@x.org, nobody",
        "Bob <>",
        "a@x.org b@x.org",
        ";",
        "a@x.org Bcc: b@x.org",
        '"a,b" <x@x.org>, "Bob <a@x.org>',
        '"Bob <a@x.org>',
        "<a@x.org> b@x.org",
    ],
)
def test_a_list_with_something_else_in_it_is_refused(given: str) -> None:
    with pytest.raises(NotAnAddress):
        read_mailboxes(given)


def test_a_mailbox_knows_its_domain() -> None:
    assert Mailbox("ann@example.org").domain == "example.org"
