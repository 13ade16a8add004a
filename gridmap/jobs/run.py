"""Run a function over jurisdictions, here or on processes: the same results in the same order."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import NoReturn, TypeVar

from gridmap.errors import GridmapError, InvalidInput

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")


def run_areas(
    function: Callable[[Item], Outcome],
    items: Sequence[tuple[str, Item]],
    *,
    jobs: int = 1,
    on_done: Callable[[str, Outcome], None] | None = None,
) -> list[Outcome]:
    """Apply `function` to every item, in this process or in several.

    Parameters
    ----------
    function : callable
        Takes an item, returns its result. With several processes it must be a function of a module, and
        items and results must be picklable.
    items : sequence of (str, item)
        Name (for messages and progress) and item.
    jobs : int
        Processes, from 1; never more than items are started. With 1 nothing is started.
    on_done : callable, optional
        Called in this process with name and result of each item as it is done, in any order.

    Returns
    -------
    list
        Results in the order of the items, whatever `jobs` is.

    Raises
    ------
    InvalidInput
        If `jobs` is below 1.
    GridmapError
        The error of the first item (in their order) that failed, of the class that it had, its name before
        the message. Later items are not started any more.
    RuntimeError
        The same for any other error, with that error as its cause; or if a process died.

    Notes
    -----
    Processes are spawned, not forked: forking a process that runs threads can hang. So a script that calls
    this with several jobs needs ``if __name__ == "__main__":``. On Ctrl-C the processes are ended at once.
    """
    if jobs < 1:
        raise InvalidInput(f"jobs must be a whole number from 1; got {jobs}")
    if min(jobs, len(items)) <= 1:
        return [_run_here(function, name, item, on_done) for name, item in items]
    return _run_on_processes(function, items, min(jobs, len(items)), on_done)


def _run_here(
    function: Callable[[Item], Outcome], name: str, item: Item, on_done: Callable[[str, Outcome], None] | None
) -> Outcome:
    try:
        outcome = function(item)
    except Exception as error:  # noqa: BLE001 one of the two doors: every error gets the name of its item
        _raise_named(name, error)
    if on_done is not None:
        on_done(name, outcome)
    return outcome


def _run_on_processes(
    function: Callable[[Item], Outcome],
    items: Sequence[tuple[str, Item]],
    jobs: int,
    on_done: Callable[[str, Outcome], None] | None,
) -> list[Outcome]:
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(jobs, mp_context=context, initializer=_leave_interrupts_to_parent)
    try:
        futures = [pool.submit(function, item) for _, item in items]
        _follow(futures, [name for name, _ in items], on_done)
        outcomes = [future.result() for future in futures]
    except BaseException:  # Ctrl-C too: nobody waits for work that nobody will use
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - before:
            process.terminate()
        raise
    pool.shutdown()
    return outcomes


def _follow(futures: list[Future[Outcome]], names: list[str], on_done: Callable[[str, Outcome], None] | None) -> None:
    """Wait for all; after a failure only for those before it, so that the first in order is the one raised."""
    position = {future: i for i, future in enumerate(futures)}
    for future in as_completed(futures):
        if future.cancelled():
            continue
        if future.exception() is not None:
            for later in futures[position[future] + 1 :]:
                later.cancel()
        elif on_done is not None:
            on_done(names[position[future]], future.result())
    for future, name in zip(futures, names, strict=True):
        error = None if future.cancelled() else future.exception()
        if error is not None:
            _raise_named(name, error)


def _raise_named(name: str, error: BaseException) -> NoReturn:
    if isinstance(error, GridmapError):
        raise type(error)(f"{name}: {error}") from error
    said = f"{type(error).__name__}: {error}"
    if isinstance(error, BrokenProcessPool):
        said = (
            "a worker process ended before its work was done: too little memory for so many jobs, "
            'or a script that starts them without `if __name__ == "__main__":`'
        )
    raise RuntimeError(f"{name}: {said}") from error


def _leave_interrupts_to_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
