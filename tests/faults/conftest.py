"""One running portal for all tests of faults in this process; a test that fails takes it along."""

from __future__ import annotations

from collections.abc import Generator, Iterator

import pytest

for _module in ("load", "deployment", "deployments", "sandbox_control"):
    pytest.register_assert_rewrite(f"tests.faults.{_module}")

# What these assert is explained only if they are imported after that.
from tests.faults.deployment import Deployment  # noqa: E402
from tests.faults.deployments import Deployments  # noqa: E402

FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note for the fixture below whether the test failed."""
    report = yield
    item.stash[FAILED] = item.stash.get(FAILED, False) or report.failed
    return report


@pytest.fixture(scope="session")
def deployments() -> Iterator[Deployments]:
    made = Deployments()
    try:
        yield made
    finally:
        made.discard()


@pytest.fixture
def deployment(deployments: Deployments, request: pytest.FixtureRequest) -> Iterator[Deployment]:
    """The portal, whole; restored after the test, and discarded if the test failed or it cannot be restored."""
    try:
        running = deployments.get()
        running.restore()
        yield running
        if not request.node.stash.get(FAILED, False):
            running.restore()
    except BaseException:
        deployments.discard()
        raise
    if request.node.stash.get(FAILED, False):
        deployments.discard()
