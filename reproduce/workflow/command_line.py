"""The grammar of the command line, for any papers: targets and options in, an exit status out."""

import argparse
import difflib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from reproduce.workflow import memory, profiles, quiet
from reproduce.workflow.arguments import Parser
from reproduce.workflow.call import Call
from reproduce.workflow.errors import InputError, mendable
from reproduce.workflow.executor import default_workers
from reproduce.workflow.papers import Paper
from reproduce.workflow.project import project_folder
from reproduce.workflow.stages import Chain
from reproduce.workflow.store import Store

SPECIAL = {
    "all": "every figure and table, and the report",
    "report": "one HTML page of all that has been made so far",
    "status": "what is there, what would run, and about how long",
    "settings": "every setting with its value under the profile",
}
DESCRIPTION = "Make results of the papers that this package reproduces: a figure, a table, a stage, or all of them."


def main(papers: Sequence[Paper], words: Sequence[str]) -> int:
    """Run the command line.

    Parameters
    ----------
    papers : sequence of Paper
        The first one's targets are called without its name.
    words : sequence of str
        What follows the program's name.

    Returns
    -------
    int
        0 done, 1 an error of ours (which is raised), 2 one of the user's, 130 Ctrl-C, 141 nobody reads on.
    """
    quiet.greetings()
    memory.keep()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite kill ends the program as Ctrl-C does
    commands = {paper.target(name): command for paper in papers for name, command in paper.commands.items()}
    try:
        if words and words[0] in commands:
            status = commands[words[0]].run(words[1:])
        else:
            status = _run(papers, parser(papers).parse_args(list(words)))
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # the reader, `head` say, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141
    except KeyboardInterrupt:
        print("interrupted; the same command goes on from the last checkpoint", file=sys.stderr)
        return 130
    except Exception as error:
        line = mendable(error)
        if line is None:
            raise
        print(f"error: {line}", file=sys.stderr)
        return 2


