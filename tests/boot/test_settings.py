"""Settings: what is fixed with the data, what may change, and what stops a start."""

import re
import stat

import pytest

from app import config
from app.cli import installation
from app.core.errors import NotConfigured

ORIGIN = "http://localhost:8000"


@pytest.fixture
def demo(tmp_path):
    return config.create(tmp_path / "data", ORIGIN, demo=True, environ={})


def test_a_new_data_directory_is_the_owners_alone(demo):
    assert stat.S_IMODE(demo.data_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE((demo.data_dir / "settings.json").stat().st_mode) == 0o600


def test_what_was_fixed_is_read_back(demo):
    config.finish(demo)
    again = config.load(demo.data_dir, {})
    assert again == demo
    assert (again.origin, again.demo, again.production, again.secure) == (ORIGIN, True, False, False)


def test_nothing_in_the_environment_turns_a_demo_into_production(demo):
    names = {"PASSPORT_PRODUCTION": "1", "PASSPORT_DEMO": "0"}
    assert config.load(demo.data_dir, names).demo


def test_the_origin_cannot_be_changed_afterwards(demo):
    assert config.load(demo.data_dir, {"PASSPORT_ORIGIN": ORIGIN + "/"}).origin == ORIGIN
    with pytest.raises(NotConfigured, match="labels carry"):
        config.load(demo.data_dir, {"PASSPORT_ORIGIN": "https://passports.example"})


def test_data_that_others_can_read_is_refused(demo):
    demo.data_dir.chmod(0o750)
    with pytest.raises(NotConfigured, match="chmod 700"):
        config.load(demo.data_dir, {})


def test_a_missing_or_torn_settings_file_is_one_sentence(tmp_path, demo):
    with pytest.raises(NotConfigured, match="passport init"):
        config.load(tmp_path / "elsewhere", {})
    for text in ("{", "[]", '{"format": 1}', '{"format": 2, "origin": "x", "demo": true}'):
        (demo.data_dir / "settings.json").write_text(text)
        with pytest.raises(NotConfigured):
            config.load(demo.data_dir, {})


def test_production_takes_no_invented_operator_and_no_plain_http(tmp_path):
    with pytest.raises(NotConfigured, match="https"):
        config.create(tmp_path / "a", "http://passports.example", demo=False, environ={})
    with pytest.raises(NotConfigured, match="PASSPORT_OPERATOR_NAME"):
        config.create(tmp_path / "b", "https://passports.example", demo=False, environ={})
    named = {"PASSPORT_OPERATOR_NAME": "Akku AG"}
    settings = config.create(tmp_path / "c", "https://passports.example", demo=False, environ=named)
    assert settings.production
    assert settings.operator_name == "Akku AG"


def test_a_password_in_the_database_address_is_never_shown(demo):
    settings = config.load(demo.data_dir, {"PASSPORT_DATABASE_URL": "postgresql://u:geheim@db/passport"})
    assert "geheim" not in repr(settings)
    with pytest.raises(NotConfigured) as refused:
        config.load(demo.data_dir, {"PASSPORT_DATABASE_URL": "mysql://u:geheim@db/passport"})
    assert "geheim" not in str(refused.value)


def test_a_claimed_address_is_believed_only_from_as_many_proxies_as_there_are(demo):
    assert config.load(demo.data_dir, {}).proxies == 0
    assert config.load(demo.data_dir, {"PASSPORT_PROXIES": "1"}).proxies == 1
    with pytest.raises(NotConfigured, match="PASSPORT_PROXIES"):
        config.load(demo.data_dir, {"PASSPORT_PROXIES": "nginx"})


def test_every_setting_is_explained_where_an_operator_looks():
    root = config.ROOT
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in [
            *(root / "app").rglob("*.py"),
            *(root / "deploy").glob("*.py"),
            root / "run",
            root / "test",
        ]
    )
    explained = (root / "deploy" / "env.example").read_text(encoding="utf-8")
    read = set(re.findall(r"\bPASSPORT_[A-Z_]+", code))
    assert read == set(re.findall(r"\bPASSPORT_[A-Z_]+", explained))


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("https://Passports.Example/", "https://passports.example"),
        ("https://passports.example:443", "https://passports.example"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_an_origin_has_one_form(text, normal):
    assert config.normal_origin(text) == normal


@pytest.mark.parametrize(
    "text",
    [
        "passports.example",
        "ftp://passports.example",
        "https://passports.example/app",
        "https://user:word@passports.example",
        "https://passports.example?x",
        "https://",
        "https://a:99999",
        "https://a b",
    ],
)
def test_anything_but_an_origin_is_refused(text):
    with pytest.raises(NotConfigured, match="https://host"):
        config.normal_origin(text)


def test_the_option_beats_the_setting_and_the_setting_the_default(tmp_path):
    assert config.data_dir(None, {}) == config.DEFAULT_DATA
    assert config.data_dir(None, {"PASSPORT_DATA": str(tmp_path)}) == tmp_path
    assert config.data_dir(str(tmp_path / "x"), {"PASSPORT_DATA": "/elsewhere"}) == tmp_path / "x"


def test_one_server_at_a_time_works_on_a_data_directory(demo):
    handle = installation.claim(demo.data_dir)
    with pytest.raises(NotConfigured, match="Another server"):
        installation.claim(demo.data_dir)
    import os

    os.close(handle)
    os.close(installation.claim(demo.data_dir))


def test_only_a_demo_of_our_own_can_be_thrown_away(tmp_path, demo):
    named = {"PASSPORT_OPERATOR_NAME": "Akku AG"}
    real = config.create(tmp_path / "real", "https://passports.example", demo=False, environ=named)
    config.finish(real)
    with pytest.raises(NotConfigured, match="not a demo"):
        installation.clear_demo(real.data_dir, named)
    assert config.load(real.data_dir, named) == real
    (demo.data_dir / "keys").mkdir()
    (demo.data_dir / "dev-ca").mkdir()
    installation.clear_demo(demo.data_dir, {})
    assert [path.name for path in demo.data_dir.iterdir()] == ["dev-ca"]


def test_an_interrupted_reset_is_taken_up_by_the_next_start(demo, monkeypatch):
    config.finish(demo)
    (demo.data_dir / "keys").mkdir()

    def interrupted(path):
        raise KeyboardInterrupt

    with monkeypatch.context() as during:
        during.setattr(installation.shutil, "rmtree", interrupted)
        with pytest.raises(KeyboardInterrupt):
            installation.clear_demo(demo.data_dir, {})
    assert (demo.data_dir / ".unfinished").exists()
    installation.clear_unfinished(demo.data_dir)
    assert not any(demo.data_dir.iterdir())
