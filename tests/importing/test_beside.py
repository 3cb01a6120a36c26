"""Pictures and sounds beside deck files: taken in with them, never from outside, and gone when no note shows them."""

import io
import zipfile
from collections.abc import Mapping
from hashlib import sha256

import pytest
from sqlalchemy import event, select

from app import importing, media
from app.decks.note import Problem
from app.importing import ImportReport
from app.importing.folder import CardsFolder
from app.importing.report import Kind
from app.importing.uploads import Upload, Uploaded, from_uploads
from app.models import DeckMedium, ImportMedium, Medium
from tests.conftest import NOW
from tests.importing.library_folder import Folder
from tests.importing.test_progress import START, STOP
from tests.pictures import png

NOTE = "Q: a?\nA: text\n\n![a](img/x.png)\n"
MISSING = '"img/x.png" is not there; put the file there, its path counted from the deck file, or correct the name'


def put(folder: Folder, file: str, data: bytes) -> None:
    """Write a file that is no text."""
    path = folder.path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def stored(folder: Folder) -> list[bytes]:
    """The pictures and sounds in the database."""
    with folder.database.reading() as session:
        return sorted(session.execute(select(Medium.bytes)).scalars())


def shown(folder: Folder) -> dict[str, bytes | None]:
    """What the decks' notes show, by name."""
    query = select(DeckMedium.name, Medium.bytes).outerjoin(Medium, Medium.sha256 == DeckMedium.sha256)
    with folder.database.reading() as session:
        return {row.name: row.bytes for row in session.execute(query)}


def problems(report: ImportReport) -> list[str]:
    """The problems of all files, each with its line."""
    return [
        f"{file.file}:{one['line']}: {one['message'] % one['details']}; {one['remedy'] % one['details']}"
        for file in report.files
        for one in file.problems
    ]


@pytest.fixture(params=["first import", "later import"])
def started(request: pytest.FixtureRequest, folder: Folder) -> Folder:
    """A folder whose library is empty, or holds a deck already."""
    if request.param == "later import":
        folder.write("0.md", START)
        folder.run()
    return folder


def test_a_picture_beside_a_deck_file_comes_with_it(started: Folder) -> None:
    started.write("docker/a.md", NOTE + "Q: b?\nA: [sound:s.mp3] ![](../y.png)\n")
    put(started, "docker/img/x.png", png("x"))
    put(started, "docker/s.mp3", b"ID3 sound")
    put(started, "y.png", png("y"))
    report = started.run()
    assert problems(report) == []
    assert shown(started) == {"img/x.png": png("x"), "s.mp3": b"ID3 sound", "../y.png": png("y")}
    assert report.media == 3
    assert report.summary.endswith("new, 3 pictures and sounds")


def test_a_missing_picture_is_a_problem_of_its_line(started: Folder) -> None:
    started.write("a.md", f"---\nname: A\n---\n{START}\n{NOTE}")
    report = started.run()
    assert problems(report) == [f"a.md:10: {MISSING}"]
    assert report.count(importing.report.Kind.NEW) == 2
    assert shown(started) == {"img/x.png": None}


@pytest.mark.parametrize(
    "name",
    ["../x.png", "/etc/x.png", "a/../../x.png", ".git/x.png", "%2e%2e/x.png", "out/x.png", "link.png", "a/.x.png"],
)
def test_nothing_comes_from_outside_or_from_a_hidden_place(started: Folder, name: str) -> None:
    outside = started.path.parent / "outside"
    outside.mkdir()
    for path in (outside / "x.png", started.path.parent / "x.png"):
        path.write_bytes(png("secret"))
    (started.path / "out").symlink_to(outside)
    (started.path / "link.png").symlink_to(outside / "x.png")
    put(started, ".git/x.png", png("secret"))
    put(started, "a/.x.png", png("secret"))
    started.write("a.md", f"Q: a?\nA: ![]({name})\n")
    told = name.replace("%2e", ".")
    assert problems(started.run()) == [
        f'a.md:2: "{told}" leads out of the folder of the decks, or into a hidden one; '
        "put the file beside the deck file"
    ]
    assert stored(started) == []


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("x.png", b"<svg xmlns='http://www.w3.org/2000/svg'><script>1</script></svg>"),
        ("x.svg", b"<svg/>"),
        ("x.png", b"ID3 a sound"),
        ("x.mp3", png()),
        ("x.jpg", b""),
    ],
)
def test_what_is_none_of_the_kinds_is_not_taken(started: Folder, name: str, data: bytes) -> None:
    put(started, name, data)
    started.write("a.md", f"Q: a?\nA: ![]({name})\n")
    assert problems(started.run()) == [
        f'a.md:2: "{name}" is none of the kinds that are shown, whatever its name says; '
        "save it as PNG, JPEG, GIF, WebP or AVIF, a sound as MP3, Ogg or M4A"
    ]
    assert stored(started) == []


def test_a_large_picture_is_not_taken(started: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media, "LARGEST", 2 * 1024 * 1024)
    put(started, "img/x.png", png("x" * 2 * 1024 * 1024))
    started.write("a.md", NOTE)
    assert problems(started.run()) == ['a.md:4: "img/x.png" is larger than 2 MiB; save it smaller']


