"""The machine's clock, moved for processes that a test starts: a library put before libc; the programs run as they are.

Wall time alone is moved (CLOCK_REALTIME, gettimeofday, time), by one step that holds as long as a process runs: for it, time
goes on as ever, and nothing jumps. Needs a C compiler; a test that asks for it skips with that reason where there is none.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

STEP = "ONCETOLD_TEST_CLOCK_STEP"
SOURCE = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <sys/time.h>
#include <time.h>

static int (*real)(clockid_t, struct timespec *);
static long step;

__attribute__((constructor)) static void begin(void) {
    const char *given = getenv("ONCETOLD_TEST_CLOCK_STEP");
    real = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
    step = given ? atol(given) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *at) {
    if (!real) begin();
    int failed = real(clock, at);
    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) at->tv_sec += step;
    return failed;
}

int gettimeofday(struct timeval *restrict at, void *restrict zone) {
    struct timespec now;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &now)) return -1;
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
"""


@dataclass(frozen=True, slots=True)
class MovedClock:
    """The clock of such processes as the test sees it; a gateway's `Clock`. step: seconds ahead of the machine's."""

    library: Path
    step: int

    @property
    def environment(self) -> dict[str, str]:
        """What a process is started with."""
        return {"LD_PRELOAD": str(self.library), STEP: str(self.step)}

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=self.step)

    def monotonic(self) -> float:
        return time.monotonic()

    def assert_sound(self) -> None:
        """It is: a step is not a jump."""

    def at(self, moment: datetime) -> MovedClock:
        """The clock that shows this moment now, to the second."""
        return MovedClock(self.library, round((moment - datetime.now(UTC)).total_seconds()))


def moved_clock(folder: Path) -> MovedClock:
    """The machine's clock, to be moved. Skips where it cannot be."""
    compiler = shutil.which("cc")
    if compiler is None or not sys.platform.startswith("linux"):
        pytest.skip("moving the clock of a process needs Linux and a C compiler (cc)")
    folder.mkdir(parents=True, exist_ok=True)
    source, library = folder / "later.c", folder / "later.so"
    source.write_text(SOURCE)
    subprocess.run([compiler, "-shared", "-fPIC", "-O1", "-o", str(library), str(source), "-ldl"], check=True)
    found = MovedClock(library, 86_400)
    told = subprocess.run(
        [
            sys.executable,
            "-c",
            "import datetime, time; print(int(time.time()), datetime.datetime.now().timestamp())",
        ],
        env={**os.environ, **found.environment},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    assert all(abs(float(one) - time.time() - 86_400) < 60 for one in told), (
        "the clock of a process was not moved"
    )
    return found
