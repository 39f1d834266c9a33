"""Variants: tenant and language are wishes, `default` is the fallback."""

import pytest
from suprsend_hub.domain.template import Variant, choose_variant

VARIANTS = [
    Variant("email", "default", None, "en", {}),
    Variant("email", "german", None, "de", {}),
    Variant("email", "acme", "acme", "en", {}),
    Variant("email", "acme-french", "acme", "fr", {}),
    Variant("email", "brazil", None, "pt_BR", {}),
    Variant("inbox", "only", None, "en", {}),
]


@pytest.mark.parametrize(
    ("tenant", "locale", "chosen"),
    [
        (None, None, "default"),
        (None, "en", "default"),
        (None, "de", "german"),
        (None, "de-AT", "german"),
        (None, "ja", "default"),
        (None, "pt-BR", "brazil"),
        ("acme", None, "acme"),
        ("acme", "fr", "acme-french"),
        ("acme", "de", "acme"),
        ("other", "de", "german"),
        ("default", "de", "german"),
    ],
)
def test_the_best_variant_is_chosen(tenant: str | None, locale: str | None, chosen: str) -> None:
    variant = choose_variant(VARIANTS, "email", tenant, locale)
    assert variant is not None
    assert variant.id == chosen


def test_a_channel_without_variants_has_none() -> None:
    assert choose_variant(VARIANTS, "sms", None, None) is None
    assert choose_variant([Variant("email", "x", "acme", "en", {})], "email", "other", None) is None
