"""Categories: what a tree may say, which mails are commercial, what things are called, and which are shown."""

from typing import Any

import msgspec
import pytest
from suprsend_hub.domain.category import ROOT_TREE, ROOTS, CategoryTree, hash_of, root_of, slug_of
from suprsend_hub.domain.category_reading import TREE_DECODER, check_tree
from suprsend_hub.domain.category_translation import CategoryWords, Words, fallbacks, normal_locale, translate
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.reading import read_json
from suprsend_hub.domain.tag_filter import read_tag_filter


def written(root: str = "transactional", **category: Any) -> dict[str, Any]:
    """A tree of one category."""
    whole = {"category": "invoices", "name": "Invoices", **category}
    return {"root_categories": [{"root_category": root, "sections": [{"name": "Bills", "categories": [whole]}]}]}


def read(document: object) -> CategoryTree:
    return check_tree(read_json(msgspec.json.encode(document), TREE_DECODER))


def test_a_tree_has_all_roots_in_their_order_and_slugs_for_its_sections() -> None:
    tree = read(written("promotional", default_opt_in_channels=["sms", "sms"], default_mandatory_channels=[], tags=[]))
    assert [each.root_category for each in tree.root_categories] == list(ROOTS)
    (entry,) = tree.entries()
    assert (entry.root, entry.section.slug) == ("promotional", "bills")
    assert entry.category.default_opt_in_channels == ("sms",)
    assert (entry.category.default_mandatory_channels, entry.category.tags) == (None, None)
    assert read(msgspec.to_builtins(tree)) == tree


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({}, None),
        ({"root_categories": "x"}, "root_categories"),
        ({"root_categories": [{"root_category": "urgent"}]}, "root_categories[0].root_category"),
        ({"root_categories": [{"root_category": "system"}] * 2}, "root_categories"),
        (written(category="a b"), "root_categories[0].sections[0].categories[0].category"),
        (written(category="promotional"), "root_categories[0].sections[0].categories[0].category"),
        (written(name=""), "root_categories[0].sections[0].categories[0].name"),
        (written(default_preference="maybe"), "root_categories[0].sections[0].categories[0].default_preference"),
        (
            written(default_mandatory_channels=["email"]),
            "root_categories[0].sections[0].categories[0].default_mandatory_channels",
        ),
        (
            written(default_opt_in_channels=["pigeon"]),
            "root_categories[0].sections[0].categories[0].default_opt_in_channels[0]",
        ),
        (written("system", is_commercial=True), "root_categories[0].sections[0].categories[0].is_commercial"),
        (
            written(is_commercial=True, default_preference="cant_unsubscribe"),
            "root_categories[0].sections[0].categories[0].is_commercial",
        ),
    ],
)
def test_what_can_not_be_meant_is_refused_by_its_field(document: object, field: str | None) -> None:
    if field is None:
        assert list(read(document).entries()) == []
        return
    with pytest.raises(Invalid) as refused:
        read(document)
    assert refused.value.field == field


def test_a_name_is_used_once_in_the_whole_tree() -> None:
    twice = written()["root_categories"] + written("promotional")["root_categories"]
    with pytest.raises(Invalid, match=r"root_categories\[1\].*used at root_categories\[0\]"):
        read({"root_categories": twice})


@pytest.mark.parametrize(
    ("root", "preference", "said", "expected"),
    [
        ("promotional", "opt_in", None, True),
        ("promotional", "opt_in", False, False),
        ("promotional", "cant_unsubscribe", None, False),
        ("transactional", "opt_in", None, False),
        ("transactional", "opt_in", True, True),
        ("system", "opt_in", None, False),
    ],
)
def test_commercial_is_what_is_promotional_unless_it_is_said(
    root: str, preference: str, said: bool | None, expected: bool
) -> None:
    (entry,) = read(written(root, default_preference=preference, is_commercial=said)).entries()
    assert entry.is_commercial is expected


def test_each_root_is_a_category_and_other_names_are_transactional() -> None:
    assert [each.category.category for each in ROOT_TREE.entries()] == list(ROOTS)
    assert [each.category.default_preference for each in ROOT_TREE.entries()] == [
        "cant_unsubscribe",
        "cant_unsubscribe",
        "opt_in",
    ]
    entry = read(written()).find("promotional")
    assert entry is not None and entry.root == "promotional"
    assert read(written()).find("nothing") is None
    assert [root_of(each) for each in ("system", "promotional", "nothing")] == [
        "system",
        "promotional",
        "transactional",
    ]


def test_a_hash_tells_trees_apart() -> None:
    assert hash_of(read(written())) == hash_of(read(written()))
    assert hash_of(read(written())) != hash_of(read(written(description="x")))


def test_a_section_of_any_script_has_a_slug() -> None:
    assert [slug_of(each) for each in ("Nik Section", "お知らせ", "!!")] == ["nik-section", "お知らせ", "section"]


def test_words_are_looked_for_in_region_language_and_english() -> None:
    assert fallbacks("es_ar") == ["es-AR", "es", "en"]
    assert normal_locale("zh-hant-TW") == "zh-Hant-TW"
    tree = read(written(description="What you owe"))
    known = {
        "es-AR": CategoryWords(categories={"invoices": Words("Boletas")}),
        "es": CategoryWords(categories={"invoices": Words("Facturas", "Lo que debe")}),
        "en": CategoryWords(sections={"bills": Words("Money")}),
    }

    def shown(locale: str | None) -> tuple[str | None, str, str | None]:
        (entry,) = translate(tree, known, locale).entries()
        return entry.section.name, entry.category.name, entry.category.description

    assert shown("es-AR") == ("Money", "Boletas", "Lo que debe")
    assert shown("es-BO") == ("Money", "Facturas", "Lo que debe")
    assert shown("fr") == ("Money", "Invoices", "What you owe")
    assert shown(None) == ("Bills", "Invoices", "What you owe")


@pytest.mark.parametrize(
    ("text", "tags", "fits"),
    [
        (None, [], True),
        ("", ["a"], True),
        ("a", ["a", "b"], True),
        ("a", ["b"], False),
        ('{"exists": true}', [], False),
        ('{"exists": false}', [], True),
        ('{"not": "a"}', ["a"], False),
        ('{"not": "a"}', [], True),
        ('{"or": ["a", "b"]}', ["b"], True),
        ('{"and": ["a", "b"]}', ["b"], False),
        ('{"or": [{"and": ["a", "b"]}, {"and": ["c", "d"]}]}', ["c", "d"], True),
        ('{"or": [{"and": ["a", "b"]}, {"and": ["c", "d"]}]}', ["a", "d"], False),
        ('{"exists": true, "not": "a"}', ["b"], True),
        ('{"exists": true, "not": "a"}', ["a"], False),
    ],
)
def test_tags_narrow_what_is_shown(text: str | None, tags: list[str], fits: bool) -> None:
    assert read_tag_filter(text).fits(tags) is fits


@pytest.mark.parametrize(
    "text", ["{", "{}", '{"maybe": "a"}', '{"or": []}', '{"or": "a"}', '{"exists": 1}', '{"and": [7]}', '{"not":' * 200]
)
def test_a_filter_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_tag_filter(text)
    assert refused.value.field.startswith("tags")
