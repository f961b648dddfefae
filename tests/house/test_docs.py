"""What the documents say exists: files, anchors, functions, verbs, settings, problem types."""

import argparse
import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import app
from app.cli import main
from app.core.errors import PassportError
from app.web import explanations, problems

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
SETTING = re.compile(r"\bPASSPORT_[A-Z_]+\b")
READERS_OF_SETTINGS = ("run", "test", "app/**/*.py", "deploy/*.py")
FOLDERS = ("", "docs/**/", "deploy/", "tests/**/", "benchmarks/**/", "app/**/")
ALL_DOCUMENTS = sorted(path for folder in FOLDERS for path in ROOT.glob(f"{folder}*.md"))
CODE_FOLDERS = "app|deploy|docs|migrations|requirements|static|templates|tests"


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def prose_of(path: Path) -> str:
    """The text without its code blocks."""
    return re.sub(r"^```.*?^```", "", text_of(path), flags=re.DOTALL | re.MULTILINE)


def everything_said() -> str:
    return "\n".join(text_of(path) for path in ALL_DOCUMENTS)


def anchor(heading: str) -> str:
    """The address that a heading has on the usual hosts."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def leads_somewhere(path: Path, target: str) -> bool:
    file, _, heading = target.partition("#")
    found = (path.parent / file).resolve() if file else path
    if not found.exists():
        return False
    headings = {anchor(line) for line in re.findall(r"^#+ (.*)$", text_of(found), re.MULTILINE)}
    return not heading or heading in headings


@pytest.mark.parametrize("path", ALL_DOCUMENTS, ids=name_of)
def test_links_lead_to_files_and_headings_that_are_there(path: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", prose_of(path))
    inside = [target for target in targets if not re.match(r"[a-z]+:", target)]
    assert [target for target in inside if not leads_somewhere(path, target)] == []


@pytest.mark.parametrize("path", ALL_DOCUMENTS, ids=name_of)
def test_paths_in_backticks_are_there(path: Path) -> None:
    named = re.findall(rf"`((?:{CODE_FOLDERS})/[^`\s]*)`", text_of(path))
    assert [each for each in named if not any(ROOT.glob(each.rstrip("/"))) and "…" not in each] == []


@pytest.mark.parametrize("path", ALL_DOCUMENTS, ids=name_of)
def test_a_name_that_is_said_to_stand_in_a_file_stands_there(path: Path) -> None:
    missing = [
        f"{file}: {name}"
        for file, name in re.findall(r"`([\w./]+\.py)`, `([\w.]+)`", text_of(path))
        if (ROOT / file).exists() and not _defines(text_of(ROOT / file), name)
    ]
    assert not missing


def _defines(source: str, name: str) -> bool:
    return all(
        re.search(rf"^\s*(?:(?:def|class) {part}\b|{part}\b[^=\n]*=)", source, re.MULTILINE)
        for part in name.split(".")
    )


def verbs(parser: argparse.ArgumentParser, before: str = "passport") -> Iterator[str]:
    """`passport list`, `passport accounts add` ..."""
    groups = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not groups:
        yield before
    for group in groups:
        for name, inner in group.choices.items():
            yield from verbs(inner, f"{before} {name}")


@pytest.mark.parametrize("verb", list(verbs(main.parser())))
def test_every_verb_of_the_command_line_is_explained_to_operators(verb: str) -> None:
    assert f"`{verb}" in text_of(ROOT / "docs" / "operating.md")


def test_every_verb_that_the_documents_name_is_one() -> None:
    words = {verb.split()[1] for verb in verbs(main.parser())}
    said = set(re.findall(r"`(?:\.venv/bin/)?passport ([a-z]+)", everything_said()))
    assert said <= words


def settings() -> set[str]:
    return {
        name
        for pattern in READERS_OF_SETTINGS
        for path in ROOT.glob(pattern)
        for name in SETTING.findall(text_of(path))
    }


@pytest.mark.parametrize("name", sorted(settings()))
def test_every_setting_stands_in_the_example_and_in_the_documents(name: str) -> None:
    assert name in text_of(ROOT / "deploy" / "env.example")
    assert f"`{name}`" in text_of(ROOT / "docs" / "operating.md")


def test_every_setting_that_the_documents_name_is_read_somewhere() -> None:
    said = set(SETTING.findall(everything_said() + text_of(ROOT / "deploy" / "env.example")))
    assert said <= settings()


def codes() -> set[str]:
    """Codes of all errors of the product, and of the refusals of the server itself."""
    for module in pkgutil.walk_packages(app.__path__, "app."):
        if module.name.startswith(("app.core", "app.services", "app.store", "app.keys")):
            importlib.import_module(module.name)
    found, waiting = set(problems.HTTP_CODES.values()), [PassportError]
    while waiting:
        waiting += waiting[0].__subclasses__()
        found.add(waiting.pop(0).code)
    return found - {PassportError.code}  # the root is never raised


@pytest.mark.parametrize("code", sorted(codes()))
def test_every_problem_type_has_a_page_that_says_what_to_do_and_stands_in_the_api_guide(code: str) -> None:
    explained = explanations.PROBLEMS[code]
    assert all(line.endswith(".") for line in (explained.happened, explained.next))
    assert re.search(rf"`(?:/problems/)?{code}`", text_of(ROOT / "docs" / "api.md"))


def test_no_page_explains_a_problem_type_that_does_not_exist() -> None:
    assert set(explanations.PROBLEMS) <= codes()


@pytest.mark.parametrize("path", DECISIONS, ids=name_of)
def test_a_decision_says_what_was_asked_chosen_and_paid_and_stands_in_the_list(path: Path) -> None:
    text = text_of(path)
    places = [text.find(f"**{part}") for part in ("Status", "Question", "Options", "Choice and why", "Cost")]
    assert -1 not in places
    assert places == sorted(places)
    assert f"({path.name})" in text_of(path.parent / "README.md")
    assert text.startswith(f"# {path.name[:4]} ")
