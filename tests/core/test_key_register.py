"""Which key signs, and what a new one is called."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec

from app.core.key_register import KeyRecord, current, next_name
from app.core.keys import PublicKey

START = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
PUBLIC = PublicKey.from_cryptography(ec.generate_private_key(ec.SECP256R1()).public_key())
OLD = KeyRecord("seal-2026", "file", "seal-2026.pem", PUBLIC, START, START)
NEW = KeyRecord("seal-2026-2", "file", "seal-2026-2.pem", PUBLIC, START + HOUR)


def test_a_key_signs_from_the_moment_it_is_put_into_use():
    assert current([OLD, NEW], START + 2 * HOUR) == OLD
    used = replace(NEW, valid_from=START + 2 * HOUR)
    assert current([OLD, used], START + HOUR) == OLD
    assert current([OLD, used], START + 2 * HOUR) == used
    assert current([OLD], START - HOUR) is None


def test_within_the_second_of_a_rotation_the_new_key_signs():
    old = replace(OLD, expires=START + timedelta(seconds=1))
    new = replace(NEW, valid_from=START)
    assert current([new, old], START) == current([old, new], START) == new


def test_an_expired_key_does_not_sign():
    old = replace(OLD, expires=START + HOUR)
    assert current([old], START + HOUR - timedelta(microseconds=1)) == old
    assert current([old], START + HOUR) is None


def test_a_revoked_key_never_signs_from_whichever_time_it_is_revoked():
    assert current([replace(OLD, revoked=START + 9 * HOUR)], START) is None


def test_each_key_has_one_of_four_states():
    later = START + 2 * HOUR
    found = [OLD, NEW, replace(OLD, expires=START + HOUR), replace(OLD, revoked=START)]
    assert [each.state(later) for each in found] == ["signs", "prepared", "expired", "revoked"]


def test_names_carry_the_year_and_are_never_given_twice():
    assert next_name([], 2026) == "seal-2026"
    assert next_name([OLD], 2026) == "seal-2026-2"
    assert next_name([OLD, NEW], 2026) == "seal-2026-3"
    assert next_name([OLD, NEW], 2027) == "seal-2027"
    assert next_name([NEW], 2026) == "seal-2026"
