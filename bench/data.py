"""Where the data sets are, and what the tables say of the machine."""

from __future__ import annotations

import os
import platform
import sys
from datetime import UTC, datetime
from pathlib import Path


def data_folder() -> Path:
    """The folder that `WARTA_DATA` names; ends the script in one line when there is none."""
    folder = os.environ.get("WARTA_DATA")
    if not folder:
        print("Skipped: set WARTA_DATA to the folder of labelled data sets.")
        sys.exit(0)
    return Path(folder)


def machine() -> str:
    """Date, cores and memory, for the line under a table."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    today = datetime.now(UTC).date()
    return f"{today}, {os.cpu_count()} cores, {memory:.0f} GiB, Python {platform.python_version()}"
