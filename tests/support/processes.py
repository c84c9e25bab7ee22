"""Runs our commands as processes of their own, on the school of the test that starts them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

from flask import Flask

ROOT = Path(__file__).parents[2]


def environment(app: Flask, **extra: str) -> dict[str, str]:
    settings = app.extensions["proeve_settings"]
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PROEVE_", "DATABASE_"))
    }
    return {
        **kept,
        "PROEVE_SCHOOL": settings.school,
        "PROEVE_DATA": str(settings.data),
        "DATABASE_URL": settings.database_url,
        **extra,
    }


def start(app: Flask, *arguments: str, **extra: str) -> subprocess.Popen[str]:
    """Start Python with these arguments; stdout and stderr come together, line by line."""
    return subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env=environment(app, **extra),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def command(app: Flask, *arguments: str, **extra: str) -> tuple[int, str]:
    """Run `run.py` with these arguments to its end; gives its exit status and output."""
    return finished(app, "run.py", *arguments, **extra)


def finished(app: Flask, *arguments: str, **extra: str) -> tuple[int, str]:
    """Run Python with these arguments to its end; gives its exit status and output."""
    process = start(app, *arguments, **extra)
    try:
        output, _ = process.communicate(timeout=120)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    return process.returncode, output


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
