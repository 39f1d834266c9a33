"""Tenants: what may be said of them, what it changes, and what templates see."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.tenant import COLORS, OLD_SPELLINGS, SOCIAL_LINKS, Tenant, Tenants
from suprsend_hub.domain.tenant_form import TenantForm, change_tenant

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ACME = Tenant(
    "acme",
    "Acme",
    logo="https://example.com/logo.png",
    timezone="Europe/Rome",
    blocked_channels=("sms",),
    primary_color="#ff8800",
    social_links={"x": "https://x.com/acme"},
    properties={"address": {"city": "Turin", "street": "Via Po"}, "seats": 4},
)


def said(tenant: Tenant = ACME, /, **fields: Any) -> Tenant:
    """The tenant after these fields were sent."""
    return change_tenant(tenant, msgspec.convert(fields, TenantForm), NOW)


def test_what_is_left_out_or_null_stays() -> None:
    nothing = dict.fromkeys((*TenantForm.__struct_fields__, "unheard_of"))
    assert said(**nothing) == said() == replace(ACME, updated_at=NOW)


def test_an_empty_text_takes_away_what_was_set() -> None:
    bare = said(logo="", timezone="", primary_color="", social_links={"x": ""}, blocked_channels=[])
    assert (bare.logo, bare.timezone, bare.primary_color) == (None, None, None)
    assert (bare.social_links, bare.blocked_channels) == ({}, ())


def test_properties_are_replaced_one_by_one_at_their_first_level() -> None:
    properties = said(properties={"address": {"city": "Rome"}, "vat": None}).properties
    assert properties == {"address": {"city": "Rome"}, "seats": 4, "vat": None}


def test_each_social_link_is_set_by_itself() -> None:
    links = {"website": "https://acme.example", "x": None}
    assert said(social_links=links).social_links == {"website": "https://acme.example", "x": "https://x.com/acme"}


def test_old_names_are_understood_and_new_ones_win() -> None:
    old = said(
        brand_name="Old",
        preference_page_url="https://old.example",
        social_links={"twitter": "https://twitter.com/a", "LinkedIn": "https://linkedin.com/a"},
    )
    assert (old.tenant_name, old.embedded_preference_url) == ("Old", "https://old.example")
    assert old.social_links == {"x": "https://twitter.com/a", "linkedin": "https://linkedin.com/a"}
    both = said(
        old,
        tenant_name="New",
        brand_name="Old",
        embedded_preference_url="https://new.example",
        preference_page_url="https://old.example",
        social_links={"x": "", "twitter": "https://twitter.com/b"},
    )
    assert (both.tenant_name, both.embedded_preference_url) == ("New", "https://new.example")
    assert both.social_links == {"linkedin": "https://linkedin.com/a"}


def test_blocked_channels_are_kept_once_each() -> None:
    assert said(blocked_channels=["email", "sms", "email"]).blocked_channels == ("email", "sms")


@pytest.mark.parametrize("name", ["Acme & Sons", "I <3 you", "a < b > c", "Ärzte ohne Grenzen", "x" * 255])
def test_a_name_may_hold_what_is_no_html(name: str) -> None:
    assert said(tenant_name=name).tenant_name == name


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("tenant_name", "<b>Acme</b>"),
        ("tenant_name", "Acme </p>"),
        ("tenant_name", "Acme<!--"),
        ("tenant_name", " "),
        ("tenant_name", "Acme\r\nBcc: x@example.com"),
        ("brand_name", "<script>"),
        ("logo", "logo.png"),
        ("logo", "javascript:alert(1)"),
        ("logo", 'https://example.com/"onerror="x'),
        ("embedded_preference_url", "//example.com"),
        ("preference_page_url", "ftp://example.com"),
        ("hosted_preference_domain", "https://preferences.example.com"),
        ("hosted_preference_domain", "preferences.example.com\n"),
        ("hosted_preference_domain", "localhost"),
        ("primary_color", "red"),
        ("secondary_color", "#ff88"),
        ("tertiary_color", "#ff8800; display: none"),
        ("timezone", "Mars/Base"),
        ("timezone", "../../etc/passwd"),
    ],
)
def test_what_can_not_be_used_is_refused_by_its_name(field: str, value: str) -> None:
    with pytest.raises(Invalid) as refused:
        said(**{field: value})
    assert refused.value.field == field


@pytest.mark.parametrize("name", ["website", "twitter", "LinkedIn"])
def test_a_wrong_social_link_is_named_as_it_was_spelled(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        said(social_links={name: "@acme"})
    assert refused.value.field == f"social_links.{name}"


def test_properties_have_a_limit_together_with_those_that_are_stored() -> None:
    half = said(properties={"a": "x" * 40_000})
    with pytest.raises(Invalid, match="properties"):
        said(half, properties={"b": "x" * 40_000})
    assert said(half, properties={"a": "x" * 60_000}).properties["a"] == "x" * 60_000


def test_a_tenant_that_is_not_known_has_what_the_default_tenant_has() -> None:
    tenants = Tenants.of([Tenant("default", "Shop", logo="https://example.com/shop.png"), ACME])
    assert tenants.find("gone") == tenants.find(None) == tenants.find("") == tenants.default
    seen = tenants.namespace("gone")
    assert (seen["tenant_id"], seen["brand_id"], seen["tenant_name"]) == ("gone", "gone", "Shop")
    assert seen["logo"] == "https://example.com/shop.png"


def test_the_default_tenant_is_there_before_anything_is_said_of_it() -> None:
    seen = Tenants.of([]).namespace(None)
    assert (seen["tenant_id"], seen["tenant_name"], seen["logo"], seen["properties"]) == ("default", "", None, {})
    assert set(seen["social_links"].values()) == {""}


def test_only_colours_fall_back_to_the_default_tenant() -> None:
    default = Tenant("default", "Shop", logo="https://x.example", timezone="UTC")
    default = said(default, **dict.fromkeys(COLORS, "#000000"))
    seen = Tenants.of([default, Tenant("acme", "Acme", primary_color="#ff8800")]).namespace("acme")
    assert [seen[color] for color in COLORS] == ["#ff8800", "#000000", "#000000"]
    assert (seen["tenant_name"], seen["logo"], seen["timezone"]) == ("Acme", None, None)


def test_templates_see_links_by_their_old_and_their_new_names() -> None:
    links = Tenants.of([ACME]).namespace("acme")["social_links"]
    assert set(links) == {*SOCIAL_LINKS, *OLD_SPELLINGS}
    assert links["x"] == links["twitter"] == "https://x.com/acme"


texts = (
    st.none()
    | st.sampled_from(["", "https://example.com", "#ff8800", "Europe/Rome", "a.example"])
    | st.text("aZ0<>#/:. ", max_size=8)
)


@given(st.dictionaries(st.sampled_from([*TenantForm.__struct_fields__]), texts))
def test_saying_the_same_twice_changes_nothing_more(fields: dict[str, Any]) -> None:
    try:
        once = said(**fields)
    except (Invalid, msgspec.ValidationError):
        return
    assert said(once, **fields) == once
