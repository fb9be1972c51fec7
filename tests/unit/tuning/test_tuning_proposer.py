"""The tuners: repeatable proposals, Hyperband's brackets, failures."""

import pytest

from reproduce.papers.chardin2021.settings import PROFILES
from tuning.proposer import FAILURES, Proposal, Proposer, TooManyFailuresError, direction, size
from tuning.settings import Tune
from tuning.space import Dimension, dimensions


def of(*overrides: str) -> tuple[Tune, list[Dimension]]:
    plain = ("tune.trial_epochs=9", "tune.hyperband_step=1", "tune.hyperband_iterations=1")
    tune = PROFILES.load("laptop", [*plain, *overrides]).tune
    return tune, dimensions(tune, "encoder_decoder")


def play(tune: Tune, space: list[Dimension], at_once: int = 1) -> list[Proposal]:
    """All proposals when results are told in order with so many trials open; the score is the learning rate."""
    proposer, told, waiting = Proposer(tune, space), [], []
    while True:
        while len(waiting) < at_once and (proposal := proposer.ask()) is not None:
            waiting.append(proposal)
        if not waiting:
            return told
        told.append(waiting.pop(0))
        proposer.tell(told[-1].number, float(told[-1].values["learning_rate"]))


@pytest.mark.parametrize(
    "overrides",
    [
        ("tune.tuner=RandomSearch", "tune.trials=6"),
        ("tune.tuner=RandomSearch", "tune.trials=6", "tune.seed=0"),  # a seed of 0 is none to Keras Tuner
        ("tune.tuner=Hyperband",),
        ("tune.tuner=BayesianOptimization", "tune.trials=4"),
    ],
)
def test_asked_and_told_again_a_tuner_proposes_the_same(overrides: tuple[str, ...]) -> None:
    first = play(*of(*overrides), at_once=2)
    assert first == play(*of(*overrides), at_once=2)
    assert len({str(one.values) for one in first}) > 1


def test_another_seed_proposes_others() -> None:
    # eight dimensions apart: where Keras Tuner's own seeds would give the same trials, one later
    first, second = (play(*of("tune.tuner=RandomSearch", "tune.trials=20", f"tune.seed={n}")) for n in (1, 9))
    assert not {str(one.values) for one in first} & {str(one.values) for one in second}


def test_hyperband_has_the_trials_of_its_paper() -> None:
    tune, space = of()
    found = play(tune, space)
    # Li et al. (2018) with R = 9, eta = 3, and bracket sizes as Keras Tuner rounds them: 9, 3, 1; 5, 2; 3
    assert [one.until for one in found].count(9) == 1 + 2 + 3
    assert len(found) == size(tune, space) == 9 + 3 + 1 + 5 + 2 + 3
    for one in found:
        if one.previous is not None:
            earlier = found[one.previous]
            assert (earlier.values, earlier.until < one.until) == (one.values, True)
    promoted = [one.values["learning_rate"] for one in found[9:12]]
    assert sorted(promoted) == sorted(one.values["learning_rate"] for one in found[:9])[:3]


def test_hyperband_counts_by_its_step() -> None:
    tune, space = of("tune.trial_epochs=14", "tune.hyperband_step=5")
    found = play(tune, space)
    # three steps: of five, five and four epochs
    assert {one.until for one in found} == {5, 14}
    assert len(found) == size(tune, space)


def test_the_larger_is_better_where_asked() -> None:
    tune, space = of("tune.objective=val_r2")
    assert direction(tune) == "max"
    found = play(tune, space)
    promoted = [one.values["learning_rate"] for one in found[9:12]]
    assert sorted(promoted) == sorted(one.values["learning_rate"] for one in found[:9])[-3:]
    assert direction(of("tune.objective=val_r2", "tune.direction=min")[0]) == "min"


@pytest.mark.parametrize("tuner", ["RandomSearch", "Hyperband"])
def test_a_budget_of_trials_is_kept(tuner: str) -> None:
    assert len(play(*of(f"tune.tuner={tuner}", "tune.trials=4"), at_once=3)) == 4


def test_a_small_space_is_exhausted() -> None:
    fixed = [f"tune.encoder_decoder.{name}=none" for name in of()[0].encoder_decoder if name != "skip_connections"]
    tune, space = of("tune.tuner=RandomSearch", "tune.trials=9", *fixed)
    proposer, found = Proposer(tune, space), []
    while (proposal := proposer.ask()) is not None:
        found.append(proposal)
        proposer.tell(proposal.number, 0.0)
    assert sorted(str(one.values["skip_connections"]) for one in found) == ["False", "True"]


def test_a_failure_is_passed_over_and_several_in_a_row_end_the_search() -> None:
    proposer = Proposer(*of("tune.tuner=RandomSearch", "tune.trials=9"))
    for score in (None, 0.5, *[None] * (FAILURES - 1)):
        proposal = proposer.ask()
        assert proposal is not None
        proposer.tell(proposal.number, score)
    last = proposer.ask()
    assert last is not None
    with pytest.raises(TooManyFailuresError):
        proposer.tell(last.number, None)
