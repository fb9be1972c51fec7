"""Command-line arguments whose errors are one line."""

import argparse
from typing import NoReturn

from reproduce.workflow.errors import InputError


class Parser(argparse.ArgumentParser):
    """A parser that raises `InputError` where argparse would print its usage and leave."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message}; `{self.prog} --help` shows the usage")
