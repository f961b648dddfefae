import pytest

from app.core import identifiers
from app.core.errors import MalformedIdentifier
from app.core.identifiers import BatteryKey, parse_path, parse_scanned


def test_the_check_digit_is_the_one_gs1_computes() -> None:
    assert identifiers.check_digit("0950600013435") == "2"


@pytest.mark.parametrize(
    "text", ["0950600013435", "09506000134353", "9506000134352", "0950600013435X", "", "０" * 14]
)
def test_a_wrong_gtin_is_refused_with_its_rule(text: str) -> None:
    with pytest.raises(MalformedIdentifier) as refusal:
        identifiers.gtin(text, "/subject/gtin")
    assert refusal.value.rule.startswith("gtin-")
    assert refusal.value.pointer == "/subject/gtin"


@pytest.mark.parametrize("text", ["", " ", "A" * 21, "A#1", "Ä1", "A B", "A\n"])
def test_a_serial_outside_set_82_is_refused(text: str) -> None:
    with pytest.raises(MalformedIdentifier):
        identifiers.serial(text)


def test_a_path_is_percent_decoded_once() -> None:
    assert parse_path("/01/09506000134352/21/A%2F1") == BatteryKey("09506000134352", "A/1")
    assert parse_path("/01/09506000134352/21/A%252F1") == BatteryKey("09506000134352", "A%2F1")


@pytest.mark.parametrize(
    "path",
    [
        "/01/09506000134352/21/X/foo",
        "/01/09506000134352/21/",
        "/01/09506000134352",
        "/01/09506000134352/10/A/21/B",
        "/01/09506000134352/21/%00",
        "/01/09506000134352/21/%zz",
        "/01/09506000134352/21/%ff",
        "//01/09506000134352/21/X",
    ],
)
def test_a_malformed_path_is_refused(path: str) -> None:
    with pytest.raises(MalformedIdentifier):
        parse_path(path)


@pytest.mark.parametrize(
    "text",
    [
        "https://id.example.com/01/09506000134352/21/P0001",
        "HTTPS://ID.EXAMPLE.COM/01/09506000134352/21/P0001",
        "(01)09506000134352(21)P0001",
        "0109506000134352" + "21P0001",
        "]Q1https://id.example.com/01/09506000134352/21/P0001",
        "]d2\x1d010950600013435221P0001",
        " (01)09506000134352(21)P0001\r\n",
    ],
)
def test_every_form_a_scanner_sends_names_the_same_battery(text: str) -> None:
    assert parse_scanned(text) == BatteryKey("09506000134352", "P0001")


@pytest.mark.parametrize(
    "text",
    [
        "Https://x.example/01/09506000134352/21/P",
        "javascript:alert(1)",
        "12345",
        "ftp://x/01/09506000134352/21/P",
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(MalformedIdentifier):
        parse_scanned(text)


def test_serials_that_differ_only_in_case_share_a_key_but_not_a_text() -> None:
    assert BatteryKey("09506000134352", "ab").digest() == BatteryKey("09506000134352", "AB").digest()
    assert BatteryKey("09506000134352", "ab") != BatteryKey("09506000134352", "AB")


def test_writing_and_reading_a_link_gives_the_same_key() -> None:
    key = BatteryKey("09506000134352", "A/1+%x?")
    assert parse_scanned(key.uri("https://id.example.com")) == key


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("(01)09506000134352(21)P0001", "http://localhost:8000/01/09506000134352/21/P0001"),
        ("HTTPS://ID.EXAMPLE.COM/01/09506000134352/21/P1", "https://id.example.com/01/09506000134352/21/P1"),
        ("https://id.example.com/01/09506000134352/21/aB", "https://id.example.com/01/09506000134352/21/aB"),
        ("https://id.example.com/01/09506000134352", "https://id.example.com/01/09506000134352"),
    ],
)
def test_every_form_of_an_identifier_becomes_the_one_in_the_credential(text: str, uri: str) -> None:
    assert identifiers.subject_uri(text, "http://localhost:8000") == uri


@pytest.mark.parametrize("text", ["P0001", "urn:uuid:2d3e59e5-3df7-418e-8d5e-851541308a72", "01/0950/21/P1"])
def test_what_is_no_identifier_of_a_battery_is_refused_and_never_called_a_mismatch(text: str) -> None:
    with pytest.raises(MalformedIdentifier):
        identifiers.subject_uri(text, "http://localhost:8000")
