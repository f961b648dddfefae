"""Who signs in, who sends, and how often one may try."""

import pytest

from app.core.errors import Conflict, MalformedInput, RateLimited, Unauthenticated
from app.services import accounts, plants, throttling
from app.services.context import Context
from tests.installation import TOKEN, Clock, password, rows

ADDRESS = "192.0.2.77"


def change(ctx: Context, name: str, **values: object) -> None:
    with ctx.unit_of_work() as work:
        work.accounts.change(name, **values)
        work.commit()


def test_a_session_stands_for_the_account_with_its_role(ctx: Context):
    token = accounts.sign_in(ctx, "recycler-1", password("recycler"), ADDRESS)
    session = accounts.session(ctx, token)
    assert session is not None
    assert (session.reader.role, session.reader.name) == ("recycler", "recycler-1")
    assert session.reader.economic_operator_id == ctx.issuer.did


def test_names_are_taken_in_any_case_and_with_blanks_around(ctx: Context):
    assert accounts.sign_in(ctx, "  Recycler-1 ", password("recycler"), ADDRESS)


def test_passwords_and_tokens_are_not_in_the_database(ctx: Context):
    token = accounts.sign_in(ctx, "maker-1", password("maker"), ADDRESS)
    stored = str([rows(ctx.engine, table) for table in ("accounts", "sessions", "plants", "attempts")])
    for secret in (password("maker"), token, TOKEN, ADDRESS):
        assert secret not in stored
    hashes = [str(row["password_hash"]) for row in rows(ctx.engine, "accounts")]
    assert all(one.startswith("scrypt$") for one in hashes)
    assert len({one.split("$")[1] for one in hashes}) == len(hashes)  # a salt for each


def test_the_answer_is_the_same_for_unknown_names_and_wrong_passwords(ctx: Context):
    answers = []
    for name, word in (
        ("maker-1", "wrong-password"),
        ("nobody", "wrong-password"),
        ("nobody", password("maker")),
        ("", ""),
        ("x" * 65, "wrong-password"),
        ("a\nb", "wrong-password"),
        ("maker-1\0", password("maker")),
    ):
        with pytest.raises(Unauthenticated) as caught:
            accounts.sign_in(ctx, name, word, ADDRESS)
        answers.append((caught.value.code, str(caught.value)))
    assert len(set(answers)) == 1


def test_unknown_names_cost_as_much_work_as_known_ones(ctx: Context, monkeypatch: pytest.MonkeyPatch):
    counted = []
    real = accounts._hash
    monkeypatch.setattr(accounts, "_hash", lambda *given: counted.append(1) or real(*given))  # type: ignore[func-returns-value]
    for name in ("maker-1", "nobody"):
        with pytest.raises(Unauthenticated):
            accounts.sign_in(ctx, name, "wrong-password", ADDRESS)
    assert len(counted) == 2


def test_too_many_tries_are_stopped_even_with_the_right_password(ctx: Context, clock: Clock):
    for _ in range(10):
        with pytest.raises(Unauthenticated):
            accounts.sign_in(ctx, "maker-1", "wrong-password", ADDRESS)
    with pytest.raises(RateLimited) as caught:
        accounts.sign_in(ctx, "maker-1", password("maker"), "198.51.100.1")
    assert 1 <= caught.value.retry_after_s <= 60
    with pytest.raises(RateLimited):
        accounts.sign_in(ctx, "admin-1", password("admin"), ADDRESS)  # the address is counted as well
    assert accounts.sign_in(ctx, "admin-1", password("admin"), "198.51.100.2")
    clock.forward(seconds=caught.value.retry_after_s)
    assert accounts.sign_in(ctx, "maker-1", password("maker"), ADDRESS)


def test_old_windows_of_tries_are_forgotten(ctx: Context, clock: Clock):
    limit = throttling.Limit("test", 5, throttling.MINUTE)
    throttling.count(ctx, limit, "somebody")
    clock.forward(days=3)
    throttling.count(ctx, limit, "somebody")
    buckets = [row["window_start"] for row in rows(ctx.engine, "attempts")]
    assert len(buckets) == 1


def test_a_disabled_account_is_out_at_its_next_request(ctx: Context):
    token = accounts.sign_in(ctx, "service-1", password("service"), ADDRESS)
    change(ctx, "service-1", disabled_at="2026-11-24T12:00:00.000000Z")
    assert accounts.session(ctx, token) is None
    with pytest.raises(Unauthenticated):
        accounts.sign_in(ctx, "service-1", password("service"), ADDRESS)


def test_another_password_ends_what_the_one_before_opened(ctx: Context):
    token = accounts.sign_in(ctx, "service-1", password("service"), ADDRESS)
    others = accounts.sign_in(ctx, "maker-1", password("maker"), ADDRESS)
    accounts.change_password(ctx, " Service-1", "quite-another-one")
    assert accounts.session(ctx, token) is None
    assert accounts.session(ctx, others) is not None
    with pytest.raises(Unauthenticated):
        accounts.sign_in(ctx, "service-1", password("service"), ADDRESS)
    assert accounts.sign_in(ctx, "service-1", "quite-another-one", ADDRESS)


