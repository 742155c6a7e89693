"""The rules of ARCHITECTURE.md that a machine can keep."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
OURS = ("bot", "handlers", "services")
VALUES = {"services.models", "services.errors"}
# What the stages of nlp share: the values the encoder hands on, and the tables of words and places.
NLP_SHARED = {"services.nlp.reading", "services.nlp.words"}
# What of the services the edge may use beside values.
FRONT_DOORS = (
    *("services.annotate", "services.delivery", "services.fetch", "services.links", "services.store"),
    *("services.archive_files", "services.corrections", "services.export", "services.passages", "services.query"),
    *("services.digest", "services.due", "services.indexing", "services.outlets", "services.syndication"),
    *("services.tokens", "services.nlp.gazetteer"),
)
# The stages, and what of the project each may import beside its own package and VALUES.
STAGES = {
    "services.links": set[str](),
    "services.due": set[str](),
    "services.meaning": {"services.tokens", "services.thesaurus", "services.nlp.gazetteer"},
    "services.thesaurus": {"services.tokens"},
    "services.digest": {"services.stories", "services.tokens"},
    "services.fetch": set[str](),
    "services.extract": set[str](),
    "services.feeds": set[str](),
    "services.outlets": set[str](),
    "services.schema": set[str](),
    "services.delivery": set[str](),
    "services.stories": set[str](),
    "services.tokens": {"services.nlp.words"},
    "services.query": set[str](),
    "services.passages": {"services.tokens", "services.query", "services.nlp.sentences"},
    "services.indexing": {"services.tokens"},
    "services.corrections": set[str](),
    "services.export": set[str](),
    "services.archive_files": set[str](),
    "services.store": {
        *("services.schema", "services.tokens", "services.query", "services.indexing", "services.corrections"),
        *("services.export", "services.due", "services.query.parse", "services.meaning"),
    },
    "services.nlp.encoder": NLP_SHARED | {"services.nlp.sentences"},
    "services.nlp.figures": NLP_SHARED
    | {"services.nlp.persons", "services.nlp.roles", "services.nlp.stated_roles", "services.nlp.gazetteer"},
    "services.nlp.persons": NLP_SHARED,
    "services.nlp.stated_roles": NLP_SHARED | {"services.nlp.persons", "services.nlp.roles"},
    "services.nlp.numbers": NLP_SHARED,
    "services.nlp.organizations": NLP_SHARED,
    "services.nlp.places": NLP_SHARED | {"services.nlp.gazetteer"},
    "services.nlp.quotes": NLP_SHARED,
    "services.nlp.summary": NLP_SHARED,
    "services.nlp.tone": NLP_SHARED,
    "services.nlp.hub": NLP_SHARED,
}
# Libraries that are the language of something that more than one place must read, and those places.
SPOKEN_IN = {"numpy": ("bot", "handlers", "services"), "lxml": ("services.extract", "services.feeds")}
STANDARD_LIBRARY_ONLY = ("services.models", "services.errors")


def modules() -> dict[str, Path]:
    paths = (path for package in OURS for path in (ROOT / package).rglob("*.py"))
    return {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def imports(path: Path) -> set[str]:
    """Every module that a file imports, wherever in the file; `from a import b` is `a.b` where that is a module."""
    known = modules()
    found = set[str]()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            whole = (f"{module}.{alias.name}" for alias in node.names)
            found |= {name if name in known else module for name in whole}
    return found


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def test_dependencies_point_one_way() -> None:
    for name, path in modules().items():
        for imported in imports(path):
            if within(name, "services"):
                assert not within(imported, "handlers"), f"{name} imports {imported}"
                assert not within(imported, "telegram"), f"{name} imports {imported}"
            if not within(name, "bot"):
                assert not within(imported, "bot"), f"{name} imports {imported}"


def test_handlers_know_values_and_front_doors_of_the_services() -> None:
    for name, path in modules().items():
        if within(name, "handlers"):
            for imported in (one for one in imports(path) if within(one, "services")):
                door = any(within(imported, door) for door in FRONT_DOORS)
                assert door or imported in VALUES | {"services"}, f"{name} imports {imported}"


def test_cards_know_nothing_of_telegram_the_database_and_feeds() -> None:
    # `warta card` starts in a second because of it.
    libraries = ("telegram", "psycopg", "aiohttp", "feedparser")
    code = f"import sys, bot.commands; print([name for name in {libraries} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False, cwd=ROOT
    )
    assert done.stdout.strip() == "[]", done.stderr[-800:]


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_knows_no_other_stage(stage: str) -> None:
    found = {name: path for name, path in modules().items() if within(name, stage)}
    assert found, f"{stage} is gone: mend this table"
    for name, path in found.items():
        for imported in imports(path):
            ours = any(within(imported, package) for package in OURS)
            allowed = within(imported, stage) or imported in VALUES | STAGES[stage] or imported == "services"
            assert not ours or allowed, f"{name} imports {imported}"


def test_values_and_errors_need_only_the_standard_library() -> None:
    for name in STANDARD_LIBRARY_ONLY:
        for imported in imports(modules()[name]):
            assert imported.partition(".")[0] in sys.stdlib_module_names, f"{name} imports {imported}"


def test_no_import_cycles() -> None:
    graph = {name: {one for one in imports(path) if one in modules()} for name, path in modules().items()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail, name))
        if name not in done:
            for imported in graph[name]:
                visit(imported, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_a_library_has_one_importing_file_or_folder() -> None:
    # numpy is the language of vectors, spoken wherever nlp computes, lxml that of pages and of sitemaps; the whole edge
    # speaks to Telegram.
    users = defaultdict[str, set[str]](set)
    for name, path in modules().items():
        for imported in imports(path):
            library = imported.partition(".")[0]
            if library in SPOKEN_IN:
                assert any(within(name, place) for place in SPOKEN_IN[library]), f"{name} imports {imported}"
            elif library not in sys.stdlib_module_names and library not in OURS:
                users[library].add(name)
    for library, names in users.items():
        folders = {name if modules()[name].name == "__init__.py" else name.rpartition(".")[0] for name in names}
        one_folder = len(folders) == 1 and (not folders & set(OURS) or (library, folders) == ("telegram", {"handlers"}))
        assert len(names) == 1 or one_folder, f"{library} is imported by {sorted(names)}"


def test_no_dependency_owns_the_names_of_our_packages() -> None:
    owners = importlib.metadata.packages_distributions()
    assert {package: set(owners.get(package, ["warta"])) for package in OURS} == {
        package: {"warta"} for package in OURS
    }


def test_importing_reads_no_data_and_opens_no_connection() -> None:
    # Running `bot` is its job, and `hub` needs the extra.
    code = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
def watch(event, details):
    if event == "open" and str(details[0]).startswith({str(ROOT)!r}):
        path = str(details[0])
        if "/.venv/" not in path and not path.endswith((".py", ".pyc")) and "/__pycache__" not in path:
            raise RuntimeError(f"opened {{path}}")
    if event in ("socket.connect", "subprocess.Popen", "os.fork"):
        raise RuntimeError(event)
sys.addaudithook(watch)
import importlib
for name in {sorted(set(modules()) - {"bot.__main__", "services.nlp.hub"})!r}:
    importlib.import_module(name)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr[-800:]


def test_settings_example_and_readme_name_the_same_settings() -> None:
    named = re.compile(r"\b(?:WARTA_[A-Z_]+|DATABASE_URL)\b")
    code = set(named.findall((ROOT / "bot" / "settings.py").read_text("utf-8")))
    assert code == set(named.findall((ROOT / ".env.example").read_text("utf-8")))
    readme = (ROOT / "README.md").read_text("utf-8")
    table = readme[readme.index("## Settings") :]
    table = table[: table.index("\n## ", 3)]
    assert code == set(named.findall(table)) - {"WARTA_DATA"}
