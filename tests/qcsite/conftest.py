"""Throw-away clusters; no process outlives its test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from qcsite import embedded
from tests.qcsite.users import User, is_stopped, wait_for


@pytest.fixture(autouse=True)
def _no_user_outlives_its_test() -> Iterator[None]:
    yield
    for user in tuple(User.running):
        user.kill()


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Short enough for a socket, whatever the test's name."""
    return tmp_path_factory.mktemp("t")


@pytest.fixture(scope="session")
def created_cluster(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a cluster that was created, used and stopped."""
    parent = tmp_path_factory.mktemp("created")
    User(parent).end()
    assert wait_for(lambda: is_stopped(parent))
    return parent


@pytest.fixture
def clusters(tmp_path: Path, created_cluster: Path) -> Iterator[Path]:
    """A directory with a cluster `test` of its own; no process is left behind."""
    parent = tmp_path / "clusters"
    shutil.copytree(created_cluster, parent)
    yield parent
    assert wait_for(lambda: is_stopped(parent))


@pytest.fixture
def used_server(clusters: Path) -> Iterator[embedded.Server]:
    """A server of cluster `test`, kept running by a process of its own."""
    user = User(clusters)
    host = user.line()
    directory = clusters / "test"
    yield embedded.Server(
        directory, host, embedded.PORT, embedded.read_passwords(directory / "passwords.json")
    )
    user.end()
