"""What changes a content key, and what does not."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from reproduce import source, stages
from reproduce.pipeline import Chain, When
from tests.toy import chain as toy

CODE = '''"""Module docstring."""

def area(side):
    """Docstring."""
    return side * side  # comment
'''


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("# comment", "# another comment", True),
        ('"""Docstring."""', '"""Better docstring,\n    longer."""', True),
        ('"""Module docstring."""\n', "", False),  # a docstring that comes or goes is a change of the tree
        ("side * side", "side * side + 0", False),
        ("return side * side", "return  side*side", True),
    ],
)
def test_digest_of_source(before: str, after: str, same: bool) -> None:
    changed = CODE.replace(before, after)
    assert changed != CODE
    assert (source._text_digest(CODE) == source._text_digest(changed)) is same


def test_digest_of_a_package_reads_every_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "somepackage"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "part.py").write_text("x = 1\n")
    (package / "data.yaml").write_text("a: 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    seen = set()
    for path, text in [(None, ""), ("part.py", "x = 2\n"), ("data.yaml", "a: 2\n"), ("new.py", "")]:
        if path:
            (package / path).write_text(text)
        source.code_digest.cache_clear()
        seen.add(source.code_digest("somepackage"))
    assert len(seen) == 4


def test_a_missing_source_is_an_error() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"reproduce\.nowhere"):
        source.code_digest("reproduce.nowhere")


def test_keys_follow_needs_settings_and_source(monkeypatch: pytest.MonkeyPatch) -> None:
    def keys(**changes: object) -> dict[str, str]:
        chain = Chain(toy.STAGES, toy.ToySettings(**changes))
        return {name: chain.key(name) for name in chain.stages}

    plain = keys()
    assert keys() == plain
    titled = keys(drawing=toy.Drawing(title="new"))
    assert {name for name in plain if titled[name] != plain[name]} == {"figure"}
    counted = keys(numbers=toy.Numbers(count=9))
    assert {name for name in plain if counted[name] != plain[name]} == {"numbers", "doubled", "figure"}
    monkeypatch.setattr("reproduce.pipeline.code_digest", lambda module: "edited")
    edited = keys()
    assert {name for name in plain if edited[name] != plain[name]} == {"numbers", "doubled", "figure"}


def test_a_need_may_depend_on_a_setting() -> None:
    stages = (*toy.STAGES[:-1], replace(toy.STAGES[-1], needs=("doubled", When("numbers", "drawing.title", "sums"))))
    plain, other = (Chain(stages, toy.ToySettings(drawing=toy.Drawing(title=title))) for title in ("toy", "sums"))
    name = stages[-1].name
    assert plain.needs(name) == ("doubled",)
    assert plain.key(name) == Chain(toy.STAGES, toy.ToySettings()).key(name)
    assert other.needs(name) == ("doubled", "numbers")
    assert set(other.parts(name)["needs"]) == {"doubled", "numbers"}


def test_a_stage_sees_only_the_settings_it_declares() -> None:
    view = Chain(toy.STAGES, toy.ToySettings()).view("figure")
    assert view.drawing.title == "toy"
    with pytest.raises(AttributeError):
        _ = view.numbers


def test_training_names_every_module_that_it_imports() -> None:
    folder = Path(stages.__file__).parent / "network"
    found, todo = set(), ["training"]
    while todo:
        name = todo.pop()
        if name in found:
            continue
        found.add(name)
        for node in ast.walk(ast.parse((folder / f"{name}.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("reproduce.network"):
                parts = node.module.split(".")[2:]
                todo += parts or [alias.name for alias in node.names]
    assert {f"reproduce.network.{name}" for name in found} == set(stages.TRAINING)
