"""`python -m bench [--full] [import] [queue] [answer] [crowd]`: measure this program beside its yardsticks.

Everything in a block is measured in turn within one run, round after round, and the ratios are medians of the rounds'
ratios: they hold on a busy machine, the absolute figures beside them do not. Nothing here is a test: no figure passes
or fails, the column "budget" says what was asked for. Servers listen on 127.0.0.1 only and are stopped at the end;
temporary folders are removed. Linux only: memory is read from /proc.

import
    regex and executemany    the floor: one regex over the text, rows with a hash and two indexes, one commit (FULL)
    first import             the public importing function on an empty database, ten deck files of the dialect `qa`
    the same again           nothing changed since
    memory over the start    what the process held at most, less what it held before (with everything loaded)
queue (in process, through the functions behind the pages)
    first card               the queue's first card with its texts; nine of ten cards are due
    Today's counts           how many are left, and the tree of decks with its counts
answer (nginx where it is installed, uWSGI with one worker and uwsgi.ini, one connection a request, real cookie,
        token and forms)
    Flask's hello            a bare Flask on the same settings
    bare sqlite3 answer      a WSGI function: insert a review, update a schedule, commit (FULL), select the next card
    answer, seen before      an answer whose reply brings a card that was rendered before and is read from the table
    answer, never seen       the same with a card that has to be rendered, and stored with the next answer
    undo                     the last answer taken back, to an answer's ratio
    worker                   the worker's memory (RSS) after all that
crowd (two workers, eight learners at once, each without a pause)
    p99 of 8 clients         the slowest of a hundred, to the median of the same crowd and to that of one client
    p50 of 8 clients         to the median of eight clients that ask for a hello
"""

import argparse
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack

from bench import answers, crowd, imports, queues
from bench.seeding import Seeded, data_folder
from bench.table import Row, text

JOBS = ("import", "queue", "answer", "crowd")
_SMALL, _MIDDLE, _LARGE, _HUGE = 1_000, 10_000, 100_000, 1_000_000
_CARDS_OF_EACH_OTHER = 400


def main() -> None:
    """Measure what the command line asks for, and print each block when it is done."""
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("jobs", nargs="*", metavar="job", help=f"any of {', '.join(JOBS)} [default: all]")
    parser.add_argument("--full", action="store_true", help="with a million cards, too: takes minutes")
    asked = parser.parse_args()
    jobs = asked.jobs or JOBS
    if unknown := set(jobs) - set(JOBS):
        parser.error(f"there is no job {', '.join(sorted(unknown))}; use {', '.join(JOBS)}")
    measure(jobs, [_SMALL, _LARGE, _HUGE] if asked.full else [_SMALL, _LARGE])


def measure(jobs: Sequence[str], sizes: Sequence[int]) -> None:
    """Run the jobs, with decks of these numbers of cards."""
    if "import" in jobs:
        for size in sizes[1:]:
            _show(f"import of {size:,}", imports.rows(size))
    with ExitStack() as stack:
        if set(jobs) - {"import"}:
            folders = {size: stack.enter_context(_folder(size)) for size in sizes}
        if "queue" in jobs:
            middle = stack.enter_context(_folder(_MIDDLE))
            _show("queue", queues.rows({**folders, _MIDDLE: middle}))
        if "answer" in jobs:
            _show("answer", answers.rows(folders))
        if "crowd" in jobs:
            _show("crowd", crowd.rows(folders[_LARGE]))


def _folder(size: int) -> AbstractContextManager[Seeded]:
    """A seeded folder; the large one has a crowd of learners."""
    others = crowd.CLIENTS if size == _LARGE else 0
    return data_folder(size, others=others, share=_LARGE // _CARDS_OF_EACH_OTHER)


def _show(title: str, rows: Sequence[Row]) -> None:
    sys.stdout.write(f"\n{title}\n{text(rows)}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
