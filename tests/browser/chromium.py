"""The browser of the browser tests: an installed Chromium, else Debian's package, else Playwright's own.

`python -m tests.browser.chromium` makes sure that there is one and says which; it fails with one sentence when
there is none to be had.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PACKAGES = ("chromium", "fonts-noto-cjk")

_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def executable() -> str | None:
    """The path of the Chromium that tests drive; None when there is none on this machine."""
    for name in _NAMES:
        if found := shutil.which(name):
            return found
    return _playwrights_own()


@contextmanager
def launched(*flags: str) -> Iterator["Browser"]:
    """A running Chromium, without a window; fails on a machine that has none."""
    from playwright.sync_api import sync_playwright

    path = executable()
    assert path is not None, "no Chromium; run: python -m tests.browser.chromium"
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=path, args=[*_FLAGS, *sandbox, *flags])
        yield opened
        opened.close()


def _playwrights_own() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if Path(path).exists() else None


def _install() -> None:
    """Debian's package where it may be installed, else the build that Playwright downloads."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Chromium and Japanese fonts from Debian")
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "-qq", "update"], env=environment, check=False)  # noqa: S607
        command = ["apt-get", "-qq", "install", "-y", "--no-install-recommends", *_PACKAGES]
        subprocess.run(command, env=environment, check=False, stdout=subprocess.DEVNULL)  # noqa: S603
    if executable() is None:
        print("Installing Playwright's own Chromium")
        subprocess.run([sys.executable, "-m", "playwright", "install", "chromium"], check=False)


def main() -> int:
    """Make sure that there is a browser; 1 when there is none to be had."""
    if executable() is None:
        _install()
    found = executable()
    if found is None:
        print("The browser tests need Chromium; install it (on Debian: apt-get install chromium)", file=sys.stderr)
        return 1
    print(f"Browser: {found}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