def test_an_import_takes_so_much_and_the_next_takes_the_rest(started: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CardsFolder, "most_media", 1024 * 1024)
    for name in ("x", "y"):
        put(started, f"{name}.png", png(name * 600_000))
    started.write("a.md", "Q: a?\nA: ![](x.png) ![](y.png) ![](x.png)\n")
    assert problems(started.run()) == [
        'a.md:2: with "y.png" this import takes more than 1 MiB of pictures and sounds; '
        "import again to take the rest, or save them smaller"
    ]
    assert problems(started.run()) == []
    assert len(stored(started)) == 2
    assert started.run().import_id is None


def test_a_picture_that_changes_or_comes_later_is_taken_though_the_deck_file_stays(started: Folder) -> None:
    started.write("a.md", NOTE)
    started.run()
    put(started, "img/x.png", png("first"))
    assert (started.run(asked=False).media, shown(started)) == (1, {"img/x.png": png("first")})
    put(started, "img/x.png", png("second"))
    assert (started.run(asked=False).media, shown(started)) == (1, {"img/x.png": png("second")})
    assert started.run().import_id is None
    (started.path / "img/x.png").unlink()
    assert problems(started.run()) == [f"a.md:4: {MISSING}"]
    assert shown(started) == {"img/x.png": None}


