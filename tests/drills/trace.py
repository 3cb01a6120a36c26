"""A server's file operations and replies, recorded by strace and read back as a sequence of events.

strace sees every system call of the server and its workers, with all bytes written. A call that was interrupted by
another one stands on two lines: it began on the first and was done on the second.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from tests.drills.tools import tool

_CALLS = (
    "openat,creat,write,writev,pwrite64,pwritev,fsync,fdatasync,ftruncate,truncate,rename,renameat,renameat2,"
    "unlink,unlinkat,link,linkat,fallocate,sendto,sendmsg,copy_file_range,sendfile"
)
_UNKNOWN = frozenset({"pwritev", "truncate", "fallocate", "copy_file_range", "sendfile", "creat"})
"""Calls that the model does not know: they must not happen in the data folder."""

_LINE = re.compile(r"^(\d+) +(\w+)\((.*)$", re.DOTALL)
_RESUMED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>(.*)$", re.DOTALL)
_RESULT = re.compile(r"= (-?\d+|\?)(?:<[^>]*>)?(?: [^=]*)?$")
_DESCRIPTOR = re.compile(r"^\d+<([^>]*)>")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_ACKNOWLEDGED = re.compile(rb'"undo": ?"([0-9a-f-]{36})"')


class Event(NamedTuple):
    """One thing that happened: `begun` and `done` are places in the recording; `done` of a call cut off is inf.

    `what`: write (path, offset, data), append (path, data), size (path, offset), sync (path), make (path),
    remove (path), rename (path, other), link (path, other), acknowledge (review).
    """

    what: str
    begun: float
    done: float
    path: str = ""
    offset: int = 0
    data: bytes = b""
    other: str = ""
    review: UUID | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """A system call as strace wrote it down."""

    name: str
    begun: float
    done: float
    arguments: str
    result: int


def recorder(file: Path) -> list[str]:
    """The command to put before a server's so that its calls are recorded in `file`."""
    return [
        tool("strace"),
        "-f",
        "-y",
        "--seccomp-bpf",
        "-xx",
        "-s",
        "1000000",
        "-e",
        f"trace={_CALLS}",
        "-o",
        str(file),
    ]


def events(file: Path, folder: Path) -> list[Event]:
    """What happened to the files of `folder`, and which answers were acknowledged, in the order of its taking effect.

    A sync takes effect when it is done, everything else may when it has begun.
    """
    with file.open() as lines:
        found = [event for call in _calls(lines) for event in _events(call, f"{folder}/", str(folder))]
    return sorted(found, key=lambda event: event.done if event.what == "sync" else event.begun)


def _calls(lines: Iterable[str]) -> Iterator[Call]:
    """Every call that succeeded, or was cut off by the end of its process."""
    open_calls: dict[str, tuple[str, int, str]] = {}
    for place, line in enumerate(lines):
        if resumed := _RESUMED.match(line.rstrip("\n")):
            name, begun, arguments = open_calls.pop(resumed[1], (resumed[2], place, ""))
            yield from _finished(name, begun, place, arguments + resumed[3])
        elif started := _LINE.match(line.rstrip("\n")):
            process, name, rest = started.groups()
            if rest.endswith("<unfinished ...>"):
                open_calls[process] = (name, place, rest.removesuffix("<unfinished ...>"))
            else:
                yield from _finished(name, place, place, rest)
    for name, begun, arguments in open_calls.values():
        if name not in ("fsync", "fdatasync"):
            yield Call(name, begun, float("inf"), arguments, 0)


def _finished(name: str, begun: int, done: int, text: str) -> Iterator[Call]:
    result = _RESULT.search(text)
    if result is None or result[1] == "?":
        if name not in ("fsync", "fdatasync"):
            yield Call(name, begun, float("inf"), text, 0)
    elif int(result[1]) >= 0:
        yield Call(name, begun, done, text[: result.start()], int(result[1]))


def _events(call: Call, inside: str, folder: str) -> Iterator[Event]:
    """What a call means for the files below `inside`; the other end of a connection counts as well."""
    descriptor = _DESCRIPTOR.match(call.arguments)
    target = _plain(descriptor[1]).decode() if descriptor else ""
    span = (call.begun, call.done)
    if call.name in ("write", "writev", "sendto", "sendmsg") and target.startswith(("socket:", "TCP")):
        for review in _ACKNOWLEDGED.findall(_bytes(call)):
            yield Event("acknowledge", *span, review=UUID(review.decode()))
    elif descriptor and (target.startswith(inside) or target == folder):
        yield from _of_file(call, target.removesuffix(" (deleted)"), is_gone=target.endswith(" (deleted)"))
    elif not descriptor:
        yield from _of_names(call, inside)


def _of_file(call: Call, path: str, *, is_gone: bool) -> Iterator[Event]:
    span = (call.begun, call.done)
    if call.name in _UNKNOWN:
        raise AssertionError(f"{call.name} on {path}: the model of a disk does not know this call; teach it")
    if is_gone:
        return
    if call.name == "pwrite64":
        yield Event("write", *span, path, _last_number(call), _bytes(call)[: call.result or None])
    elif call.name in ("write", "writev"):
        yield Event("append", *span, path, data=_bytes(call)[: call.result or None])
    elif call.name == "ftruncate":
        yield Event("size", *span, path, _last_number(call))
    elif call.name in ("fsync", "fdatasync"):
        yield Event("sync", *span, path)


def _of_names(call: Call, inside: str) -> Iterator[Event]:
    """Names made, moved and removed; the program names its files by their whole paths."""
    names = [_plain(text).decode() for text in _TEXT.findall(call.arguments)]
    if not any(name.startswith(inside) for name in names):
        return
    span = (call.begun, call.done)
    if call.name == "openat" and "O_CREAT" in call.arguments:
        yield Event("make", *span, names[0])
    elif call.name in ("unlink", "unlinkat"):
        yield Event("remove", *span, names[0])
    elif call.name.startswith("rename"):
        yield Event("rename", *span, names[0], other=names[1])
    elif call.name.startswith("link"):
        yield Event("link", *span, names[0], other=names[1])
    elif call.name in _UNKNOWN:
        raise AssertionError(f"{call.name} on {names}: the model of a disk does not know this call; teach it")


def _last_number(call: Call) -> int:
    return int(re.findall(r"(\d+) *\)? *$", call.arguments)[0])


def _bytes(call: Call) -> bytes:
    return b"".join(_plain(text) for text in _TEXT.findall(call.arguments))


def _plain(escaped: str) -> bytes:
    return bytes.fromhex(escaped.replace("\\x", "")) if escaped.startswith("\\x") else escaped.encode()
