"""Settings, profiles and overrides; every refusal is one line that names the setting and a way out."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from reproduce.papers.chardin2021.settings import PROFILES, Settings
from reproduce.workflow.profiles import DEFAULT_PROFILE, Profiles, split_overrides
from reproduce.workflow.settings import SettingsError


@pytest.mark.parametrize("profile", PROFILES.names())
def test_profiles_load(profile: str) -> None:
    assert PROFILES.load(profile).profile == profile


def test_paper_profile_is_the_defaults() -> None:
    paper = PROFILES.load("paper").model_copy(update={"profile": DEFAULT_PROFILE})
    assert paper == Settings()


def test_defaults_are_the_papers_numbers() -> None:
    paper = Settings()
    assert {name: model.snapshots for name, model in paper.simulate.models.items()} == {
        "MW15-R1.6": 5781,
        "MW15": 2043,
        "MW15-R4": 1462,
    }  # Sect. 2.1 and 4 x 2043 = 8172 test maps
    assert paper.dataset.test_snapshots * len(paper.dataset.test_distances_kpc) == 8172
    assert (paper.dataset.train, paper.dataset.validation) == (20_000, 2_000)  # Sect. 2.3
    assert paper.train.learning_rate == pytest.approx(10**-2.5)  # Sect. 3.1.1


def test_overrides_reach_their_setting() -> None:
    changed = PROFILES.load("smoke", ["train.epochs=7", "train.learning_rate=1e-4", "simulate.snapshots=none"])
    assert (changed.train.epochs, changed.train.learning_rate, changed.simulate.snapshots) == (7, 1e-4, None)


def test_models_are_changed_and_added_by_name() -> None:
    added = ["simulate.models.MW15-R1.2.half_mass_radius_pc=1.2", "simulate.models.MW15-R1.2.snapshots=9"]
    changed = PROFILES.load("smoke", ["simulate.models.MW15-R1.6.half_mass_radius_pc=1.5", *added])
    assert changed.simulate.models["MW15-R1.6"].half_mass_radius_pc == 1.5
    assert changed.simulate.models["MW15-R1.2"].snapshots == 9


def test_alias_of_a_python_keyword() -> None:
    assert PROFILES.load("smoke", ["train.from=settings"]).train.from_ == "settings"


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("train.epoch=3", ["train.epoch", "did you mean 'train.epochs'"]),
        ("epochs=3", ["epochs", "did you mean 'train.epochs'"]),
        ("dataset.epochs=3", ["dataset.epochs", "train.epochs"]),
        ("train.epochs=ten", ["train.epochs", "integer", "'ten'"]),
        ("train.epochs=2.5", ["train.epochs", "integer", "2.5"]),
        ("train.epochs=true", ["train.epochs", "integer", "True"]),
        ("train.epochs=0", ["train.epochs", "greater than or equal to 1", "0"]),
        ("simulate.n_stars=3", ["simulate.n_stars", "100", "3"]),
        ("train.dropout=.nan", ["train.dropout", "finite"]),
        ("train.loss=mes", ["train.loss", "'mse'", "'mes'"]),
        ("train=3", ["train", "group"]),
        ("train.epochs", ["group.key=value"]),
        ("simulate.models.MW15.half_mass_radius_pc=-1", ["half_mass_radius_pc", "greater than 0"]),
        ("dataset.train_models=[MW99]", ["MW99", "MW15-R4"]),
        ("dataset.train_models=[MW15]", ["MW15", "unseen"]),
        ("profile=paper", ["--profile"]),
        ("train.epochs=[1", ["train.epochs", "cannot be read"]),
    ],
)
def test_refusals_are_one_line_with_a_way_out(override: str, words: list[str]) -> None:
    with pytest.raises(SettingsError) as caught:
        PROFILES.load("smoke", [override])
    text = str(caught.value)
    assert "\n" not in text
    for word in words:
        assert word in text


def test_unknown_profile_names_the_nearest() -> None:
    with pytest.raises(SettingsError, match="did you mean 'laptop'"):
        PROFILES.load("labtop")


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        Settings().train.epochs = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("''", []),
        ("a.b=1", ["a.b=1"]),
        ("a.b=1,c.d=[1,2],e.f=x", ["a.b=1", "c.d=[1,2]", "e.f=x"]),
    ],
)
def test_overrides_split_outside_brackets(text: str, parts: list[str]) -> None:
    assert split_overrides(text) == parts


def test_a_profile_may_say_how_many_processes_are_best(tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text("# Small.\nworkers: 1\ntrain:\n  epochs: 3\n")
    (tmp_path / "smaller.yaml").write_text("inherits: small\n")
    (tmp_path / "large.yaml").write_text("inherits: smaller\nworkers: 8\n")
    (tmp_path / "free.yaml").write_text("# None said.\n")
    profiles = Profiles(Settings, tmp_path)
    assert [profiles.workers(name) for name in ("small", "smaller", "large", "free")] == [1, 1, 8, None]
    assert profiles.load("large").train.epochs == 3
