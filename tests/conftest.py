"""Before any test: memory is kept, as by the command line."""

from reproduce.workflow import memory

memory.keep()
