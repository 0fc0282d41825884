"""What a run says: one bar where a person watches, a line for each tenth of the jobs elsewhere, errors whole.

A plugin of Snakemake's logger interface (snakemake-interface-logger-plugins): a package of this name on
Python's path is found as logger ``irf7bone``. Snakemake goes on writing everything to .snakemake/log.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_irf7bone.progress import Progress

__all__ = ["LogHandler"]

CLEAR = "\r\x1b[K"
TICK_SECONDS = 1.0
NOTHING_TO_DO = "Nothing to be done"
WHERE_THE_LOG_IS = "Complete log"


class LogHandler(LogHandlerBase):
    """Writes to the error stream how far a run is, and every warning and error as Snakemake words it."""

    def __post_init__(self) -> None:
        self.progress = Progress()
        self.watched = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self.failed = False
        self._tenths = 0
        self._ended = threading.Event()
        self._clock: threading.Thread | None = None

    @property
    def writes_to_stream(self) -> bool:
        """Yes: Snakemake's own handler of the terminal then stays away."""
        return True

    @property
    def writes_to_file(self) -> bool:
        """No."""
        return False

    @property
    def has_filter(self) -> bool:
        """No: Snakemake's own leaves out what --quiet names."""
        return False

    @property
    def has_formatter(self) -> bool:
        """No: errors are worded by Snakemake's own."""
        return False

    @property
    def needs_rulegraph(self) -> bool:
        """No."""
        return False

    def emit(self, record: logging.LogRecord) -> None:
        """Show one record, or count it."""
        try:
            self._take(record)
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """Stop the clock and take the bar away."""
        self._ended.set()
        if self._clock is not None:
            self._clock.join()
            self._write(CLEAR)
        super().close()

    def _take(self, record: logging.LogRecord) -> None:
        event, now = getattr(record, "event", None), time.monotonic()
        if record.levelno >= logging.WARNING:
            self.failed |= record.levelno >= logging.ERROR
            self._say(self.format(record))
        elif event == LogEvent.RUN_INFO:
            self.progress.plan(record.stats, now)
            self._say(f"irf7bone: {self.progress.total} jobs to do")
            self._start_clock()
        elif event == LogEvent.JOB_INFO:
            self.progress.start(record.jobid, record.rule_name, record.rule_msg or "")
        elif event == LogEvent.JOB_FINISHED:
            self.progress.finish(record.job_id, now)
            self._note_a_tenth(now)
        elif self._is_worth_a_line(str(record.msg)):
            self._say(str(record.msg))
        self._draw(now)

    def _is_worth_a_line(self, text: str) -> bool:
        return text.startswith(NOTHING_TO_DO) or (self.failed and text.startswith(WHERE_THE_LOG_IS))

    def _note_a_tenth(self, now: float) -> None:
        tenths = 10 * self.progress.done // max(1, self.progress.total)
        if not self.watched and tenths > self._tenths:
            self._say(f"irf7bone: {self.progress.said(now)}")
        self._tenths = tenths

    def _start_clock(self) -> None:
        if self.watched and self._clock is None:
            self._clock = threading.Thread(target=self._tick, daemon=True)
            self._clock.start()

    def _tick(self) -> None:
        while not self._ended.wait(TICK_SECONDS):
            with self.lock:
                if not self.progress.is_fetching:  # a download draws a bar of its own
                    self._draw(time.monotonic())

    def _draw(self, now: float) -> None:
        """The bar; the cursor stays at its beginning, so that what a job itself says is written over it."""
        if self.watched and self.progress.total and not self._ended.is_set():
            columns = os.get_terminal_size(sys.stderr.fileno()).columns
            self._write(f"{CLEAR}{self.progress.bar(now, columns or 80)}\r")

    def _say(self, text: str) -> None:
        if text and text != "None":
            self._write(f"{CLEAR if self.watched else ''}{text}\n")

    @staticmethod
    def _write(text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()
