"""A model of the project as users serve it: logged by its command, served by ``mlflow models serve``, asked by HTTP."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


def environment(folder: Path) -> dict[str, str]:
    """Of the commands, with a tracking store of their own in a folder."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # mlflow calls uvicorn by its name
    return {**os.environ, "PATH": path, "MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}"}


def logged(command: str, networks: Path, environment: dict[str, str]) -> str:
    """Address of the model that a command has logged."""
    words = [sys.executable, "-m", "reproduce", command, "--networks", str(networks)]
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=True)
    found = re.search(r"^models:/m-\w+$", done.stdout, re.MULTILINE)
    assert found is not None
    return found.group()


@contextmanager
def served(address: str, environment: dict[str, str]) -> Iterator[str]:
    """URL of a server of the model that answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", address, "--env-manager", "local"]
    server = subprocess.Popen([*command, "-p", str(port)], env=environment, start_new_session=True)
    try:
        _until_alive(f"http://127.0.0.1:{port}")
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, 15)
        server.wait(60)


def ask(url: str, body: dict[str, Any]) -> Any:
    """Predictions of a served model."""
    request = urllib.request.Request(
        f"{url}/invocations", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=300) as answer:
        return json.load(answer)["predictions"]


def _until_alive(url: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{url}/ping", timeout=10)
            return
        except OSError:
            time.sleep(1)
    raise TimeoutError(url)
