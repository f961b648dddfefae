"""Documents of other formats, of our own making: each value lands in its place, or is told why not."""

import json

import pytest

from app.core import intake
from app.core.imports import formats
from app.core.imports.catalogue_rows import table_of
from app.core.imports.formats import TITLES
from app.core.imports.leaves import walk
from app.core.imports.reading import read
from app.core.imports.tables import rows_in
from app.core.json_pointer import pointer_to
from tests.core.imports.documents import GTIN, NAMES, bytes_of, expected, imported, told


@pytest.mark.parametrize("name", NAMES)
def test_a_document_becomes_just_what_was_agreed_and_each_value_is_accounted_for(name: str):
    document = imported(name)
    assert json.loads(json.dumps(told(document))) == json.loads(expected(name).read_text(encoding="utf-8"))
    for record in document.records:
        assert intake.parse(json.loads(json.dumps(record.document), parse_float=str)).gtin == GTIN
    whole = [pointer_to(steps) for steps, _ in walk(read(bytes_of(name))[0])]
    accounted = [outcome.leaf.pointer for outcome in document.outcomes]
    assert len(set(accounted)) == len(accounted)
    assert set(accounted) <= set(whole)
    assert sum(document.counts().values()) == len(whole)


def test_every_row_of_a_table_is_met_by_a_document():
    outcomes = [outcome for name in NAMES for outcome in imported(name).outcomes]
    met = {id(one.row) for outcome in outcomes for one in (outcome, *outcome.also)}
    for name in TITLES:
        own = [row for row in table_of(name).rows if name != formats.EN_18223 or row in rows_in("en-18223")]
        assert [f"{row.source} -> {row.to}" for row in own if id(row) not in met] == []
