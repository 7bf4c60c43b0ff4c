"""``run --output html`` and ``markdown``: whole, harmless, self-contained, and nothing else on standard output."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sync.cli.markdown import escaped
from tests.support.commands import command
from tests.support.workbench import Workbench, people, person, workbench

HOSTILE = "<script>alert(1)</script> | `x` **b** @everyone https://evil.example/?a=1&lt; [y](z) #1"


class Page(HTMLParser):
    """A page as a browser reads it: its tags, its attributes, its text without markup. Every tag is closed."""

    VOID = frozenset({"meta", "br"})
    INLINE = frozenset({"bdi", "b", "code", "del", "span"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert self._open == []
        self.text = re.sub(r"\s+", " ", "".join(self.words))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.words.append("" if tag in self.INLINE else " ")
        self.attributes += attrs
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] != "style":
            self.words.append(data)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    """Twenty contacts, then a source of which everything can be told."""
    with workbench(tmp_path_factory.mktemp("documents")) as made:
        made.write(people(20))
        assert command(made, "run").exit == 0
        rows = [person(0, company=HOSTILE), *people(9, 1)]
        rows += [person(30, first="שלום", last="כהן"), person(31, phone="12"), person(15, id="new15")]
        made.write(rows)
        yield made


@pytest.fixture(scope="module")
def page(bench: Workbench) -> Page:
    said = command(bench, "run", "--dry-run", "--output", "html")
    assert said.exit == 4
    assert said.stdout.startswith("<!doctype html>\n")
    return Page(said.stdout)


@pytest.fixture(scope="module")
def markdown(bench: Workbench) -> str:
    return command(bench, "run", "--dry-run", "--output", "markdown").stdout


def test_the_page_says_what_happens_to_whom(page: Page, bench: Workbench) -> None:
    assert "Plan: 1 to add, 1 to change, 0 to delete; 1 create and 10 deletes held back; 1 row needs you" in page.text
    assert "Nothing was sent: this is what a run would do." in page.text
    assert f"openphone-sync run --max-deletes 10 -c {bench.config}" in page.text
    assert (
        "Ana15 Núñez Acme · +14155550015 · c15 Ana15 Núñez Acme · +14155550015 · new15 · row 14 both have" in page.text
    )
    assert "Ana19 Núñez Acme · +14155550019 · c19" in page.text
    assert "1 rejected phone: is too short for a phone number row 13 Ana31 Núñez c31 “12”" in page.text
    assert f"Ana0 Núñez c0 · row 2 Company Acme → {HOSTILE}" in page.text
    assert "Powered by OpenPhone" in page.text


def test_the_page_stands_alone_and_runs_nothing(page: Page) -> None:
    assert not {"script", "img", "link", "iframe", "form", "object", "a", "base"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name in ("src", "href", "style") or name.startswith("on")]
    assert page.tags.count("style") == 1


def test_the_style_knows_light_and_dark_and_loads_nothing(bench: Workbench) -> None:
    said = command(bench, "run", "--dry-run", "--output", "html").stdout
    style = said[said.index("<style>") : said.index("</style>")]
    assert "prefers-color-scheme: dark" in style
    assert not re.search(r"url\(|@import|expression", style)


def test_markdown_is_a_comment_that_calls_nobody(markdown: str) -> None:
    lines = markdown.splitlines()
    assert lines[0].startswith("**Plan: 1 to add, 1 to change, 0 to delete; 1 create and 10 deletes held back; 1 row")
    assert lines.count("</details>") == markdown.count("<details>") > 3
    assert "<script" not in markdown
    assert "@everyone" not in markdown
    assert "https://" not in markdown
    assert "| 13 | Ana31 Núñez (Acme, ana31@example.com) | `c31` | phone | 12 | is too short" in markdown
    assert "`openphone-sync run --max-deletes 10 -c " in markdown
    assert "\u2068שלום כהן\u2069" in markdown
    for table in re.findall(r"(?:^\|.*\|\n)+", markdown, re.MULTILINE):
        cells = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(cells) == 1, table


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("a|b", "a\\|b"),
        ("<b>&amp;", "&lt;b&gt;&amp;amp;"),
        ("Müller & Söhne", "Müller & Söhne"),
        ("ana_roe@example.com", "ana\\_roe@example.com"),
        ("@team", "@\u2060team"),
        ("a\nb", "a⏎b"),
        ("www.evil.example", "www\u2060.evil.example"),
    ],
)
def test_a_cell_is_no_markup(text: str, safe: str) -> None:
    assert escaped(text) == safe


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_a_mistake_is_a_document_too(bench: Workbench, form: str, tmp_path: Path) -> None:
    def says(text: str, *words: str, code: int) -> None:
        said = command(bench, "run", *words, "--output", form)
        assert said.exit == code
        assert text in (Page(said.stdout).text if form == "html" else said.stdout.replace("\\", ""))

    says("no sync named 'nobody'", "nobody", code=2)
    says("No such option", "--nonsense", code=2)
    there = bench.source.rename(tmp_path / "elsewhere.csv")
    says(f"Failed: customers: {bench.source} does not exist.", code=1)
    there.rename(bench.source)


def test_a_long_page_is_cut_and_says_what_lists_the_rest(bench: Workbench) -> None:
    bench.configure(key_prefix="x-")
    bench.state.rename(bench.folder / "kept.db")
    rows = list(bench.rows)
    bench.write([*people(1100, 1000), *(person(number, phone="1") for number in range(3000, 3500))])
    page = Page(command(bench, "run", "--dry-run", "--output", "html").stdout)
    assert "Plan: 1,100 to add, 0 to change, 0 to delete; 500 rows need you" in page.text
    assert "… and 100 contacts more: --output json" in page.text
    assert "500 rejected phone: is not a phone number" in page.text
    assert "… and 300 more" in page.text
    markdown = command(bench, "run", "--dry-run", "--output", "markdown").stdout
    assert len(markdown) < 65_536
    assert "… and 1,000 more: `--output json`" in markdown
    bench.write(rows)
    (bench.folder / "kept.db").rename(bench.state)
    bench.configure(key_prefix="")
