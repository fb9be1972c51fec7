"""What several files of these tests need, made once."""

from pathlib import Path

import pytest

from tests.support.networks_bundle import write_bundle


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that `PiDoc.load` reads, with small untrained networks; not to be changed."""
    return write_bundle(tmp_path_factory.mktemp("networks"))
