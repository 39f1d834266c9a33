"""Who is in the body of a trigger, and what of it is whose."""

from suprsend_hub.domain.document import Document
from suprsend_hub.domain.request_people import part_of_person, people_in, without_person

NOBODY = {"is_transient": True}
ADA: Document = {"distinct_id": " ada ", "$email": "ada@example.com"}
BOB: Document = {"distinct_id": "bob", "$email": "bob@example.com"}
BODY: Document = {"name": "wf", "users": [BOB, ADA], "data": {"a": 1}}


def test_only_the_part_of_one_person_is_blanked() -> None:
    assert without_person(BODY, "ada") == {**BODY, "users": [BOB, NOBODY]}
    assert without_person(BODY, "carol") is None


def test_everybody_who_is_meant_is_named_once_and_nobody_else() -> None:
    team = {"object_type": "team", "id": "red"}
    body: Document = {"recipients": ["ada", team, BOB, ADA, NOBODY, {"distinct_id": ""}], "actor": "carol"}
    assert people_in(body) == ["ada", "bob"]


def test_data_go_with_the_last_person() -> None:
    left = without_person(BODY, "ada")
    assert left is not None
    assert without_person(left, "bob") == {"name": "wf", "users": [NOBODY, NOBODY], "data": {}}


def test_people_are_found_where_the_second_version_names_them() -> None:
    body: Document = {"workflow": "wf", "recipients": ["ada", BOB], "actor": "ada"}
    body |= {"data": {"a": 1}, "metadata": {"b": 2}}
    left = without_person(body, "ada")
    assert left == {"workflow": "wf", "recipients": [NOBODY, BOB], "data": {"a": 1}, "metadata": {"b": 2}}
    assert without_person(left, "bob") == {"workflow": "wf", "recipients": [NOBODY] * 2, "data": {}, "metadata": {}}


def test_an_export_shows_one_person_alone() -> None:
    assert part_of_person(BODY, "bob") == {**BODY, "users": [BOB]}
    assert part_of_person({"recipients": ["bob"], "actor": ADA}, "bob") == {"recipients": ["bob"]}
    assert part_of_person(BODY, "carol") is None
