"""Read by Python at each start of a process of a run at another moment: it is as far ahead as the run."""

from __future__ import annotations

import os
from datetime import timedelta

import time_machine

time_machine.travel(timedelta(seconds=float(os.environ["TESTS_ARE_AHEAD"])), tick=True).start()
