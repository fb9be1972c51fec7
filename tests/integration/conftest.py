"""What several files of these tests need, made once."""

from pathlib import Path

import pytest

from tests.support.model_folder import write_model_folder


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that `PiDoc.load` reads, with small untrained networks; not to be changed."""
    return write_model_folder(tmp_path_factory.mktemp("networks"))
