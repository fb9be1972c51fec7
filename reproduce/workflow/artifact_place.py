"""Where the project's own tracking store, a SQLite file in the project's folder, says that artifacts lie.

MLflow writes an absolute folder into its database when it makes an experiment, and again for every run, and has no call
that changes either. So a project that was copied or renamed would go on writing into its old folder; and an experiment
that `mlflow run --experiment-name` makes before we are called lies in `mlruns`. This module corrects the rows.
"""

import re
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from urllib.parse import unquote, urlsplit

FOLDER = "mlartifacts"
MADE_BY_DEFAULT = re.compile(r"/(mlartifacts|mlruns/\d+)/?$")  # by us, or by MLflow; others were chosen by somebody


def settle(database: Path, experiments: Iterable[str]) -> None:
    """Let experiments write beside the database, in `FOLDER`; and let their runs be found there, if they are.

    Parameters
    ----------
    database : Path
        MLflow's SQLite file.
    experiments : iterable of str
        Their ids. One that lies on a server, in a bucket or in a folder of another name is left alone.
    """
    home = database.parent / FOLDER
    with closing(sqlite3.connect(database, timeout=60)) as connection, connection:
        for experiment in experiments:
            query = "SELECT artifact_location FROM experiments WHERE experiment_id = ?"
            (location,) = connection.execute(query, (experiment,)).fetchone() or (None,)
            if location and location != home.as_uri() and MADE_BY_DEFAULT.search(location):
                _move(connection, experiment, location, home)


def _move(connection: sqlite3.Connection, experiment: str, location: str, home: Path) -> None:
    connection.execute(
        "UPDATE experiments SET artifact_location = ? WHERE experiment_id = ?", (home.as_uri(), experiment)
    )
    for table, name, place in (
        ("runs", "run_uuid", "artifact_uri"),
        ("logged_models", "model_id", "artifact_location"),
    ):
        rows = connection.execute(f"SELECT {name}, {place} FROM {table} WHERE experiment_id = ?", (experiment,))
        for row, uri in rows.fetchall():
            if uri and uri.startswith(f"{location}/"):
                new = home / unquote(uri.removeprefix(f"{location}/"))
                if new.exists() or not _path(uri).exists():
                    connection.execute(f"UPDATE {table} SET {place} = ? WHERE {name} = ?", (new.as_uri(), row))


def _path(uri: str) -> Path:
    return Path(unquote(urlsplit(uri).path))
