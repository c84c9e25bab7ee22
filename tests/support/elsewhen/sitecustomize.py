"""Moves a process as far ahead in time as the run that started it. Python reads this at each start."""

from __future__ import annotations

import os
from datetime import timedelta

import time_machine

time_machine.travel(timedelta(seconds=float(os.environ["TESTS_ARE_AHEAD"])), tick=True).start()
