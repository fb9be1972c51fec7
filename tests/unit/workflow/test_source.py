"""What changes a content key, and what does not."""

import ast
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import grimp
import pytest

from reproduce.__main__ import PAPERS
from reproduce.workflow import source
from reproduce.workflow.stages import Chain, Stage, When
from tests.support.places import ROOT
from tests.support.toy import chain as toy

USE = {"calibrate", "evaluate", "out_of_domain", "apply"}  # stages that use the trained networks
TOLD = {"observer_calibrate", "observer_evaluate", "observer_model"}  # those of networks that are told what is known
CODE = '''"""Module docstring."""

def area(side):
    """Docstring."""
    return side * side  # comment
'''
STAGES = [pytest.param(stage, id=f"{paper.name}.{stage.name}") for paper in PAPERS for stage in paper.stages]


@pytest.fixture
def fresh() -> Iterator[None]:
    """Forget what has been read of modules before and after a test that changes them."""
    caches = (source.closure, source._module_facts, source._module, source._place)
    for cached in caches:
        cached.cache_clear()
    yield
    for cached in caches:
        cached.cache_clear()


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("# comment", "# another comment", True),
        ('"""Docstring."""', '"""Better docstring,\n    longer."""', True),
        ('"""Module docstring."""\n', "", True),
        ("side * side", "side * side + 0", False),
        ("return side * side", "return  side*side", True),
    ],
)
def test_digest_of_source(before: str, after: str, same: bool) -> None:
    changed = CODE.replace(before, after)
    assert changed != CODE
    assert (source._digest(ast.parse(CODE).body) == source._digest(ast.parse(changed).body)) is same


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fresh: None) -> Path:
    """A package whose stage imports in every way that there is."""
    folder = tmp_path / "somepackage"
    (folder / "inner").mkdir(parents=True)
    files = {
        "__init__.py": "from somepackage.at_once import loaded\n\n\ndef lazy():\n    import somepackage.never\n",
        "at_once.py": "loaded = 1\n",
        "never.py": "",
        "unused.py": "",
        "settings.py": "import somepackage.unused\n\n\nclass Group:\n    pass\n",
        "other_settings.py": "class Other:\n    pass\n",
        "forecast.py": "SECONDS = 1\n",
        "stages.py": (
            "from typing import TYPE_CHECKING\n"
            "from somepackage import inside, unused\n"
            "from somepackage.settings import Group\n"
            "from somepackage.other_settings import Other\n"
            "from somepackage.forecast import SECONDS\n"
            "if TYPE_CHECKING:\n    from somepackage import unused as typed\n"
            "FILE = 'data.txt'\n"
            "def helper(job: Group | Other):\n    from somepackage.inner import part\n    return part.VALUE\n"
            "def stage(job):\n    other = helper(job)\n    return inside.value(other, FILE), SECONDS\n"
            "def other(job):\n    return unused\n"
        ),
        "inside.py": "from . import relative\n\n\ndef value(x, y):\n    return relative.ONE\n",
        "relative.py": "ONE = 1\n",
        "inner/__init__.py": "",
        "inner/part.py": "VALUE = 1\n",
        "data.txt": "data",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    for name in [name for name in sys.modules if name.startswith("somepackage")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.syspath_prepend(str(tmp_path))
    return folder


def closure_of_stage() -> dict[str, str]:
    for cached in (source.closure, source._module_facts, source._module, source._place):
        cached.cache_clear()
    import somepackage.stages  # type: ignore[import-not-found]

    return source.closure(somepackage.stages.stage)


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("at_once.py", True),  # a package that is imported runs its own imports
        ("inside.py", True),
        ("relative.py", True),
        ("inner/part.py", True),  # imported inside a helper of the function
        ("inner/__init__.py", True),
        ("data.txt", True),
        ("never.py", False),  # inside a function of a package that is only a parent
        ("unused.py", False),  # by another function of the module, a settings module, or for types alone
        ("settings.py", False),
        ("other_settings.py", False),
        ("forecast.py", False),
    ],
)
def test_the_closure_follows_what_runs(package: Path, name: str, changes: bool) -> None:
    before = closure_of_stage()
    path = package / name
    path.write_text(path.read_text() + ("CHANGED = 1\n" if path.suffix == ".py" else "changed"))
    assert (closure_of_stage() != before) is changes


