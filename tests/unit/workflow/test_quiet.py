"""TensorFlow's greeting is left out, and nothing else. A stand-in greets, as TensorFlow takes long to import."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.places import ROOT

GREETS = """
import os
os.write(2, b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\\n")
os.write(2, b"I0000 port.cc:153] oneDNN custom operations are on. You may see slightly different\\n")
os.write(2, b"a real warning\\n")
value = 7
"""
HERE = """
from reproduce.workflow import quiet
quiet.greetings()
quiet.greetings()
import tensorflow
print(tensorflow.value, tensorflow.__spec__.loader.is_package("tensorflow"))
"""
IN_A_WORKER = """
from reproduce.workflow.executor import Lazy

def imported(item):
    import tensorflow
    return tensorflow.value

if __name__ == "__main__":
    lazy = Lazy(1, None)
    print(*lazy.map(imported, [1]))
    lazy.close()
"""


@pytest.mark.parametrize(("program", "told"), [(HERE, "7 True\n"), (IN_A_WORKER, "7\n")])
def test_the_greeting_is_left_out_and_all_else_told(tmp_path: Path, program: str, told: str) -> None:
    (tmp_path / "tensorflow").mkdir()
    (tmp_path / "tensorflow" / "__init__.py").write_text(GREETS)
    (tmp_path / "program.py").write_text(program)
    environment = {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    done = subprocess.run(
        [sys.executable, tmp_path / "program.py"], env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, told, "a real warning\n")


def test_an_import_that_fails_says_why(tmp_path: Path) -> None:
    (tmp_path / "tensorflow.py").write_text(GREETS + "raise ImportError('no such library')\n")
    (tmp_path / "program.py").write_text(HERE)
    environment = {"PYTHONPATH": f"{tmp_path}:{ROOT}"}
    done = subprocess.run(
        [sys.executable, tmp_path / "program.py"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "no such library" in done.stderr
    assert "oneDNN" not in done.stderr
