"""A module whose source is part of a toy stage's key."""

OFFSET = 1


def square(value: int) -> int:
    return value * value + OFFSET
