"""Memory that a program keeps, once it has had it.

The C library of Linux (glibc) gives large arrays back to the system as soon as they are free, and asks for new ones,
which the system must fill with zeros, page by page. A training step frees and asks for hundreds of megabytes: in a
virtual machine, where a page is dear, that was more than half of the time of a training.
"""

import ctypes
import os
import sys

# mallopt's number of each parameter (malloc.h) and its value; and the same for processes that this one starts.
_ARENA_MAX, _MMAP_MAX, _TOP_PAD, _TRIM_THRESHOLD = -8, -4, -2, -1
_PARAMETERS = {_ARENA_MAX: 1, _MMAP_MAX: 0, _TOP_PAD: 2**26, _TRIM_THRESHOLD: -1}
_ENVIRONMENT = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_MAX_": "0",
    "MALLOC_TOP_PAD_": str(2**26),
    "MALLOC_TRIM_THRESHOLD_": str(2**62),
}


def keep() -> None:
    """From now on this process, and those that it starts, keep memory for their next arrays.

    To be called before threads are started. Where the C library is another, or the user has set any of the variables
    ``MALLOC_…``, nothing is done.
    """
    if sys.platform != "linux" or any(name in os.environ for name in _ENVIRONMENT):
        return
    try:
        mallopt = ctypes.CDLL("libc.so.6").mallopt
    except (OSError, AttributeError):
        return
    os.environ.update(_ENVIRONMENT)
    for parameter, value in _PARAMETERS.items():
        mallopt(parameter, value)
