"""Tenants, under their old name too, and what they default to in preferences."""

from typing import Any

from e2e.compatibility.features.users import introduce, is_gone
from e2e.compatibility.proofs import received, write_to
from e2e.compatibility.scene import CATEGORY
from e2e.compatibility.steps import Feature, Step, Subject, Values, call, refused

LOOK = {
    "logo": "https://example.com/logo.png",
    "primary_color": "#112233",
    "social_links": {"website": "https://example.com"},
    "properties": {"plan": "gold"},
}


def _upsert(subject: Subject) -> Step:
    return call("tenants.upsert", subject.id, {"tenant_name": "Tenant", **LOOK})


def _get(subject: Subject) -> list[Step]:
    return [_upsert(subject), call("tenants.get", subject.id)]


def _is_tenant(document: Any, subject: Subject, word: str) -> None:
    wanted = {f"{word}_id": subject.id, f"{word}_name": "Tenant", **LOOK}
    assert {name: document.get(name) for name in wanted if name != "social_links"} == {
        name: value for name, value in wanted.items() if name != "social_links"
    }, document
    assert document["social_links"]["website"] == "https://example.com", document


def _mail_names(name: str) -> Any:
    """See that a mail for the tenant says its name."""

    def proof(subject: Subject, values: Values) -> None:
        for document in values:
            _is_tenant(document, subject, name)
        write_to(subject.hub, subject.id, ["email"], tenant_id=subject.id)
        [mail] = received(subject.hub, subject.email(), channel="email")
        assert "Tenant" in str(mail["content"]), mail

    return proof


def _list(subject: Subject) -> list[Step]:
    return [_upsert(subject), call("tenants.list", limit=1000, offset=0)]


def _is_listed(word: str) -> Any:
    def proof(subject: Subject, values: Values) -> None:
        page = values[-1]
        assert subject.id in [each[f"{word}_id"] for each in page["results"]], page
        assert page["meta"].keys() >= {"count", "limit", "offset"}, page

    return proof


def _delete(subject: Subject) -> list[Step]:
    return [_upsert(subject), call("tenants.delete", subject.id), refused("tenants.get", subject.id)]


def _brand(subject: Subject) -> Step:
    return call("brands.upsert", subject.id, {"brand_name": "Tenant", **LOOK})


def _get_brand(subject: Subject) -> list[Step]:
    return [_brand(subject), call("brands.get", subject.id)]


def _list_brands(subject: Subject) -> list[Step]:
    return [_brand(subject), call("brands.list", limit=1000, offset=0)]


def _categories(subject: Subject) -> list[Step]:
    return [
        _upsert(subject),
        call("tenants.list_preference_categories", subject.id, {"limit": 10}),
        call("tenants.get_preference_category", subject.id, CATEGORY),
    ]


def _has_the_category(subject: Subject, values: Values) -> None:
    *_, page, category = values
    assert CATEGORY in [each["category"] for each in page["results"]], page
    assert (category["category"], category["root_category"]) == (CATEGORY, "promotional"), category


def _close_category(subject: Subject) -> list[Step]:
    closed = {"preference": "opt_out", "visible_to_subscriber": True}
    return [_upsert(subject), call("tenants.update_preference_category", subject.id, CATEGORY, closed)]


def _is_closed(subject: Subject, values: Values) -> None:
    assert values[-1]["preference"] == "opt_out", values[-1]
    changes = {"tenant_id": subject.id, "notification_category": CATEGORY}
    sent = [each for each in write_to(subject.hub, subject.id, ["email"], **changes) if each["channel"] == "email"]
    assert "sent_by_vendor" not in [each["status"] for each in sent], sent


FEATURES = {
    "tenants.get": Feature(_get, _mail_names("tenant"), introduce),
    "tenants.list": Feature(_list, _is_listed("tenant")),
    "tenants.delete": Feature(_delete, is_gone),
    "tenants.get_unknown": Feature(lambda who: [refused("tenants.get", who.id)], is_gone),
    "tenants.categories": Feature(_categories, _has_the_category),
    "tenants.update_category": Feature(_close_category, _is_closed, introduce),
    "brands.get": Feature(_get_brand, _mail_names("brand"), introduce),
    "brands.list": Feature(_list_brands, _is_listed("brand")),
}
