"""Which files of a folder are deck files, in which order, and what is said of the others."""

import os
from pathlib import Path

import pytest

from app.errors import NotFoundError, RefusedError
from app.importing.folder import folder_state, from_folder, from_part, from_path
from app.importing.sources import natural_order


def write(folder: Path, *files: str) -> None:
    """Write files whose names are their texts."""
    for file in files:
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file)


def test_files_come_as_people_count_folder_by_folder(tmp_path: Path) -> None:
    write(tmp_path, "10.md", "2.md", "b/1.markdown", "B.md", "a.MD", "2b/x.md")
    assert [source.file for source in from_folder(tmp_path)] == [
        "2.md",
        "2b/x.md",
        "10.md",
        "a.MD",
        "b/1.markdown",
        "B.md",
    ]


def test_natural_order_knows_digits_of_any_width() -> None:
    assert sorted(["１０.md", "2.md", "a.md"], key=natural_order) == ["2.md", "１０.md", "a.md"]


def test_hidden_files_other_kinds_pipes_and_ways_out_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "cards"
    write(folder, "a.md", ".hidden.md", ".git/b.md", "c.png", "d.txt")
    write(tmp_path, "outside.md")
    (folder / "link.md").symlink_to(tmp_path / "outside.md")
    (folder / "inside.md").symlink_to(folder / "a.md")
    (folder / "nowhere.md").symlink_to(folder / "none.md")
    (folder / "circle.md").symlink_to("circle.md")
    os.mkfifo(folder / "pipe.md")
    assert [source.file for source in from_folder(folder)] == ["a.md", "inside.md"]


def test_a_name_that_is_no_text_is_read_all_the_same(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\x93.md"
    with open(path, "wb") as file:
        file.write(b"text")
    assert [(source.file, source.data) for source in from_folder(tmp_path)] == [("\\x93.md", b"text")]


def test_two_names_that_are_no_text_are_two_files(tmp_path: Path) -> None:
    """As an old archive in another encoding leaves them; one name for both would give both decks' notes to one."""
    for name in (b"/\x93\xfa.md", b"/\x8c\x8e.md"):
        with open(os.fsencode(tmp_path) + name, "wb") as file:
            file.write(b"text")
    assert sorted(source.file for source in from_folder(tmp_path)) == ["\\x8c\\x8e.md", "\\x93\\xfa.md"]


def test_a_part_keeps_its_names_in_the_whole(tmp_path: Path) -> None:
    write(tmp_path, "a.md", "x/b.md", "x/c.md")
    assert [source.file for source in from_part(tmp_path, tmp_path / "x")] == ["x/b.md", "x/c.md"]
    assert [source.file for source in from_part(tmp_path, tmp_path / "x/c.md")] == ["x/c.md"]


def test_one_file_is_read_by_its_path(tmp_path: Path) -> None:
    write(tmp_path, "a.md")
    assert [(source.file, source.data) for source in from_path(tmp_path / "a.md")] == [("a.md", b"a.md")]


def test_a_path_to_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError) as found:
        list(from_path(tmp_path / "none.md"))
    assert str(found.value) == f"{tmp_path}/none.md: there is no such file or folder; check the path"


def test_a_path_to_another_kind_of_file_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "a.png")
    with pytest.raises(RefusedError) as found:
        list(from_path(tmp_path / "a.png"))
    assert str(found.value) == f"{tmp_path}/a.png: this is no Markdown file; deck files end in .md or .markdown"


@pytest.mark.skipif(os.getuid() == 0, reason="nothing is closed to root")
def test_a_folder_that_cannot_be_read_is_not_taken_for_empty(tmp_path: Path) -> None:
    write(tmp_path, "x/a.md")
    (tmp_path / "x").chmod(0)
    try:
        with pytest.raises(RefusedError) as found:
            list(from_folder(tmp_path))
    finally:
        (tmp_path / "x").chmod(0o700)
    assert str(found.value) == (
        f"{tmp_path}/x: the folder cannot be read (Permission denied); let the server read it. Nothing was imported"
    )


def test_a_picture_in_a_circle_of_links_or_of_an_impossible_name_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "circle.png").symlink_to("circle.png")
    folder = from_folder(tmp_path)
    assert [folder.medium("circle.png"), folder.medium("x" * 300 + ".png")] == [None, None]


def test_the_state_of_a_folder_changes_with_what_is_imported_only(tmp_path: Path) -> None:
    write(tmp_path, "a.md")
    states = [folder_state(tmp_path)]
    write(tmp_path, "b.txt", ".c.md", ".git/d.md")
    assert folder_state(tmp_path) == states[0]
    write(tmp_path, "x/c.md")
    states.append(folder_state(tmp_path))
    write(tmp_path, "b.png")
    states.append(folder_state(tmp_path))
    (tmp_path / "a.md").write_text("more than before")
    assert len({*states, folder_state(tmp_path)}) == 4


def test_the_state_of_a_folder_changes_with_the_right_to_read_a_file(tmp_path: Path) -> None:
    write(tmp_path, "a.md")
    before = folder_state(tmp_path)
    (tmp_path / "a.md").chmod(0o600 if (tmp_path / "a.md").stat().st_mode & 0o077 else 0o644)
    assert folder_state(tmp_path) != before


def test_a_missing_folder_has_a_state_too(tmp_path: Path) -> None:
    assert folder_state(tmp_path / "none") == ()