@pytest.mark.parametrize(("part", "changes"), [("part.VALUE", True), ("return unused", False)])
def test_a_function_is_keyed_with_its_helpers_and_not_with_its_neighbours(
    package: Path, part: str, changes: bool
) -> None:
    before = closure_of_stage()
    path = package / "stages.py"
    path.write_text(path.read_text().replace(part, f"{part}, 1"))
    assert (closure_of_stage() != before) is changes


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """The imports of the repository, by another reader of them."""
    found = grimp.build_graph(*sorted(source.PACKAGES), exclude_type_checking_imports=True, cache_dir=None)
    for module in found.modules:
        if module.rpartition(".")[2].split("_")[-1] in source.LEFT_OUT:
            found.remove_module(module)
    # A package imports itself lazily for its users (`from reproduce import PiDoc`), not for its modules.
    for imported in found.find_modules_directly_imported_by("reproduce"):
        found.remove_import(importer="reproduce", imported=imported)
    return found


@pytest.mark.parametrize("stage", STAGES)
def test_the_closure_of_each_stage_is_what_its_imports_reach(stage: Stage, graph: grimp.ImportGraph) -> None:
    """From the modules that the function imports itself, both readers of imports reach the same ones."""
    own = source._module(stage.run.__module__)
    nodes = source._used(own, stage.run.__name__)
    packages = frozenset(source.PACKAGES)
    first = {entry.module for entry in source._imports(own, nodes)} & graph.modules
    first |= set(source._parents(own.name))
    wanted: set[str] = set()
    todo = [name for name in first if source._counts(name, packages, stage.draws)]
    while todo:
        name = todo.pop()
        if name in wanted:
            continue
        wanted.add(name)
        following = graph.find_modules_directly_imported_by(name) | set(source._parents(name))
        todo += [other for other in following if source._counts(other, packages, stage.draws)]
    found = {name for name in source.closure(stage.run, stage.draws) if ":" not in name and "/" not in name}
    assert found == wanted


@pytest.mark.parametrize(
    ("module", "changed"),
    [
        ("networks.encoder_decoder", {"search", "train", *USE, *TOLD, "observer_train", "figure1", "figure2"}),
        ("networks.prediction", USE | TOLD),
        ("observer.views", {"observer_sets", "observer_train", *TOLD, "apply"}),
        ("observer.evaluation", {"observer_evaluate"}),
        ("evaluation.metrics", {"search", "evaluate"}),
        ("dataset.selection", {"dataset", "search", *USE, "table1"}),
        ("observed.fluxmap", {"observe"}),
        ("drawing.captions", {*(f"figure{number}" for number in (3, *range(5, 13)))}),
        ("trained_model.predict_command", set()),
    ],
)  # fmt: skip
def test_stages_that_hold_a_module_of_the_first_paper(module: str, changed: set[str]) -> None:
    """By hand, for some modules: which stages are made anew for a change there, needs apart."""
    name = f"reproduce.papers.chardin2021.{module}"
    found = {stage.name for stage in PAPERS[0].stages if name in source.closure(stage.run, stage.draws)}
    assert found == changed


@pytest.mark.parametrize(
    ("file", "stages"),
    [
        ("reproduce/papers/chardin2021/trained_model/model_card.md", {"model"}),
        ("reproduce/papers/chardin2021/trained_model/observer_card.md", {"observer_model"}),
        ("reproduce/papers/chardin2021/dataset/data_card.html", {"dataset"}),
        ("data_manifests/chardin2021/clusters.yaml", {"observe"}),
        ("data_manifests/archives.yaml", {"observe"}),
    ],
)
def test_stages_that_hold_a_data_file(file: str, stages: set[str]) -> None:
    assert {stage.name for stage in PAPERS[0].stages if file in source.closure(stage.run, stage.draws)} == stages


