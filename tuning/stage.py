"""The stage `search` of any paper: trials as runs under the stage's own, results in its folder."""

from reproduce.workflow.executor import processes
from reproduce.workflow.settings import Group
from reproduce.workflow.stages import Job
from tuning import outcome
from tuning.problem import Problem
from tuning.runner import Runner
from tuning.search import search


def run(job: Job, train: Group, problem: Problem) -> None:
    """Try hyper-parameters of networks; every trial is a run under this stage's.

    Parameters
    ----------
    job : Job
        Of the stage; its settings have the group ``tune``.
    train : Group
        How the networks are trained where a trial does not say otherwise.
    problem : Problem

    Raises
    ------
    ValueError
        If the job has no run.
    """
    if job.run is None:
        raise ValueError("a search records its trials under the run of its stage, and this job has none")
    with processes(job.executor) as pool, Runner(pool, job.run) as runner:
        results = search(job.settings.tune, train, problem, job.checkpoint, runner, job.progress)
    outcome.save(results, job.folder)
    job.metrics |= {f"{one.network}.trials": float(len(one.tried)) for one in results}
