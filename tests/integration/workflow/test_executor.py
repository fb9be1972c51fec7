"""Processes for items: as many as are needed, no more than are allowed."""

import os
import time

import pytest

from reproduce.workflow.executor import Lazy, executor


def process(pause: float) -> int:
    time.sleep(pause)
    return os.getpid()


@pytest.mark.parametrize(("workers", "items", "expected"), [(6, 3, 3), (2, 5, 2)])
def test_no_more_processes_than_items(workers: int, items: int, expected: int) -> None:
    with executor(workers) as pool:
        assert isinstance(pool, Lazy)
        assert len(set(pool.map(process, [0.2] * items))) <= expected
        assert len(pool._cluster.worker_spec) == expected


def test_more_items_later_get_more_processes() -> None:
    with executor(3) as pool:
        assert isinstance(pool, Lazy)
        assert list(pool.map(process, [0.0]))
        assert len(pool._cluster.worker_spec) == 1
        assert len(list(pool.map(process, [0.0] * 3))) == 3
        assert len(pool._cluster.worker_spec) == 3
