"""The pages are tested: settings and errors are documented, commands shown exist, links lead somewhere."""

import re
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate
from typer.main import get_command

from commands.application import application
from shelfgraph import Settings

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_relative_link_leads_somewhere(page):
    links = re.findall(r"\]\(([^)#\s]+)", page.read_text())
    assert not [link for link in links if "://" not in link and not (page.parent / link).exists()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_shown_exists(page):
    groups = vars(get_command(application))["commands"]
    for words in re.findall(r"shelfgraph ([a-z][a-z-]*(?: [a-z][a-z-]*)?)", page.read_text()):
        group, *rest = words.split()
        assert group in groups, words
        if rest and hasattr(groups[group], "commands"):
            assert rest[0] in groups[group].commands, words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_shown_exists(page):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"`make ([a-z]+)", page.read_text())) <= targets


def test_every_setting_is_documented():
    page = (ROOT / "docs" / "operating.md").read_text()
    names = [field.alias or f"SHELFGRAPH_{name.upper()}" for name, field in Settings.model_fields.items()]
    assert not [name for name in names if f"`{name}`" not in page]


def test_every_error_is_documented():
    import schema.errors

    page = (ROOT / "docs" / "operating.md").read_text()
    errors = [name for name, value in vars(schema.errors).items() if getattr(value, "exit_code", None)]
    assert not [name for name in errors if f"`{name}`" not in page]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_query_shown_is_of_the_contract(page):
    contract = build_schema((ROOT / "api" / "schema.graphql").read_text())
    for query in re.findall(r"```graphql\n(.*?)```", page.read_text(), re.S):
        assert not validate(contract, parse(query))


def test_the_demos_query_is_of_the_contract():
    contract = build_schema((ROOT / "api" / "schema.graphql").read_text())
    assert not validate(contract, parse((ROOT / "commands" / "showcase.graphql").read_text()))