def test_a_change_of_any_module_changes_exactly_the_keys_of_the_stages_that_hold_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every module in turn: the stages whose closure has it, and those that need them, get other keys; no others do."""
    paper = PAPERS[0]
    settings = paper.profiles.load("smoke")
    before = Chain(paper.name, paper.stages, settings)
    keys = {stage.name: before.key(stage.name) for stage in paper.stages}
    closures = {stage.name: source.closure(stage.run, stage.draws) for stage in paper.stages}
    names = sorted({name for closure in closures.values() for name in closure})
    assert len(names) > 60
    for name in names:
        monkeypatch.setattr(
            "reproduce.workflow.stages.closure",
            lambda run, draws, name=name: {
                other: "changed" if other == name else value for other, value in source.closure(run, draws).items()
            },
        )
        after = Chain(paper.name, paper.stages, settings)
        changed = {stage.name for stage in paper.stages if after.key(stage.name) != keys[stage.name]}
        holders = {stage for stage, closure in closures.items() if name in closure}
        expected = {stage.name for stage in paper.stages if holders & set(before.order([stage.name]))}
        assert changed == expected, name


def test_every_data_file_of_the_packages_is_in_a_key_or_of_the_workflow() -> None:
    keyed = {name for paper in PAPERS for stage in paper.stages for name in source.closure(stage.run, stage.draws)}
    for package in ("reproduce", "paper_figures", "tuning", "data_manifests"):
        for path in (ROOT / package).rglob("*"):
            name = path.relative_to(ROOT).as_posix()
            data = path.is_file() and path.suffix not in (".py", ".pyc", ".nbi", ".nbc")
            excepted = any(part in path.parts for part in ("profiles", "pretrained", "workflow", "__pycache__"))
            if data and not excepted:
                about = name == "data_manifests/photometry.yaml"  # about mist_bolometric.h5, for people and a test
                assert name in keyed or about or name == "data_manifests/chardin2021/simulations.yaml", name


def test_settings_modules_only_declare() -> None:
    """They are left out of keys: they hold values, which are in the keys, and how these are checked and written."""
    for path in [*(ROOT / "reproduce").rglob("settings.py"), ROOT / "tuning" / "settings.py"]:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                for part in node.body:
                    if isinstance(part, ast.FunctionDef):
                        decorators = {ast.unparse(one).partition("(")[0] for one in part.decorator_list}
                        allowed = {"model_validator", "field_validator", "model_serializer"}
                        assert decorators & allowed, f"{path}: {node.name}.{part.name}"


def test_a_missing_source_is_an_error() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"reproduce\.nowhere"):
        source._module("reproduce.nowhere")


def test_keys_follow_needs_settings_and_source(monkeypatch: pytest.MonkeyPatch) -> None:
    def keys(**changes: object) -> dict[str, str]:
        chain = Chain("toy", toy.STAGES, toy.ToySettings(**changes))
        return {name: chain.key(name) for name in chain.stages}

    plain = keys()
    assert keys() == plain
    titled = keys(drawing=toy.Drawing(title="new"))
    assert {name for name in plain if titled[name] != plain[name]} == {"figure"}
    counted = keys(numbers=toy.Numbers(count=9))
    assert {name for name in plain if counted[name] != plain[name]} == {"numbers", "doubled", "figure"}


def test_a_need_may_depend_on_a_setting() -> None:
    stages = (*toy.STAGES[:-1], replace(toy.STAGES[-1], needs=("doubled", When("numbers", "drawing.title", "sums"))))
    plain, other = (
        Chain("toy", stages, toy.ToySettings(drawing=toy.Drawing(title=title))) for title in ("toy", "sums")
    )
    name = stages[-1].name
    assert plain.needs(name) == ("doubled",)
    assert plain.key(name) == Chain("toy", toy.STAGES, toy.ToySettings()).key(name)
    assert other.needs(name) == ("doubled", "numbers")
    assert set(other.parts(name)["needs"]) == {"doubled", "numbers"}


def test_a_circle_of_needs_is_named() -> None:
    stages = (replace(toy.STAGES[0], needs=("figure",)), *toy.STAGES[1:])
    with pytest.raises(ValueError, match="numbers"):
        Chain("toy", stages, toy.ToySettings()).order(["figure"])


def test_a_stage_sees_only_the_settings_it_declares() -> None:
    view = Chain("toy", toy.STAGES, toy.ToySettings()).view("figure")
    assert view.drawing.title == "toy"
    with pytest.raises(AttributeError):
        _ = view.numbers