def parser(papers: Sequence[Paper]) -> argparse.ArgumentParser:
    """The command line's grammar."""
    build = Parser(
        prog="python -m reproduce",
        description=DESCRIPTION,
        epilog="\n\n".join(_epilog(paper) for paper in papers),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    build.add_argument(
        "targets", nargs="+", metavar="TARGET", help=f"one of the targets below, or {', '.join(SPECIAL)}"
    )
    names = sorted({name for paper in papers for name in paper.profiles.names()})
    build.add_argument("--profile", default=profiles.DEFAULT_PROFILE, help=" or ".join(names))
    build.add_argument(
        "--set", action="append", default=[], metavar="group.key=value", dest="sets", help="override a setting"
    )
    build.add_argument("--overrides", default="", help="the same, several separated by commas (used by MLproject)")
    build.add_argument(
        "--workers", type=int, help="processes for independent items (default: as the profile says, or all cores)"
    )
    build.add_argument("--scheduler", help="address of a Dask scheduler, such as tcp://host:8786")
    build.add_argument("--store", type=Path, help="folder of the results (default: outputs in the project's folder)")
    build.add_argument("--verify", action="store_true", help="check the sha256 of every file in the store that is used")
    build.add_argument("--dry-run", action="store_true", help="say what would run, and run nothing")
    return build


def _epilog(paper: Paper) -> str:
    special = [] if paper.plain_names else SPECIAL  # the first paper's are named above
    names = [*special, *(stage.name for stage in paper.stages)]
    lines = [f"{paper.title}:", "  " + " ".join(paper.target(name) for name in names)]
    if paper.commands:
        lines.append(f"  with options of their own: {' '.join(paper.target(name) for name in paper.commands)}")
    return "\n".join(lines)


def _run(papers: Sequence[Paper], options: argparse.Namespace) -> int:
    if options.workers is not None and options.workers < 1:
        raise InputError(f"--workers {options.workers}: expected at least 1")
    paper, targets = _targets(papers, options.targets)
    overrides = [*profiles.split_overrides(options.overrides), *options.sets]
    chain = paper.chain(options.profile, overrides)
    options.workers = options.workers or paper.profiles.workers(options.profile) or default_workers()
    store = Store(options.store or project_folder() / "outputs")
    stages = [name for name in targets if name in chain.stages]
    if "settings" in targets:
        print("\n".join(_settings(chain, stages)))
    elif "status" in targets:
        from reproduce.workflow import status

        print(status.table(chain, store, options.profile, stages, options.verify))
    elif options.dry_run:
        print("\n".join(_plan(chain, store, stages, "report" in targets, options.verify)))
    else:
        call = Call(paper, options.profile, tuple(overrides), tuple(options.targets))
        _make(papers, call, options, chain, targets, store)
    return 0


def _settings(chain: Chain, stages: list[str]) -> list[str]:
    """Every setting with its value; with stages, those alone that they and what they need read."""
    values = profiles.flat(chain.settings.model_dump(mode="json", by_alias=True))
    if stages:
        read = {setting for name in chain.order(stages) for setting in chain.parts(name)["settings"]}
        values = {
            name: value for name, value in values.items() if any(f"{name}.".startswith(f"{group}.") for group in read)
        }
    return [f"{name}={'none' if value is None else value}" for name, value in values.items()]


def _plan(chain: Chain, store: Store, stages: list[str], report: bool, hashes: bool) -> list[str]:
    from reproduce.workflow import status
    from reproduce.workflow.report import PAGE

    lines = [status.plan(chain, store, stages, hashes)] if stages else []
    return [*lines, f"would write {store.root / PAGE} of what is in the store then"] if report else lines


def _make(
    papers: Sequence[Paper], asked: Call, options: argparse.Namespace, chain: Chain, targets: list[str], store: Store
) -> None:
    from reproduce.workflow import report
    from reproduce.workflow.maker import Maker, log_result
    from reproduce.workflow.tracking import Tracker

    project = project_folder()
    tracker = Tracker(project, store.root, asked.paper.experiment, asked.paper.name, asked.paper.title)
    stages = [target for target in targets if target in chain.stages]
    with tracker.call(asked.name, asked.tags(), asked.params()) as call:
        maker = Maker(
            chain, store, tracker, call, project, options.profile, options.workers, options.scheduler, options.verify
        )
        made, failures = maker.make_each(stages)
        for target, folder in made.items():
            log_result(call, store, chain, target, f"results/{target}" if len(targets) > 1 else None)
            call.tags({f"{target}.key": chain.key(target), f"{target}.run_id": maker.run_id(target)})
            _tell(target, folder)
        if "report" in targets:
            page = report.write(store, papers, asked.paper, options.profile, asked.overrides)
            call.artifacts(page.parent, [page.name])
            print(f"report: {page}")
        call.describe(asked.description(made, failures))
        if failures:
            raise InputError("; ".join(f"{', '.join(names)}: {line}" for line, names in failures.items()))


def _tell(target: str, folder: Path) -> None:
    """Print where a result is and how it compares with the paper."""
    from reproduce.workflow.comparison import FILE, lines

    picture = next(iter(sorted(folder.glob("*.png"))), folder)
    print(f"{target}: {picture}")
    if (folder / FILE).is_file():
        print("\n".join(f"  {line}" for line in lines(folder / FILE)))


def _targets(papers: Sequence[Paper], words: Sequence[str]) -> tuple[Paper, list[str]]:
    """The paper that is asked for, and its targets: `all` spelt out, each once."""
    valid = {
        paper.target(name): (paper, name)
        for paper in papers
        for name in (*SPECIAL, *(stage.name for stage in paper.stages))
    }
    asked: list[Paper] = []
    targets: list[str] = []
    for word in words:
        if word not in valid:
            close = difflib.get_close_matches(word, valid, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            raise InputError(f"target '{word}' does not exist{hint or '.'} Targets: {', '.join(valid)}")
        paper, name = valid[word]
        asked += [paper] if paper not in asked else []
        targets += [*paper.all(), "report"] if name == "all" else [name]
    if len(asked) > 1:
        names = ", ".join(paper.name for paper in asked)
        raise InputError(f"targets of {names} in one call: profile and settings belong to one paper; call them apart")
    return asked[0], list(dict.fromkeys(targets))
