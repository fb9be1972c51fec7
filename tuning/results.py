"""What a search leaves behind: tables, the best setting, and one page of text."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reproduce.workflow.files import whole
from tuning import importance
from tuning.outcome import Finalist, Outcome
from tuning.problem import Value

BEST = "best.json"


def write(
    outcomes: Iterable[Outcome],
    folder: Path,
    target: str = "train",
    again: bool = True,
    group: str = "train",
    also: tuple[str, ...] = (),
) -> dict[str, float]:
    """Write ``trials_<network>.csv``, ``finals_<network>.csv``, ``importance_<network>.csv``, ``best.json`` (of which
    training reads ``setting``) and ``best.txt``.

    Parameters
    ----------
    outcomes
        What the searches outcome.
    folder
        Receives the files.
    target
        What a user calls to train with the best setting.
    again
        Whether ``<group>.from=tune`` does that, too.
    group
        The group of settings that was searched.
    also
        Further ``--set`` that both calls need.

    Returns
    -------
    dict
        The numbers of the run.
    """
    setting: dict[str, Value] = {}
    metrics: dict[str, float] = {}
    pages = []
    for one in outcomes:
        _table(trials(one), folder / f"trials_{one.network}.csv")
        _table(finals(one), folder / f"finals_{one.network}.csv")
        _table(importance.table(one), folder / f"importance_{one.network}.csv")
        setting |= one.best
        metrics |= _metrics(one)
        pages.append(_page(one))
    _text(json.dumps({"setting": setting}, indent=1, sort_keys=True) + "\n", folder / BEST)
    line = " ".join([*(f"--set {group}.{name}={_word(value)}" for name, value in sorted(setting.items())), *also])
    ready = f"To train it:\n\n    python -m reproduce {target} {line}\n"
    if again:
        ready += (
            "\nor, with the profile and settings of this search,\n\n"
            f"    {' '.join((f'python -m reproduce {target} --set {group}.from=tune', *also))}\n"
        )
    _text("\n".join([*pages, ready]), folder / "best.txt")
    return metrics


def trials(outcome: Outcome) -> pd.DataFrame:
    """A row for each trial: what it was, what came of it."""
    return pd.DataFrame(
        {
            "trial": one.number,
            "status": one.status,
            "epochs": one.until,
            "continues": "" if one.previous is None else one.previous,
            **one.values,
            **dict(sorted(one.numbers.items())),
            "message": one.message,
        }
        for one in outcome.tried
    )


def finals(outcome: Outcome) -> pd.DataFrame:
    """A row for each finalist: its setting, and mean and standard deviation of each number over the seeds."""
    rows = []
    for one in outcome.finalists:
        names = sorted({name for numbers in one.numbers for name in numbers} - {"parameters"})
        row: dict[str, Any] = {"finalist": one.name, "trial": "" if one.trial is None else one.trial}
        row |= {"chosen": one.values == outcome.best, **one.values, "trainings": len(one.numbers)}
        for name in [outcome.objective, *(name for name in names if name != outcome.objective)]:
            row |= {name: one.mean(name), f"{name}_std": one.deviation(name)}
        rows.append(row | {"message": one.message})
    return pd.DataFrame(rows)


def _metrics(outcome: Outcome) -> dict[str, float]:
    statuses = [one.status.split()[0] for one in outcome.tried]
    counts = {f"{outcome.network}.trials_{status}": float(statuses.count(status)) for status in sorted(set(statuses))}
    objective = outcome.objective
    counts[f"{outcome.network}.trials"] = float(len(statuses))
    counts[f"{outcome.network}.epochs"] = float(sum(_own_epochs(outcome)))
    scores = [one.numbers[objective] for one in outcome.tried if one.number == outcome.best_trial]
    means = {one.name: one.mean(objective) for one in outcome.finalists}
    named = {f"{outcome.network}.{name.replace(' ', '_')}_{objective}": mean for name, mean in means.items()}
    named |= {f"{outcome.network}.best_trial_{objective}": score for score in scores}
    return counts | {name: value for name, value in named.items() if np.isfinite(value)}


def _own_epochs(outcome: Outcome) -> list[int]:
    """Epochs that each trial trained itself."""
    until = {one.number: one.until for one in outcome.tried}
    return [one.until - (0 if one.previous is None else until[one.previous]) for one in outcome.tried]


def _page(outcome: Outcome) -> str:
    """The best setting beside the paper's, and the finals."""
    published = outcome.paper
    network, n_trials = outcome.network.replace("_", "-"), len(outcome.tried)
    lines = [f"{network}: {n_trials} trials of {outcome.tuner}, judged by {outcome.objective}", ""]
    lines.append(f"    {'setting':<26}{'best':>12}{'paper':>12}")
    for one in outcome.space:
        lines.append(f"    {one.name:<26}{_word(outcome.best[one.name]):>12}{_word(published.get(one.name, '')):>12}")
    absent = [one.name for one in outcome.space if one.name in published and not one.holds(published[one.name])]
    if absent and outcome.finalists:
        lines.append(f"    The space does not have the paper's {', '.join(absent)}: its row below has train's own.")
    lines += ["", f"    {'finals':<12}{'trainings':>10}{outcome.objective:>30}"] if outcome.finalists else []
    for finalist in outcome.finalists:
        lines.append(f"    {finalist.name:<12}{len(finalist.numbers):>10}{_mean(finalist, outcome.objective):>30}")
    return "\n".join([*lines, "", _verdict(outcome)]).rstrip() + "\n"


def _verdict(outcome: Outcome) -> str:
    """Whether the paper's choice stands, by Welch's t of the finals."""
    from scipy.stats import ttest_ind

    judged = {one.name: one for one in outcome.finalists if one.all(outcome.objective)}
    ours = next((one for one in outcome.finalists if one.values == outcome.best), None)
    if "paper" not in judged or ours is None:
        return ""
    if ours.name == "paper":
        return "The paper's setting is the best of these."
    pair = [one.all(outcome.objective) for one in (ours, judged["paper"])]
    if min(map(len, pair)) < 2:
        return ""
    p = float(ttest_ind(*pair, equal_var=False).pvalue)
    gain = 100 * (1 - np.mean(pair[0]) / np.mean(pair[1]))
    change = f"{outcome.objective} changes by {-gain:+.1f} %"
    return f"Against the paper's setting {change} (Welch's t over the seeds: p = {p:.2g})."


def _mean(finalist: Finalist, name: str) -> str:
    if not finalist.numbers:
        return finalist.message[:30]
    return f"{finalist.mean(name):.4g} ± {finalist.deviation(name):.2g}"


def _word(value: Value) -> str:
    """A value as it is written on the command line."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _table(table: pd.DataFrame, path: Path) -> None:
    with whole(path) as partial:
        table.to_csv(partial, index=False, lineterminator="\n", float_format="%.6g")


def _text(text: str, path: Path) -> None:
    with whole(path) as partial:
        partial.write_text(text, encoding="utf-8")
