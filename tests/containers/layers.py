"""An image layer by layer: what each one adds to its base, a file that a later layer deletes too."""

import json
import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from tests.containers.stack import image, run

_LEFT_OVER = re.compile(
    r"var/lib/apt/lists/.+|var/cache/apt/.+|var/cache/debconf/.+|(tmp|var/tmp|wheels|source)/.+|"
    r".*/\.cache/.+|.*\.(whl|deb|pyc\.\d+|log)|.*/(\.git|tests)/.+|opt/oboegaki/(README\.md|build/.+)|"
    r"(usr/(local/)?)?s?bin/(gcc|cc|c\+\+|g\+\+|cpp|ld|as|make|ar)([.-].*)?|opt/.*/bin/(pip|uv)[\d.]*|"
    r".*/site-packages/(pip|uv|setuptools)/.+|usr/include/.+"
)
_LEFT_BY_APT = re.compile(
    r"var/lib/apt/lists/(partial|auxfiles)?|var/cache/apt/(archives(/(partial|lock))?)?|.*/\.wh\..*"
)


def added_files(name: str, base: str, folder: Path) -> Iterator[tuple[str, bytes]]:
    """Every file of every layer that an image has and its base has not: its path and what is in it."""
    of_the_base = len(image(base)["RootFS"]["Layers"])
    assert image(name)["RootFS"]["Layers"][:of_the_base] == image(base)["RootFS"]["Layers"], f"{name} is not on {base}"
    saved = folder / f"{re.sub('[^a-z0-9-]', '-', name)}.tar"
    run("docker", "image", "save", "--output", str(saved), name)
    with tarfile.open(saved) as archive:
        (manifest,) = json.loads(_content(archive, "manifest.json"))
        for layer in manifest["Layers"][of_the_base:]:
            with tarfile.open(fileobj=archive.extractfile(layer)) as files:
                yield from ((file.name, _content(files, file)) for file in files if file.isfile())
    saved.unlink()


def _content(archive: tarfile.TarFile, file: tarfile.TarInfo | str) -> bytes:
    found = archive.extractfile(file)
    assert found is not None, f"{file} is not a file"
    return found.read()


def left_over(names: Iterable[str]) -> list[str]:
    """R13: lists and packages of apt, caches of pip and uv, compilers and what only they need, tests."""
    return [name for name in names if _LEFT_OVER.fullmatch(name) and not _LEFT_BY_APT.fullmatch(name)]


def hits(secrets: Mapping[str, str], files: Mapping[str, bytes]) -> list[str]:
    """Which secrets stand in which files."""
    return [
        f"{secret} in {name}"
        for secret, value in secrets.items()
        for name, held in files.items()
        if value.encode() in held
    ]
