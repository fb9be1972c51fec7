"""The networks as an MLflow model: logged, loaded, and served over HTTP. A minute: slow."""

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from reproduce.papers.chardin2021.trained_model.pidoc import PiDoc
from tests.support.network_maps import one_map

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("tracking")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # mlflow calls uvicorn by its name
    return {**os.environ, "PATH": path, "MLFLOW_TRACKING_URI": f"sqlite:///{folder / 'mlflow.db'}"}


@pytest.fixture(scope="module")
def address(model_folder: Path, environment: dict[str, str]) -> str:
    command = [sys.executable, "-m", "reproduce", "log-model", "--networks", str(model_folder)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    found = re.search(r"^models:/m-\w+$", done.stdout, re.MULTILINE)
    assert found is not None
    return found.group()


@pytest.fixture
def url(address: str, environment: dict[str, str]) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", address, "--env-manager", "local"]
    server = subprocess.Popen([*command, "-p", str(port)], env=environment, start_new_session=True)
    yield f"http://127.0.0.1:{port}"
    os.killpg(server.pid, 15)
    server.wait(60)


def test_served_predictions_are_those_of_the_networks(model_folder: Path, url: str) -> None:
    maps = np.stack([one_map(np.random.default_rng(seed), 10.0, 20.0, 160)[0] for seed in range(2)])
    body = json.dumps({"inputs": maps.tolist(), "params": {"distance_kpc": 20.0}}).encode()
    request = urllib.request.Request(f"{url}/invocations", body, {"Content-Type": "application/json"})
    _until_alive(url)
    with urllib.request.urlopen(request, timeout=300) as answer:
        found = json.load(answer)["predictions"]
    expected = PiDoc.load(model_folder).predict(maps, 20.0)
    np.testing.assert_allclose(found["mass"], expected.mass, atol=1e-4)
    for name in expected.table:
        np.testing.assert_allclose(found[name], expected.table[name], rtol=1e-4)


def _until_alive(url: str) -> None:
    for _ in range(600):
        try:
            urllib.request.urlopen(f"{url}/ping", timeout=10)
            return
        except OSError:
            time.sleep(1)
    raise TimeoutError(url)
