"""The command line: ``python -m reproduce TARGET…``. Nothing but argument parsing and a call."""

import argparse
import difflib
import importlib
import logging
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from reproduce import settings as settings_module
from reproduce.arguments import Parser
from reproduce.errors import InputError, mendable
from reproduce.executor import default_workers
from reproduce.pipeline import Chain
from reproduce.stages import FIGURES, STAGES
from reproduce.store import Store

SPECIAL = {
    "all": "every figure and table, and the report",
    "report": "one HTML page of all that has been made so far",
    "status": "what is there, what would run, and about how long",
    "settings": "every setting with its value under the profile",
}


COMMANDS = {"predict": "reproduce.predict", "log-model": "reproduce.serving"}  # with options of their own


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    targets = [*SPECIAL, *(stage.name for stage in STAGES)]
    build = Parser(
        prog="python -m reproduce",
        description=__doc__,
        epilog=f"Targets: {', '.join(targets)}. With options of their own: {', '.join(COMMANDS)}.",
    )
    build.add_argument(
        "targets", nargs="+", metavar="TARGET", help="a stage, figureN, tableN, report, all, status or settings"
    )
    build.add_argument(
        "--profile", default=settings_module.DEFAULT_PROFILE, help=" or ".join(settings_module.profiles())
    )
    build.add_argument(
        "--set", action="append", default=[], metavar="group.key=value", dest="sets", help="override a setting"
    )
    build.add_argument("--overrides", default="", help="the same, several separated by commas (used by MLproject)")
    build.add_argument("--workers", type=int, default=default_workers(), help="processes for independent items")
    build.add_argument("--scheduler", help="address of a Dask scheduler, such as tcp://host:8786")
    build.add_argument("--store", type=Path, help="folder of the results (default: outputs in the project's folder)")
    build.add_argument("--verify", action="store_true", help="check the sha256 of every file in the store that is used")
    build.add_argument("--dry-run", action="store_true", help="say what would run, and run nothing")
    return build


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status: 0 done, 1 an error of ours, 2 one of the user's, 130 Ctrl-C, 141
    nobody reads on."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # TensorFlow's greetings are no news to the reader
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # nor that several networks mean several graphs
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite kill ends the program as Ctrl-C does
    words = list(sys.argv[1:] if arguments is None else arguments)
    try:
        if words and words[0] in COMMANDS:
            status = int(importlib.import_module(COMMANDS[words[0]]).main(words[1:]))
        else:
            status = _run(parser().parse_args(words))
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


def _run(options: argparse.Namespace) -> int:
    if options.workers < 1:
        raise InputError(f"--workers {options.workers}: expected at least 1")
    overrides = [*settings_module.split_overrides(options.overrides), *options.sets]
    settings = settings_module.load(options.profile, overrides)
    chain = Chain(STAGES, settings)
    targets = _targets(options.targets, chain)
    project = project_folder()
    store = Store(options.store or project / "outputs")
    if "settings" in targets:
        for name, value in settings_module.flat(settings.model_dump(mode="json", by_alias=True)).items():
            print(f"{name}={'none' if value is None else value}")
        return 0
    if "status" in targets or options.dry_run:
        from reproduce.status import plan, table

        made = [name for name in targets if name in chain.stages]
        print(plan(chain, store, made, options.profile) if options.dry_run else table(chain, store, options.profile))
        return 0
    return _make(options, overrides, chain, targets, store, project)


def _make(
    options: argparse.Namespace, overrides: list[str], chain: Chain, targets: list[str], store: Store, project: Path
) -> int:
    from reproduce.pipeline import Maker, log_result
    from reproduce.tracking import Tracker

    tracker = Tracker(project, store.root)
    name = " ".join(targets)
    tags = {"target": name, "profile": options.profile, "overrides": ",".join(overrides)}
    with tracker.call(name, tags) as call:
        maker = Maker(
            chain, store, tracker, call, project, options.profile, options.workers, options.scheduler, options.verify
        )
        made, failures = maker.make_each([target for target in targets if target in chain.stages])
        for target, folder in made.items():
            log_result(call, store, target, chain.key(target))
            manifest = store.manifest(target, chain.key(target)) or {}
            call.tags({f"{target}.key": chain.key(target), f"{target}.run_id": manifest["mlflow"]["run_id"]})
            _tell(target, folder)
        if "report" in targets:
            from reproduce.report import write

            page = write(store, chain, options.profile, overrides)
            call.artifacts(page.parent, [page.name])
            print(f"report: {page}")
        if failures:
            raise InputError("; ".join(f"{', '.join(names)}: {line}" for line, names in failures.items()))
    return 0


def _tell(target: str, folder: Path) -> None:
    """Print where a result is and how it compares with the paper."""
    from reproduce.comparison import FILE, lines

    picture = next(iter(sorted(folder.glob("*.png"))), folder)
    print(f"{target}: {picture}")
    if (folder / FILE).is_file():
        print("\n".join(f"  {line}" for line in lines(folder / FILE)))


def _targets(words: Sequence[str], chain: Chain) -> list[str]:
    """The targets asked for, `all` spelt out, each once."""
    targets: list[str] = []
    valid = [*SPECIAL, *chain.stages]
    for word in words:
        if word not in valid:
            close = difflib.get_close_matches(word, valid, n=1)
            hint = f"; did you mean '{close[0]}'?" if close else ""
            raise InputError(f"target '{word}' does not exist{hint} Targets: {', '.join(valid)}")
        targets += [*FIGURES, "report"] if word == "all" else [word]
    return list(dict.fromkeys(targets))


def project_folder() -> Path:
    """The folder with MLproject: that of the source tree, or the current one for an installed package."""
    source = Path(__file__).resolve().parent.parent
    return source if (source / "MLproject").is_file() else Path.cwd()


if __name__ == "__main__":
    sys.exit(main())
