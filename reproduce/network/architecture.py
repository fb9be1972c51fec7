"""What the two networks are made of, and their weights on disk.

A trained pair of networks is ``architecture.json`` and two files of weights. Loading builds the networks from our own code
by the numbers in that JSON and then reads arrays: nothing in the files is ever executed.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Self

import keras

from reproduce.errors import InputError
from reproduce.files import write_whole
from reproduce.network import encoder_decoder, regressor
from reproduce.settings import Train

NETWORKS: tuple["Network", ...]
Network = Literal["encoder_decoder", "regressor"]
