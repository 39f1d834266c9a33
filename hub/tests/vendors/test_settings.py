"""Settings: what is wrong is named, what is secret stays so."""

import re
from typing import Any

import pytest
from suprsend_hub.simulators.certificate import make_certificate
from suprsend_hub.vendors.registry import VENDORS, read_settings
from suprsend_hub.vendors.settings import Secret, describe_settings_of, text_settings_of

SMTP = {"host": "mail.example.com", "from_address": "hub@example.com"}
ACCOUNT = {"project_id": "p", "client_email": "a@p.iam.gserviceaccount.com", "private_key": "not a key"}


@pytest.mark.parametrize(
    ("vendor", "document", "told"),
    [
        ("smtp", {}, "host: is required"),
        ("smtp", {"host": "x"}, "from_address: is required"),
        ("smtp", {**SMTP, "port": "25"}, "port: expected `int`, got `str`"),
        ("smtp", {**SMTP, "port": 0}, "port: expected `int` >= 1"),
        ("smtp", {**SMTP, "prot": 25}, "prot: is not a setting of this vendor"),
        ("smtp", {**SMTP, "security": "ssl"}, "security: invalid enum value 'ssl'"),
        ("smtp", {**SMTP, "from_address": "hub"}, "from_address: 'hub' is not an email address that can be sent to"),
        ("smtp", {**SMTP, "username": "ann"}, "password: is required too; username and password go together"),
        ("smtp", {**SMTP, "password": "x"}, "username: is required too; username and password go together"),
        ("smtp", {**SMTP, "username": "a", "password": 5}, "password: "),
        ("smtp", {**SMTP, "hello_name": "a b"}, "hello_name: must be a host name"),
        ("smtp", {**SMTP, "ca_certificate": "x"}, "ca_certificate: must be a certificate in PEM form"),
        ("fcm", {}, "service_account: is required"),
        ("fcm", {"service_account": "{}"}, "service_account: expected `object`, got `str`"),
        ("fcm", {"service_account": {}}, "service_account.project_id: is required"),
        ("fcm", {"service_account": ACCOUNT}, "service_account.private_key: must be an RSA key in PEM form"),
        ("fcm", {"service_account": {**ACCOUNT, "token_uri": "file:///x"}}, "service_account.token_uri: "),
        ("fcm", {"service_account": {**ACCOUNT, "private_key": make_certificate().key}}, "service_account.private_key"),
        (
            "carrier-pigeon",
            {},
            f"vendor: 'carrier-pigeon' is not known; use {' or '.join(VENDORS)}",
        ),
    ],
)
def test_a_wrong_setting_is_named(vendor: str, document: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)) as raised:
        read_settings(vendor, document)
    assert str(raised.value).startswith(told)
    assert "not a key" not in str(raised.value)


def test_right_settings_are_read_and_print_without_their_secret() -> None:
    settings = read_settings("smtp", {**SMTP, "username": "ann", "password": "open sesame"})
    assert settings.password.reveal() == "open sesame"
    assert (settings.port, settings.security) == (587, "starttls")
    assert "sesame" not in repr(settings)
    assert "sesame" not in f"{settings.password} {settings.password!r}"


def test_secrets_compare_by_value() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a")}) == 1


def test_descriptions_tell_defaults_and_secrets() -> None:
    described = {each.name: each for each in describe_settings_of(VENDORS["smtp"].settings)}
    assert (described["port"].default, described["host"].default, described["username"].default) == (
        "587",
        None,
        "none",
    )
    assert [name for name, each in described.items() if each.is_secret] == ["password"]
    assert [each.name for each in describe_settings_of(VENDORS["fcm"].settings) if each.is_secret] == [
        "service_account"
    ]


def test_what_is_a_text_is_known_though_it_may_be_all_digits() -> None:
    texts = text_settings_of(VENDORS["msg91"].settings)
    assert {"auth_key", "route", "dlt_te_id", "callback_secret"} <= texts
    assert "short_url" not in texts
    assert {"port", "username"} & text_settings_of(VENDORS["smtp"].settings) == {"username"}
