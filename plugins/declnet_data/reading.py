"""What sources of text share: the errors of a file that cannot be read."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from declnet import DataError


@contextlib.contextmanager
def reading(file: Path, what: str) -> Iterator[None]:
    """Turn the errors of reading *file*, "the csv file" say, into those that name it.

    Raises:
        DataError: it cannot be opened, or is not UTF-8.
    """
    try:
        yield
    except OSError as error:
        raise DataError(
            f"{what} cannot be read",
            file=str(file),
            found=error.strerror or str(error),
            allowed="a file that can be read",
            hint="check the path; it is relative to the spec's folder",
        ) from None
    except UnicodeDecodeError as error:
        raise DataError(
            f"{what} is not UTF-8",
            file=str(file),
            found=f"byte 0x{error.object[error.start]:02x}",
            allowed="text in UTF-8",
            hint="save it anew as UTF-8",
        ) from None