def test_a_short_password_changes_nothing(ctx: Context):
    with pytest.raises(MalformedInput, match="at least 10 characters"):
        accounts.change_password(ctx, "service-1", "short")
    assert accounts.sign_in(ctx, "service-1", password("service"), ADDRESS)


def test_a_password_that_changes_while_it_is_judged_opens_nothing(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
):
    judged = accounts._matches

    def meanwhile(given: str, kept: str) -> bool:
        matches = judged(given, kept)
        accounts.change_password(ctx, "service-1", "quite-another-one")
        return matches

    monkeypatch.setattr(accounts, "_matches", meanwhile)
    with pytest.raises(Unauthenticated):
        accounts.sign_in(ctx, "service-1", password("service"), ADDRESS)


def test_a_changed_role_counts_at_the_next_request(ctx: Context):
    token = accounts.sign_in(ctx, "service-1", password("service"), ADDRESS)
    change(ctx, "service-1", role="recycler")
    session = accounts.session(ctx, token)
    assert session is not None
    assert session.reader.role == "recycler"
    assert "warranty" not in session.reader.sections


def test_a_role_that_is_no_longer_known_reads_nothing(ctx: Context):
    token = accounts.sign_in(ctx, "service-1", password("service"), ADDRESS)
    change(ctx, "service-1", role="former-role")
    session = accounts.session(ctx, token)
    assert session is not None
    assert session.reader.sections == frozenset()


def test_signing_out_ends_the_session_everywhere(ctx: Context):
    token = accounts.sign_in(ctx, "maker-1", password("maker"), ADDRESS)
    accounts.sign_out(ctx, token)
    assert accounts.session(ctx, token) is None


def test_a_session_ends_after_twelve_hours_and_is_forgotten(ctx: Context, clock: Clock):
    token = accounts.sign_in(ctx, "maker-1", password("maker"), ADDRESS)
    clock.forward(hours=11, minutes=59)
    assert accounts.session(ctx, token) is not None
    clock.forward(minutes=1)
    assert accounts.session(ctx, token) is None
    accounts.sign_in(ctx, "maker-1", password("maker"), ADDRESS)
    assert len(rows(ctx.engine, "sessions")) == 1


@pytest.mark.parametrize("token", ["", "x", "x" * 129, "\0", "é" * 20])
def test_a_made_up_token_is_no_session(ctx: Context, token: str):
    assert accounts.session(ctx, token) is None


def test_each_session_has_a_form_token_of_its_own(ctx: Context):
    sessions = [
        accounts.session(ctx, accounts.sign_in(ctx, "maker-1", password("maker"), ADDRESS)) for _ in range(2)
    ]
    assert len({session.csrf_token for session in sessions if session}) == 2


@pytest.mark.parametrize(
    ("name", "word", "role", "error"),
    [
        ("new", "too-short", "maker", MalformedInput),
        ("new", "long-enough-word", "public", MalformedInput),
        ("new", "long-enough-word", "king", MalformedInput),
        ("maker-1", "long-enough-word", "maker", Conflict),
        ("MAKER-1", "long-enough-word", "maker", Conflict),
    ],
)
def test_an_unfit_account_is_refused(ctx: Context, name: str, word: str, role: str, error: type[Exception]):
    before = rows(ctx.engine, "accounts")
    with pytest.raises(error):
        accounts.add(ctx, name, word, role)
    assert rows(ctx.engine, "accounts") == before


# --- plants


def test_a_plants_token_is_long_and_random_and_kept_as_a_hash(ctx: Context):
    tokens = {plants.add(ctx, f"line-{number}", "A line") for number in range(3)}
    assert len(tokens) == 3
    assert all(len(token) >= 43 for token in tokens)  # 256 bits in base64url
    assert not tokens & set(str(rows(ctx.engine, "plants")).split("'"))
    assert {plants.of_token(ctx, token).id for token in tokens} == {"line-0", "line-1", "line-2"}


@pytest.mark.parametrize("token", ["", "short", "x" * 257, TOKEN + "x", TOKEN.upper(), f" {TOKEN}"])
def test_an_unknown_token_is_refused_in_the_same_words(ctx: Context, token: str):
    with pytest.raises(Unauthenticated) as caught:
        plants.of_token(ctx, token)
    assert str(caught.value).startswith("This bearer token is not known here, or is over.")


@pytest.mark.parametrize("plant_id", ["", "Hall", "a b", "../x", "x" * 64, "-a"])
def test_a_plants_id_is_checked(ctx: Context, plant_id: str):
    with pytest.raises(MalformedInput):
        plants.add(ctx, plant_id, "A hall")


def test_a_plant_is_made_once(ctx: Context):
    with pytest.raises(Conflict):
        plants.add(ctx, "hall-1", "Another")
