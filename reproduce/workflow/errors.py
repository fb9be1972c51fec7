"""The one kind of error that is the user's to mend."""

import errno

DISK_FULL = ("No space left on device", "database or disk is full", "errno = 28", "Disk quota exceeded")
NOT_WRITABLE = ("readonly database", "Read-only file system", "unable to open database file")


class InputError(ValueError):
    """Bad usage, setting, file or value.

    Its text is one line that says what, where, what was expected, what was found and how to mend it. The command line
    prints that line and ends with status 2; any other exception is an error of ours and ends with status 1.
    """


def mendable(error: BaseException | None) -> str | None:
    """The line for an error that is the user's to mend, in whatever wrapping a library put it; None for one of ours."""
    while error is not None:
        if isinstance(error, InputError):
            return str(error)
        text = str(error)
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or any(words in text for words in DISK_FULL):
            way_out = "free it, or name another folder with --store; finished work is kept"
            return f"the disk is full ({_first_line(text)}); {way_out}"
        if isinstance(error, PermissionError) or any(words in text for words in NOT_WRITABLE):
            way_out = "mend the permissions, or name another place with --store or MLFLOW_TRACKING_URI"
            return f"cannot write ({_first_line(text)}); {way_out}"
        error = error.__cause__ or error.__context__
    return None


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else "no details"
