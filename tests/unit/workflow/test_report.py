"""The report page: what is made, what is missing, published against ours; and the estimates of `status`."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from reproduce.__main__ import PAPERS
from reproduce.papers.chardin2021.settings import PROFILES
from reproduce.workflow import comparison, report, status
from reproduce.workflow.stages import Chain, Job, Stage, figure
from reproduce.workflow.store import Store

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cf500f0003860180"
    "5a347d6b0000000049454e44ae426082"
)


def evaluate(job: Job) -> None:
    (job.folder / "metrics.json").write_text(json.dumps({"pixel_error_percent": 31.5}))


def figure5(job: Job) -> None:
    (job.folder / "figure05.png").write_bytes(PNG)


def table1(job: Job) -> None:
    (job.folder / "table1.csv").write_text("simulation,pixels\nMW15,160\n")


STAGES = (
    Stage("evaluate", evaluate, reads=("train.epochs",), work=lambda settings: settings.train.epochs),
    figure(figure5, needs=("evaluate",)),
    figure(table1, reads=("dataset.seed",)),
)
PAPER = replace(PAPERS[0], stages=STAGES, not_ours={"figure 0": "there is none"})


def fill(store: Store, chain: Chain, names: list[str], wall_seconds: float = 90.0, resumed: bool = False) -> None:
    for name in names:
        key = chain.key(name)
        with store.workspace(chain.paper, name, key, lambda: None) as work:
            work.prepare()
            chain.stages[name].run(Job(name, None, {}, work.files, work.checkpoint, work.root, None, None))  # type: ignore[arg-type]
            manifest = {
                "key": key,
                "key_parts": chain.parts(name),
                "profile": "smoke",
                "metrics": {},
                "mlflow": {"run_id": "0123456789abcdef"},
                "finished": "2026-01-01T00:00:00+00:00",
                "work": chain.work(name),
                "wall_seconds": wall_seconds,
                "resumed": resumed,
            }
            store.publish(work, chain.paper, name, key, manifest)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "outputs")


def test_page_shows_what_there_is_and_names_what_lacks(store: Store) -> None:
    chain = Chain("chardin2021", STAGES, PROFILES.load("smoke"))
    fill(store, chain, ["evaluate", "figure5"])
    page = report.write(store, [PAPER], PAPER, "smoke", []).read_text()
    assert page.count("data:image/png;base64,") == 1
    assert "31.5" in page and "27.4" in page and "+4.1" in page
    assert "Not made under this profile so far: table1" in page
    assert "not made by this version: figure 0 (there is none)" in page
    assert "http://" not in page and "https://" not in page and "<script" not in page


def test_empty_store_still_gives_a_page(store: Store) -> None:
    page = report.write(store, [PAPER], PAPER, "smoke", []).read_text()
    assert "Not made under this profile so far: figure5, table1" in page


def test_other_profiles_and_overrides_have_parts_of_their_own(store: Store) -> None:
    laptop = Chain("chardin2021", STAGES, PROFILES.load("laptop"))
    fill(store, laptop, ["table1"])
    changed = Chain("chardin2021", STAGES, PROFILES.load("smoke", ["train.epochs=9", "dataset.seed=5"]))
    fill(store, changed, ["table1"])
    page = report.write(store, [PAPER], PAPER, "smoke", ["train.epochs=9", "dataset.seed=5"]).read_text()
    assert "Profile smoke, with train.epochs=9, dataset.seed=5" in page
    assert "Profile laptop" in page
    assert page.index("Profile smoke") < page.index("Profile laptop")


def test_damaged_results_are_not_shown(store: Store) -> None:
    chain = Chain("chardin2021", STAGES, PROFILES.load("smoke"))
    fill(store, chain, ["evaluate", "figure5"])
    (store.folder("chardin2021", "figure5", chain.key("figure5")) / "figure05.png").write_bytes(PNG[:-1])
    page = report.write(store, [PAPER], PAPER, "smoke", []).read_text()
    assert "data:image/png" not in page


def test_comparison_has_ours_beside_the_published(tmp_path: Path) -> None:
    metrics = {"pixel_error_percent": 30.0, "pixel_error_percent_low": 29.0, "pixel_error_percent_high": 31.0}
    logged = comparison.write(tmp_path, metrics, PAPER.published, ["pixel_error_percent", "age_mae_gyr"])
    assert logged == {"pixel_error_percent": 30.0, "published.pixel_error_percent": 27.4, "published.age_mae_gyr": 1.26}
    first, second = comparison.read(tmp_path / comparison.FILE)
    assert (first["ours"], first["difference"], first["ours_low"]) == ("30", "+2.6", "29")
    assert (second["published"], second["ours"]) == ("1.26", "")
    assert "not measured" in comparison.lines(tmp_path / comparison.FILE)[1]


def test_estimates_scale_an_undisturbed_run_by_the_amount_of_work(store: Store) -> None:
    chain = partial(Chain, "chardin2021", STAGES)
    smoke = PROFILES.load("smoke")
    fill(store, chain(smoke), ["evaluate"], wall_seconds=90)
    fill(store, chain(PROFILES.load("smoke", ["train.epochs=9"])), ["evaluate"], wall_seconds=5, resumed=True)
    assert status.expected_seconds(store, chain(smoke), "evaluate") == 90
    for epochs in (11, 10**15):
        new = chain(PROFILES.load("smoke", [f"train.epochs={epochs}"]))
        assert status.expected_seconds(store, new, "evaluate") == pytest.approx(90 * epochs / smoke.train.epochs)
    paper = chain(PROFILES.load("paper"))
    assert status.expected_seconds(store, paper, "evaluate") == pytest.approx(90 * 100 / smoke.train.epochs)
    assert status.expected_seconds(store, paper, "figure5") is None
    assert status.to_run(paper, store, ["figure5"]) == ["evaluate", "figure5"]
    assert "about 75 min; not timed before: figure5" in status.plan(paper, store, ["figure5"])


def test_the_nearest_amount_of_work_is_scaled(store: Store) -> None:
    for epochs, seconds in ((2, 10.0), (100, 60.0)):
        settings = PROFILES.load("smoke", [f"train.epochs={epochs}"])
        fill(store, Chain("chardin2021", STAGES, settings), ["evaluate"], wall_seconds=seconds)
    for epochs, expected in ((4, 20.0), (50, 30.0)):
        new = Chain("chardin2021", STAGES, PROFILES.load("smoke", [f"train.epochs={epochs}"]))
        assert status.expected_seconds(store, new, "evaluate") == pytest.approx(expected)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, "not timed before"),
        (7.2, "7.2 s"),
        (5400, "90 min"),
        (9e4, "25.0 h"),
        (9e5, "10 days"),
        (1e15, "3.2e+07 years"),
    ],
)
def test_a_time_is_told_in_a_unit_that_people_use(seconds: float | None, text: str) -> None:
    assert status.duration(seconds) == text


def test_a_damaged_need_is_planned_even_if_the_target_is_there(store: Store) -> None:
    chain = Chain("chardin2021", STAGES, PROFILES.load("smoke"))
    fill(store, chain, ["evaluate", "figure5"])
    assert status.to_run(chain, store, ["figure5"]) == []
    (store.folder("chardin2021", "evaluate", chain.key("evaluate")) / "metrics.json").unlink()
    assert status.to_run(chain, store, ["figure5"]) == ["evaluate"]
    assert "damaged" in status.table(chain, store, "smoke")