def test_a_picture_that_cannot_be_read_is_told_at_each_import_until_it_can(
    started: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    started.write("a.md", NOTE)
    put(started, "img/x.png", png("one"))
    unreadable = Problem(1, "media-unreadable", "", "", {"reason": "Input/output error"})
    with monkeypatch.context() as broken:
        broken.setattr(CardsFolder, "medium", lambda *_: unreadable)
        told = [[one["code"] for file in started.run(asked=False).files for one in file.problems] for _ in range(3)]
    assert told == 3 * [["media-unreadable"]]
    started.run(asked=False)
    assert shown(started) == {"img/x.png": png("one")}


@pytest.mark.parametrize("name", ["a%00b.png", "".join(map(chr, range(0x4E00, 0x5200))) + ".png"])
def test_a_name_that_no_database_can_look_for_keeps_no_deck_out(started: Folder, name: str) -> None:
    started.write("a.md", f"Q: a?\nA: text ![]({name})\n")
    assert started.run().count(Kind.NEW) == 1


def test_many_pictures_are_hung_in_no_more_statements_than_a_few(started: Folder) -> None:
    sent: list[str] = []
    event.listen(started.database.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    for names in (range(5), range(10), range(20, 500)):
        started.write("a.md", "\n".join(f"Q: {name}? ![](x{name}.png)\nA: yes" for name in names))
        sent.clear()
        started.run()
        assert sum("deck_media" in statement for statement in sent) <= 12


def test_an_undo_brings_the_pictures_back(started: Folder) -> None:
    started.write("a.md", NOTE)
    put(started, "img/x.png", png("first"))
    started.run()
    put(started, "img/x.png", png("second"))
    second = started.run()
    started.write("a.md", START)
    third = started.run()
    assert shown(started) == {}
    started.undo(third.import_id)
    assert shown(started) == {"img/x.png": png("second")}
    started.undo(second.import_id)
    assert shown(started) == {"img/x.png": png("first")}
    assert stored(started) == [png("first")]
    with started.database.reading() as session:
        assert session.execute(select(ImportMedium)).all() == []


def test_an_undone_picture_is_held_like_any_other_content(started: Folder) -> None:
    started.write("a.md", NOTE)
    put(started, "img/x.png", png("first"))
    started.run()
    put(started, "img/x.png", png("second"))
    started.undo(started.run().import_id)
    assert started.run(asked=False).import_id is None
    assert shown(started) == {"img/x.png": png("first")}
    started.run()
    assert shown(started) == {"img/x.png": png("second")}


def test_a_file_that_goes_takes_its_pictures_along_and_undo_of_the_first_import_leaves_none(folder: Folder) -> None:
    folder.write("a.md", NOTE)
    put(folder, "img/x.png", png())
    first = folder.run()
    folder.remove("a.md")
    folder.write("b.md", STOP)
    gone = folder.run()
    assert shown(folder) == {}
    folder.undo(gone.import_id)
    assert shown(folder) == {"img/x.png": png()}
    folder.undo(first.import_id)
    assert (shown(folder), stored(folder)) == ({}, [])


def test_two_decks_that_change_places_keep_their_pictures(folder: Folder) -> None:
    for name in ("a", "b"):
        folder.write(f"{name}.md", f"---\nname: {name}\n---\nQ: {name}?\nA: ![]({name}.png)\n")
        put(folder, f"{name}.png", png(name))
    folder.run()
    before = shown(folder)
    folder.write("a.md", "---\nname: b\n---\nQ: a?\nA: ![](a.png)\n")
    folder.write("b.md", "---\nname: a\n---\nQ: b?\nA: ![](b.png)\n")
    report = folder.run()
    assert shown(folder) == before
    folder.undo(report.import_id)
    assert shown(folder) == before


def test_a_part_that_is_imported_knows_the_pictures_of_the_whole(folder: Folder) -> None:
    put(folder, "img/x.png", png())
    folder.write("x/a.md", "Q: a?\nA: ![](../img/x.png)\n")
    request = importing.Request(owner_id=None, root="x", whole=False, asked=True)
    part = importing.from_part(folder.path, folder.path / "x")
    assert problems(importing.import_files(folder.database, part, request, None, NOW)) == []
    assert stored(folder) == [png()]


def zipped(files: Mapping[str, bytes]) -> Uploaded:
    """An upload of one zip."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return from_uploads([Upload("decks.zip", io.BytesIO(packed.getvalue()))])


def send(folder: Folder, sources: Uploaded) -> ImportReport:
    """Import an upload as decks of the learner's own."""
    request = importing.Request(owner_id=folder.learner.id, root="uploaded files", whole=False, asked=True)
    return importing.import_files(folder.database, sources, request, folder.learner.id, NOW)


def test_a_zip_brings_its_pictures_and_a_file_sent_alone_keeps_them(folder: Folder) -> None:
    report = send(folder, zipped({"d/a.md": NOTE.encode(), "d/img/x.png": png(), "d/img/unused.png": png("u")}))
    assert (problems(report), shown(folder)) == ([], {"img/x.png": png()})
    alone = from_uploads([Upload("d/a.md", io.BytesIO((NOTE + STOP).encode()))])
    assert (problems(send(folder, alone)), shown(folder)) == ([], {"img/x.png": png()})
    send(folder, zipped({"d/a.md": (NOTE + STOP).encode(), "d/img/x.png": png("second")}))
    assert shown(folder) == {"img/x.png": png("second")}


def test_a_deck_whose_file_is_sent_alone_under_another_name_keeps_its_pictures(folder: Folder) -> None:
    send(folder, zipped({"a.md": (NOTE + STOP).encode(), "img/x.png": png()}))
    renamed = f"---\nname: a\n---\n{NOTE}{STOP}![b](none.png)\n".encode()
    report = send(folder, from_uploads([Upload("b.md", io.BytesIO(renamed))]))
    assert [told.partition(";")[0] for told in problems(report)] == ['b.md:10: "none.png" is not there']
    assert shown(folder) == {"img/x.png": png(), "none.png": None}


@pytest.mark.parametrize("name", ["../img/x.png", "/img/x.png", "..\\img\\x.png"])
def test_a_picture_that_leads_out_of_its_zip_is_not_there(folder: Folder, name: str) -> None:
    report = send(folder, zipped({"a.md": NOTE.encode(), name: png()}))
    assert problems(report) == [f"a.md:4: {MISSING}"]


def test_a_damaged_picture_in_a_zip_costs_only_itself(folder: Folder) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.md", NOTE)
        archive.writestr("img/x.png", png("damaged"))
    damaged = packed.getvalue().replace(b"damaged", b"DAMAGED")
    report = send(folder, from_uploads([Upload("decks.zip", io.BytesIO(damaged))]))
    assert problems(report) == [
        "a.md:4: \"img/x.png\" cannot be read: Bad CRC-32 for file 'img/x.png'; "
        "let the server read it, or save it again"
    ]
    assert list(folder.cards()) == ["a?"]


def test_pictures_that_unpack_without_end_stop_at_the_cap(folder: Folder) -> None:
    names = [f"{number}.png" for number in range(10)]
    bombs = {name: png(name) + bytes(media.LARGEST - 100) for name in names}
    text = "Q: a?\nA: " + " ".join(f"![]({name})" for name in names) + "\n"
    report = send(folder, zipped({"a.md": text.encode(), **bombs, "huge.png": png() + bytes(4 * media.LARGEST)}))
    assert len(problems(report)) == 6
    assert sum(map(len, stored(folder))) <= Uploaded.most_media


def test_an_upload_of_bombs_is_not_unpacked_for_long(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the bound every one of the sixty is unpacked: half a gigabyte, and it could be sixteen."""
    names = [f"{number}.png" for number in range(60)]
    text = "Q: a?\nA: " + " ".join(f"![]({name})" for name in names) + "\n"
    sources = zipped({"a.md": text.encode(), **{name: png(name) + bytes(2 * media.LARGEST) for name in names}})
    unpacked: list[int] = []
    whole = sources.medium

    def counted(file: str) -> bytes | Problem | None:
        found = whole(file)
        unpacked.append(len(found) if isinstance(found, bytes) else 0)
        return found

    monkeypatch.setattr(sources, "medium", counted)
    assert len(problems(send(folder, sources))) == 60
    assert sum(unpacked) < 2 * Uploaded.most_media + 2 * media.LARGEST


def test_the_same_bytes_are_stored_once(folder: Folder) -> None:
    folder.write("a.md", "Q: a?\nA: ![](x.png) ![](y.png)\n")
    for name in ("x.png", "y.png"):
        put(folder, name, png())
    folder.run()
    with folder.database.reading() as session:
        assert session.execute(select(Medium.sha256, Medium.type)).all() == [(sha256(png()).digest(), "image/png")]
