"""Risky code, secrets in the tree, and known vulnerabilities of what is locked; exit status 1 for any of them.

`python tests/audit.py FOLDER`, the folder that holds bandit, detect-secrets and pip-audit. Each look first shows that
it can fail, on a file made for it. Where the vulnerability database cannot be reached the last line says NOT AUDITED:
that is no pass, and no reason to stop somebody who works without a network.
"""

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements-dev.txt", "requirements-audit.txt")
"""What runs, builds and tests; and the tools of this audit."""
BASELINE = ".secrets.baseline"
"""What only looks like a secret; `detect-secrets audit` keeps it."""
CODE = ("app", "bench", "migrations", "tests/audit.py")

_MADE_UP = ("tests/", "bench/")
"""Where passwords are phrases made up for one account of one test; keys and tokens are looked for there too."""
_EXEMPT = re.compile(r"# noqa: [A-Z0-9, ]*\bS(\d{3})\b")
_ORIGIN = re.compile(r"^[A-Z]+:[\w.]+:")
_RISKY = "import pickle\n\n\ndef load(given: bytes) -> object:\n    return pickle.loads(given)\n"


@dataclass(frozen=True)
class Audited:
    """What the look for vulnerabilities came to: lines to print, whether it failed, and whether it was one at all."""

    lines: tuple[str, ...]
    failed: bool = False
    done: bool = True


def main(tools: Path) -> int:
    """Look at everything and print what was found; the exit status."""
    failures = [*_can_fail(tools), *risks(tools, PROJECT, CODE), *secrets(tools, PROJECT, _files(PROJECT))]
    vulnerable = vulnerabilities(tools, PROJECT, LOCKS)
    for line in (*failures, *vulnerable.lines):
        print(line)
    return 1 if failures or vulnerable.failed else 0


def risks(tools: Path, folder: Path, code: Iterable[str]) -> Iterator[str]:
    """What bandit says of the code; a line that ruff exempts from a rule is exempt from bandit's of the same number."""
    settings = ["-c", str(PROJECT / "pyproject.toml")]
    report = _report([tools / "bandit", "-q", "-f", "json", *settings, "-r", *code], folder)
    for error in report["errors"]:
        yield f"{error['filename']}: bandit cannot read it ({error['reason']}); mend the file"
    for one in report["results"]:
        if not is_exempt(folder / one["filename"], one["line_number"], one["test_id"]):
            place = f"{one['filename']}:{one['line_number']}"
            yield f'{place}: {one["issue_text"]} Change it, or exempt it with "noqa: S{one["test_id"][1:]} - reason"'


def is_exempt(file: Path, line: int, rule: str) -> bool:
    """Whether a line says that this rule (`B608`) does not apply to it: ruff's rules have bandit's numbers."""
    text = file.read_text(encoding="utf-8").splitlines()[line - 1]
    return rule.removeprefix("B") in _EXEMPT.findall(text)


def secrets(tools: Path, folder: Path, files: Sequence[str]) -> Iterator[str]:
    """Keys, tokens and passwords in files of the tree, by detect-secrets; nothing is sent anywhere to try them."""
    known = looked_at(folder / BASELINE)
    made_up = [file for file in files if file.startswith(_MADE_UP)]
    others = sorted({*files} - {*made_up, BASELINE})
    for found, settings in ((others, ()), (made_up, ("--disable-plugin", "KeywordDetector"))):
        if found:
            report = _report([tools / "detect-secrets", "scan", "--no-verify", *settings, *found], folder)
            yield from _unknown(report["results"], known)


def looked_at(baseline: Path) -> set[tuple[str, str]]:
    """What somebody looked at and found to be no secret: file and hash of each, from a baseline of detect-secrets."""
    if not baseline.exists():
        return set()
    results = json.loads(baseline.read_text(encoding="utf-8"))["results"]
    return {
        (file, hit["hashed_secret"]) for file, hits in results.items() for hit in hits if hit.get("is_secret") is False
    }


def _unknown(results: dict[str, Any], known: set[tuple[str, str]]) -> Iterator[str]:
    for file, hits in results.items():
        for hit in hits:
            if (file, hit["hashed_secret"]) not in known:
                yield f"{file}:{hit['line_number']}: looks like a secret ({hit['type']}); take it out and replace it"


def vulnerabilities(tools: Path, folder: Path, locks: Iterable[str]) -> Audited:
    """What pip-audit knows of the locked packages."""
    wanted = [argument for lock in locks for argument in ("-r", lock)]
    settings = ["--disable-pip", "--require-hashes", "--progress-spinner", "off", "--timeout", "5", "-f", "json"]
    command = [tools / "pip-audit", *settings, *wanted]
    strict = _run([*command, "--strict"], folder)
    if strict.stdout.strip():
        return read_report(strict.stdout)
    lenient = _run(command, folder)
    return read_report(lenient.stdout, _last_line(strict.stderr))


def read_report(report: str, reason: str = "") -> Audited:
    """A report of pip-audit as it is to be printed. `reason`: why a strict audit, which comes first, gave none."""
    try:
        packages = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        return _not_audited(reason or "pip-audit gave no report")
    found = [_line(package, one) for package in packages for one in package.get("vulns", ())]
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    if skipped or reason:
        why = reason or f"{len(skipped)} packages were passed over, {skipped[0]} first"
        return Audited((*found, *_not_audited(why).lines), failed=bool(found), done=False)
    verdict = f"{len(packages)} locked packages audited, {len(found)} known vulnerabilities"
    return Audited((*found, verdict), failed=bool(found))


def _not_audited(reason: str) -> Audited:
    return Audited((f"NOT AUDITED for known vulnerabilities: {reason}; run `make audit` with a network",), done=False)


def _line(package: dict[str, Any], one: dict[str, Any]) -> str:
    fixed = " or ".join(one["fix_versions"]) or "no release yet; take the package out"
    return f"{package['name']} {package['version']}: {one['id']} is known; fixed in {fixed}, then run `make lock`"


def _can_fail(tools: Path) -> Iterator[str]:
    """What a look does not see that it has to see."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "risky.py").write_text(_RISKY)
        (folder / "key.txt").write_text(f"aws_key = {'AKIA' + 'Z7QW3ERT5YUI2OPA'}\n")
        if len(list(risks(tools, folder, ["risky.py"]))) < 1:
            yield "tests/audit.py: bandit does not see that pickled data is loaded; look at pyproject.toml"
        if len(list(secrets(tools, folder, ["key.txt"]))) < 1:
            yield "tests/audit.py: detect-secrets does not see an access key; look at how it is called"


def _files(folder: Path) -> list[str]:
    """The files of the tree, those not yet added too, without what is ignored."""
    listed = _run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"], folder).stdout
    return sorted({file for file in listed.split("\0") if file and (folder / file).is_file()})


def _report(command: list[Any], folder: Path) -> Any:
    done = _run(command, folder)
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise SystemExit(f"{command[0]}: gave no report ({_last_line(done.stderr)}); run `make audit` again") from None


def _run(command: list[Any], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - fixed commands


def _last_line(text: str) -> str:
    return _ORIGIN.sub("", (text.strip().splitlines() or ["no word of why"])[-1])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
