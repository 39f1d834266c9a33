"""Tabs, expiries, and changes as they are told."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from suprsend_hub.domain.expiry import check_expiry, read_expiry
from suprsend_hub.domain.fault import Invalid
from suprsend_hub.domain.inbox import EVERYTHING, Inbox, Store, read_store, read_stores
from suprsend_hub.domain.inbox_change import MOST_BYTES, Change, changes_of, read_changes, write_changes

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_no_question_is_for_everything_that_is_not_archived() -> None:
    assert (read_store(""), read_stores("")) == (EVERYTHING, [])
    assert (EVERYTHING.is_read, EVERYTHING.is_archived) == (None, False)


def test_words_may_stand_in_a_list_of_their_own() -> None:
    text = '{"store_id": "a", "query": {"tags": ["x"], "categories": {"or": ["c"]}, "archived": null, "read": true}}'
    assert read_store(text) == Store("a", is_read=True, tags=("x",), categories=("c",))


@pytest.mark.parametrize(
    ("expiry", "wanted"),
    [
        ({"format": "relative", "value": "7d"}, NOW + timedelta(days=7)),
        ({"format": "relative", "value": "24h30m"}, NOW + timedelta(hours=24, minutes=30)),
        ({"format": "absolute", "value": "2026-12-31T23:59:59Z"}, datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ({"format": "absolute", "value": "2026-12-31T23:59:59+02:00"}, datetime(2026, 12, 31, 21, 59, 59, tzinfo=UTC)),
        ({"format": "absolute", "value": "2026-12-31"}, datetime(2026, 12, 31, tzinfo=UTC)),
        ({"format": "relative", "value": " "}, None),
        (None, None),
    ],
)
def test_an_expiry_is_a_duration_or_a_time(expiry: Any, wanted: datetime | None) -> None:
    content = {"is_expiry_enabled": True, "expiry": expiry}
    assert read_expiry(content, NOW) == wanted
    assert read_expiry(content | {"is_expiry_enabled": False}, NOW) is None
    check_expiry(content)


@pytest.mark.parametrize("value", ["soon", "-1d", "2026-12-31T23:59:59Z"])
def test_an_expiry_that_is_none_is_refused_unless_it_is_filled_in_later(value: str) -> None:
    content = {"is_expiry_enabled": True, "expiry": {"format": "relative", "value": value}}
    with pytest.raises(Invalid, match=r"expiry\.value"):
        check_expiry(content)
    check_expiry({"is_expiry_enabled": True, "expiry": {"format": "relative", "value": "{{" + value + "}}"}})


IDS = st.lists(st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=26, max_size=26), max_size=120)


@given(st.lists(st.tuples(st.text(max_size=255), IDS)))
def test_changes_arrive_as_they_were_told_in_texts_that_the_database_takes(told: list[Any]) -> None:
    changes = [
        each
        for person, ids in told
        for each in changes_of(Inbox(2**62, person.encode("utf-8", "ignore").decode(), "t" * 64), "interacted", ids)
    ]
    texts = list(write_changes(changes))
    assert all(len(text.encode()) < 8000 for text in texts)
    assert [each for text in texts for each in read_changes(text)] == changes


def test_many_changes_share_a_text() -> None:
    changes = [Change(1, f"user-{n}", "default", "new", ("01K" * 8,)) for n in range(500)]
    texts = list(write_changes(changes))
    assert len(texts) < 10
    assert max(map(len, texts)) > MOST_BYTES * 0.9


@pytest.mark.parametrize("text", ["", "[1]", '[[1, "a"]]', '[[1, "a", "b", "burned", []]]'])
def test_what_is_not_ours_is_no_change(text: str) -> None:
    with pytest.raises(ValueError, match="not a list of changes"):
        read_changes(text)
