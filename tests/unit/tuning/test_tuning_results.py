"""What a search leaves behind: tables, the best setting, importances, drawings."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from reproduce.papers.chardin2021.search import Networks
from reproduce.papers.chardin2021.settings import PROFILES
from tuning import draw, importance, outcome, results
from tuning.outcome import Finalist, Outcome, Tried
from tuning.search import Clock, ranked
from tuning.space import dimensions, paper


@pytest.fixture(autouse=True)
def _small_forests(monkeypatch: pytest.MonkeyPatch) -> None:
    """A third of the trees: what is asserted shows with them."""
    monkeypatch.setattr(importance, "TREES", 20)
    monkeypatch.setattr(importance, "SPLITS", 2)


def made_up(n: int = 30, noise: float = 0.02) -> Outcome:
    """Trials whose objective depends strongly on the learning rate, weakly on the dropout and on nothing else."""
    loaded = PROFILES.load("laptop")
    space, rng = dimensions(loaded.tune, "encoder_decoder"), np.random.default_rng(1)
    tried = []
    for number in range(n):
        values = {}
        for one in space:
            if one.kind == "choice":
                values[one.name] = one.values[rng.integers(len(one.values))]
            elif one.kind == "integer":
                values[one.name] = int(rng.integers(one.values[0], int(one.values[1]) + 1))
            else:
                low, high = np.log(np.array(one.values, float))
                values[one.name] = float(np.exp(rng.uniform(low, high)))
        rate, dropout = (space[place].place(values[space[place].name]) for place in (0, 1))
        objective = 0.05 + (rate - 0.6) ** 2 + 0.1 * dropout + noise * rng.random()
        numbers = {"val_mse": objective, "val_r2": 1 - objective, "epochs": 9.0}
        until = 9 if number % 3 == 0 else 3
        status = "completed" if until == 9 else "pruned after 3 of 9 epochs"
        tried.append(Tried(f"trial {number}", number, values, until, None, status, numbers, ""))
    tried.append(Tried("trial 99", n, tried[0].values, 9, None, "failed", {}, "the loss is no longer finite"))
    best = ranked(tried, loaded.tune)[0]
    finalists = [
        Finalist("best 1", best.values, best.number, [{"val_mse": 0.10}, {"val_mse": 0.12}, {"val_mse": 0.11}]),
        Finalist("paper", tried[1].values, None, [{"val_mse": 0.20}, {"val_mse": 0.24}, {"val_mse": 0.22}]),
    ]
    how = "Hyperband", "val_mse", 1, 5, 9
    return Outcome(
        "encoder_decoder",
        *how,
        space,
        paper(space, Networks(Path("maps.h5"), Path("scaler.json")), "encoder_decoder", loaded.train),
        tried,
        finalists,
        best.values,
        best.number,
    )


def test_what_was_found_is_the_same_from_disk(tmp_path: Path) -> None:
    searched = made_up()
    outcome.save([searched], tmp_path)
    assert outcome.load(tmp_path) == [searched]


def test_the_longest_trained_are_ranked_first_and_each_setting_once() -> None:
    tune = PROFILES.load("laptop").tune
    searched = made_up()
    order = ranked(searched.tried, tune)
    whole = [one for one in order if one.until == 9]
    assert order[: len(whole)] == whole
    assert [one.numbers["val_mse"] for one in whole] == sorted(one.numbers["val_mse"] for one in whole)
    assert all(one.status != "failed" for one in order)
    longer = Tried("longer", 77, order[-1].values, 9, order[-1].number, "completed", {"val_mse": 9.0}, "")
    again = ranked([*searched.tried, longer], tune)
    assert len(again) == len(order)
    assert again[len(whole)] == longer


def test_tables_and_the_line_that_trains_the_best(tmp_path: Path) -> None:
    searched = made_up()
    metrics = results.write([searched], tmp_path)
    best = json.loads((tmp_path / "best.json").read_text())["setting"]
    assert best == searched.best
    text = (tmp_path / "best.txt").read_text()
    line = next(line for line in text.splitlines() if "--set train.batch_size" in line)
    overrides = [word for word in line.split() if word.startswith("train.")]
    given = PROFILES.load("laptop", overrides).train
    for name, value in best.items():
        assert getattr(given, name) == (pytest.approx(value, rel=1e-3) if isinstance(value, float) else value)
    assert "-50.0 %" in text  # 0.11 against 0.22
    assert "0.11 ± 0.01" in text
    trials = pd.read_csv(tmp_path / "trials_encoder_decoder.csv")
    assert list(trials["trial"]) == [*range(30), 30]
    assert trials["message"].iloc[-1] == "the loss is no longer finite"
    finals = pd.read_csv(tmp_path / "finals_encoder_decoder.csv")
    assert list(finals["chosen"]) == [True, False]
    assert finals["val_mse_std"].iloc[1] == pytest.approx(0.02)
    assert metrics["encoder_decoder.trials"] == 31
    assert metrics["encoder_decoder.paper_val_mse"] == pytest.approx(0.22)
    assert metrics["encoder_decoder.trials_failed"] == 1


def test_what_to_call_names_the_papers_target_its_group_and_what_else_it_needs(tmp_path: Path) -> None:
    results.write([made_up()], tmp_path, "hubble1929.fit", group="fit", also=("--set fit.views=fixed",))
    calls = [line.strip() for line in (tmp_path / "best.txt").read_text().splitlines() if "python -m" in line]
    assert len(calls) == 2
    assert all(call.startswith("python -m reproduce hubble1929.fit --set fit.") for call in calls)
    assert all(call.endswith(" --set fit.views=fixed") for call in calls)
    assert "--set fit.from=tune" in calls[1]


def test_importance_finds_what_matters_and_says_when_nothing_does() -> None:
    table = importance.table(made_up(60)).set_index("dimension")
    assert table.index[0] == "learning_rate"
    assert table["held_out_r2"].iloc[0] > 0.3
    others = table.drop(index=["learning_rate", "dropout"])
    # an unimportant dimension grows the error by nothing but noise
    assert (others["importance"] < 0.2 * table.loc["learning_rate", "importance"]).all()
    nothing = importance.table(made_up(60, noise=1000.0))
    assert nothing["held_out_r2"].iloc[0] < 0.2
    assert len(importance.table(made_up(3))) == 0


def test_drawings_are_made_and_repeat_to_the_byte(tmp_path: Path) -> None:
    searched = made_up(12)
    searched.space = searched.space[:3]
    pictures = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        folder.mkdir()
        results.write([searched], folder)
        draw.draw([searched], folder)
        pictures.append({path.name: path.read_bytes() for path in folder.iterdir()})
    assert pictures[0] == pictures[1]
    assert {f"{kind}_encoder_decoder.png" for kind in ("parallel", "slices", "importance")} <= set(pictures[0])


def test_the_clock_of_a_search_survives_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    path.write_text("[0.5, 1.5]")
    clock = Clock(path, minutes=1.0)
    assert not clock.over
    clock.tick()
    assert not clock.over
    clock.tick()
    assert clock.over
    assert not Clock(tmp_path / "none.json", None).over
