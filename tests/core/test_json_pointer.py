"""Places in a JSON document (RFC 6901)."""

import pytest

from app.core.json_pointer import nearest, pointer_to


def test_marks_of_the_pointer_itself_are_written_out():
    assert pointer_to(["a/b", "m~n", 0, ""]) == "/a~1b/m~0n/0/"
    assert pointer_to([]) == ""


@pytest.mark.parametrize(("pointer", "found"), [
    ("/values/mass/value", "mass"), ("/values/mass", "mass"), ("/values/masses", "values"),
    ("/details", None), ("", None), ("/values/twice", "first"),
])  # fmt: skip
def test_the_closest_place_above_is_found_and_no_neighbour_of_a_like_name(pointer: str, found: str | None):
    places = [
        ("", "all"), ("/values", "values"), ("/values/mass", "mass"), ("/values/twice", "first"),
        ("/values/twice", "second"),
    ]  # fmt: skip
    assert nearest(pointer, places) == found
