"""Reading sources in a thread of its own, so that a slow server keeps neither workers nor the database waiting."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from multiprocessing import Pipe

from chitieu.feed.item import Found, Missing

# What is read ahead at most, so that memory stays flat: this many items, or this many characters.
_ITEMS = 256
_CHARACTERS = 4_000_000


class Intake:
    """A stream of what sources give, read ahead a little.

    Args:
        items: makes the stream; called, iterated and closed in the reading thread.
    """

    def __init__(self, items: Callable[[], Iterator[Found | Missing]]) -> None:
        self._items = items
        self._held: deque[Found | Missing] = deque()
        self._characters = 0
        self._changed = threading.Condition()
        self._stopped = False
        self._ended = False
        self._failure: BaseException | None = None
        # A pipe can be waited for together with the workers' pipes.
        self.bell, self._rope = Pipe(duplex=False)
        self._thread = threading.Thread(target=self._read, name="chitieu-sources", daemon=True)

    def __enter__(self) -> Intake:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        self._thread.join(1.0)  # one that waits for a server ends with the process

    @property
    def ended(self) -> bool:
        """Whether all has been taken.

        Raises:
            whatever ended the reading.
        """
        with self._changed:
            if self._held or not self._ended:
                return False
        if self._failure is not None:
            raise self._failure
        return True

    def take(self) -> list[Found | Missing]:
        """What has been read since; does not wait. `bell` rings when there is more, or when the end is reached."""
        with self._changed:
            with suppress(EOFError, OSError):
                while self.bell.poll():
                    self.bell.recv_bytes()
            items = list(self._held)
            self._held.clear()
            self._characters = 0
            self._changed.notify_all()
            return items

    def _read(self) -> None:
        items: Iterator[Found | Missing] | None = None
        try:
            items = self._items()
            for item in items:
                if not self._put(item):
                    break
        except BaseException as failure:  # told where the stream is read
            self._failure = failure
        finally:
            close = getattr(items, "close", None)
            if close is not None:
                with suppress(Exception):
                    close()
            with self._changed:
                self._ended = True
                self._ring()

    def _put(self, item: Found | Missing) -> bool:
        size = len(item.article.text) if isinstance(item, Found) else 0
        with self._changed:
            while (
                not self._stopped
                and self._held
                and (len(self._held) >= _ITEMS or self._characters + size > _CHARACTERS)
            ):
                self._changed.wait()
            if self._stopped:
                return False
            self._held.append(item)
            self._characters += size
            if len(self._held) == 1:
                self._ring()
            return True

    def _ring(self) -> None:
        with suppress(OSError):
            self._rope.send_bytes(b"!")
