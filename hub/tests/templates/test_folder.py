"""Templates as files: what is written is read again, and a fault names its file."""

import json
from pathlib import Path
from typing import Any

import pytest
import suprsend_hub
from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.template import Variant
from suprsend_hub.domain.template_source import TemplateSource
from suprsend_hub.template_folder import FolderFault, find_templates, read_template, write_template

EXAMPLES = Path(suprsend_hub.__file__).with_name("example_templates")
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00{\\\r"), min_size=1, max_size=30)
EMAIL = st.builds(
    lambda subject, html, text: {"subject": subject, "body": {"type": "raw", "raw": {"html": html, "text": text}}},
    TEXT,
    TEXT.filter(lambda text: not text.startswith("@")),
    TEXT.filter(lambda text: not text.startswith("@")),
)
INBOX = st.builds(lambda body: {"body": body}, TEXT)
VARIANTS = st.lists(
    st.tuples(st.sampled_from(["email", "inbox"]), st.from_regex(r"[a-z][a-z0-9-]{1,8}", fullmatch=True)),
    min_size=1,
    max_size=4,
    unique=True,
)


def change(file: Path, **changes: Any) -> None:
    """Change a JSON file."""
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the example."""
    write_template(tmp_path, read_template(EXAMPLES / "purchase-made"))
    return tmp_path / "purchase-made"


def test_the_example_is_found_and_comes_back(folder: Path) -> None:
    source = read_template(EXAMPLES / "purchase-made")
    assert find_templates(EXAMPLES) == [EXAMPLES / "purchase-made"]
    again = read_template(folder)
    assert {(each.channel, each.id): each.content for each in again.variants} == {
        (each.channel, each.id): each.content for each in source.variants
    }
    assert (again.name, again.mock_data, again.warnings) == (source.name, source.mock_data, ())
    assert (folder / "email" / "default" / "body.raw.html").read_text().startswith("<!doctype html>")


@given(VARIANTS, st.data(), TEXT)
def test_whatever_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, keys: list[tuple[Any, str]], data: st.DataObject, name: str
) -> None:
    variants = tuple(
        Variant(channel, key, None, "en", data.draw(EMAIL if channel == "email" else INBOX)) for channel, key in keys
    )
    channels = tuple(dict.fromkeys(each.channel for each in variants))
    source = TemplateSource("welcome", name[:100], "", (), channels, variants, {"a": 1}, ())
    folder = tmp_path_factory.mktemp("templates")
    write_template(folder, source)
    again = read_template(folder / "welcome")
    assert sorted(again.variants, key=repr) == sorted(variants, key=repr)
    assert (again.name, again.mock_data) == (source.name, {"a": 1})


@pytest.mark.parametrize(
    ("file", "changes", "words"),
    [
        ("template.json", {"slug": "other"}, ["slug", "other", "purchase-made"]),
        ("template.json", {"enabled_channels": ["inbox"]}, ["enabled_channels", "androidpush"]),
        ("template.json", {"variant_order": {"email": ["gone"]}}, ["variant_order.email", "gone"]),
        ("template.json", {"name": ""}, ["name"]),
        ("email/default/variant.json", {"content": {"subject": "x", "body": {"type": "odd"}}}, ["body.type"]),
        ("email/default/variant.json", {"conditions": [{}]}, ["conditions", "not supported"]),
        ("inbox/default/variant.json", {"content": {"body": "{{#if x}}"}}, ["content.body"]),
        ("inbox/default/variant.json", {"content": {}}, ["body"]),
    ],
)
def test_a_fault_names_its_file_and_field(folder: Path, file: str, changes: dict[str, Any], words: list[str]) -> None:
    change(folder / file, **changes)
    with pytest.raises(FolderFault) as fault:
        read_template(folder)
    for word in (file, *words):
        assert word in str(fault.value)


@pytest.mark.parametrize("file", ["template.json", "email/default/variant.json", "email/default/body.raw.html"])
def test_unreadable_and_missing_files_are_named(folder: Path, file: str) -> None:
    (folder / file).write_bytes(b"\xff{")
    with pytest.raises(FolderFault, match=file.rpartition("/")[2]):
        read_template(folder)
    (folder / file).unlink()
    with pytest.raises(FolderFault, match=file.rpartition("/")[2]):
        read_template(folder)


def test_folders_that_are_none_are_named(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(FolderFault, match="no such folder"):
        find_templates(tmp_path / "gone")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FolderFault, match="holds no template"):
        find_templates(tmp_path / "empty")
    (folder / "pigeon").mkdir()
    with pytest.raises(FolderFault, match="pigeon"):
        read_template(folder)


@pytest.mark.parametrize("slug", ["..", "../x", "a/b", "", "A B"])
def test_names_from_elsewhere_do_not_lead_out_of_the_folder(tmp_path: Path, slug: str) -> None:
    with pytest.raises(Invalid):
        write_template(tmp_path / "inner", TemplateSource(slug, "x", "", (), (), (), None, ()))
    variant = Variant("inbox", f"{slug}/x", None, "en", {"body": "x"})
    with pytest.raises(Invalid):
        write_template(tmp_path / "inner", TemplateSource("fine", "x", "", (), ("inbox",), (variant,), None, ()))
    assert not (tmp_path / "inner").exists()
