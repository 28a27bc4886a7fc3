"""Load sources: the folders that callers may have loaded, by names that an operator gave them."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from schema.errors import BadInput, NotFound


@dataclass(frozen=True)
class LoadSource:
    """A folder, or a synthetic shop's scale, that may be loaded; callers know its name alone, never where it is.

    Attributes:
        loader: as `shelfgraph load` names it.
        path: the folder that holds the files, or folders of them.
    """

    loader: str
    path: Path

    def folder(self, below: str | None) -> Path:
        """The folder itself or one below it, wherever links lead.

        Raises:
            BadInput: if `below` is no name of something below a folder.
            NotFound: if there is no such folder below this one; one elsewhere is none.
        """
        if below is None:
            return self.path
        refuse_ways_out(below)
        try:
            found = (self.path / below).resolve(strict=True)
            is_inside = found.is_relative_to(self.path.resolve(strict=True)) and found.is_dir()
        except OSError:
            is_inside = False
        if not is_inside:
            raise NotFound("folder of this source", below)
        return found


def refuse_ways_out(below: str) -> None:
    """Return if a path can only lead down from where it starts, links apart.

    Raises:
        BadInput: if it cannot.
    """
    parts = PurePosixPath(below).parts
    is_plain = all(part not in ("..", "/", "//") and not part.startswith("~") for part in parts)
    if not parts or not is_plain or len(below) > 500 or not below.isprintable() or "\\" in below:
        raise BadInput("This is no folder below a source.", remedy="Give a path below the source, without `..`.")


def load_sources(told: Mapping[str, str]) -> dict[str, LoadSource]:
    """Sources by name, of texts such as `retail-tables /srv/exports`.

    Raises:
        BadInput: if a text does not name a loader and a path.
    """
    sources = {}
    for name, text in told.items():
        loader, _, path = text.strip().partition(" ")
        if not name.strip() or not loader or not path.strip():
            raise BadInput(
                f"SHELFGRAPH_LOADS names {name!r}: {text!r}, which is no loader and path.",
                remedy='Write {"nightly": "retail-tables /srv/exports"}.',
            )
        sources[name] = LoadSource(loader, Path(path.strip()))
    return sources
