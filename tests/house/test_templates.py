"""Rules that every page keeps: nothing inline or from elsewhere, one heading, icons that exist."""

import gzip
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TEMPLATES = sorted((ROOT / "templates").glob("*.html"))
PAGES = [path for path in TEMPLATES if "{% extends" in path.read_text(encoding="utf-8")]
SPRITE = (ROOT / "templates" / "icons.svg").read_text(encoding="utf-8")
SHEET = (ROOT / "static" / "css" / "app.css").read_bytes()


def name(path: Path) -> str:
    return path.name


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_has_no_inline_style_or_script(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"\sstyle\s*=|<style|\son[a-z]+\s*=|javascript:", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_never_switches_escaping_off(path):
    assert not re.search(r"\|\s*safe\b|autoescape|Markup", path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_template_loads_nothing_from_another_host(path):
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_a_page_has_one_first_heading_and_a_title(path):
    text = path.read_text(encoding="utf-8")
    assert len(re.findall(r"<h1\b", text)) == 1
    assert "{% block title %}" in text


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_a_form_that_changes_something_carries_its_token(path):
    text = path.read_text(encoding="utf-8")
    for form in re.findall(r'<form[^>]*method="post".*?</form>', text, re.DOTALL):
        assert 'name="csrf_token"' in form or 'action="/verify"' in form


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_every_icon_that_is_named_is_drawn(path):
    text = path.read_text(encoding="utf-8")
    for icon in re.findall(r'href="#((?:icon|sign)-[a-z-]+)"', text):
        assert f'id="{icon}"' in SPRITE + text


def test_the_sheet_stays_below_twelve_kilobytes():
    assert len(gzip.compress(SHEET, 9)) < 12_000


def test_the_sheet_loads_nothing_and_every_value_it_names_is_set():
    text = SHEET.decode()
    assert "@import" not in text
    assert "url(" not in text
    named = set(re.findall(r"var\((--[a-z0-9-]+)", text))
    assert named <= set(re.findall(r"(--[a-z0-9-]+)\s*:", text))
