"""What a web process loads when it starts."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from portal import migrations
from portal.migrations import runner

ROOT = Path(__file__).parents[2]
# Each is needed by the worker, a command or one setting alone, and costs memory in every web process.
LAZY_LIBRARIES = {"alembic", "boto3", "dlib", "numpy", "sentry_sdk"}


@pytest.mark.slow
def test_web_process_does_not_load_what_only_others_need() -> None:
    code = "import sys, portal.app; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert LAZY_LIBRARIES & set(done.stdout.split()) == set()


def test_expected_version_is_the_head_of_the_revisions() -> None:
    scripts = ScriptDirectory.from_config(runner.build_config(""))
    assert scripts.get_current_head() == migrations.get_head()


@pytest.mark.parametrize(("is_writable", "folder"), [(True, "/dev/shm"), (False, "None")])
def test_heartbeats_are_in_memory_only_where_it_can_be_written(is_writable: bool, folder: str) -> None:
    """In a container, the folder may exist and belong to root alone."""
    code = f"""if True:
        import os, runpy
        os.access = lambda *_args, **_options: {is_writable}
        print(runpy.run_path("gunicorn.conf.py")["worker_tmp_dir"])
    """
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == folder
