"""An SFTP session as we need it: names as bytes, what the server can do, reading ahead within bounds.

The library's own listing stops at the first name that is not UTF-8, it does not keep the server's list of extensions,
and its read-ahead is a thread that is either unbounded or slow. The protocol is draft-ietf-secsh-filexfer-02; private
methods of the library are met in this module only.
"""

from __future__ import annotations

import io
from collections import deque
from typing import cast

import paramiko
from paramiko.message import Message
from paramiko.sftp import (
    CMD_CLOSE,
    CMD_DATA,
    CMD_EXTENDED,
    CMD_HANDLE,
    CMD_INIT,
    CMD_NAME,
    CMD_OPENDIR,
    CMD_READ,
    CMD_READDIR,
    CMD_VERSION,
    SFTPError,
    int64,
)

POSIX_RENAME = b"posix-rename@openssh.com"
FSYNC = b"fsync@openssh.com"
_VERSION = 3
_CHUNK = 1 << 15  # what every server sends in one answer
_AHEAD = 64  # requests under way: 2 MB


class Session(paramiko.SFTPClient):
    """The library's client with a listing of bytes, `extensions` and `fsync`."""

    extensions: frozenset[bytes]

    def listing(self, path: bytes) -> list[tuple[bytes, paramiko.SFTPAttributes]]:
        """Names and attributes, those of a link being its own. FileNotFoundError where there is no such folder."""
        kind, answer = self._ask(CMD_OPENDIR, path)
        if kind != CMD_HANDLE:
            raise SFTPError("expected a handle")
        handle = answer.get_binary()
        found: list[tuple[bytes, paramiko.SFTPAttributes]] = []
        try:
            while True:
                found += self._names(handle)
        except EOFError:
            self._ask(CMD_CLOSE, handle)
        return [(name, attributes) for name, attributes in found if name not in (b".", b"..")]

    def fsync(self, file: paramiko.SFTPFile) -> None:
        """Have the server write an open file to its disk, where it knows how."""
        if FSYNC in self.extensions:
            self._ask(CMD_EXTENDED, FSYNC, _handle(file))

    def _names(self, handle: bytes) -> list[tuple[bytes, paramiko.SFTPAttributes]]:
        try:
            kind, answer = self._ask(CMD_READDIR, handle)
        except FileNotFoundError as fault:  # not the same as a folder that does not exist
            raise SFTPError("the listing broke off") from fault
        if kind != CMD_NAME:
            raise SFTPError("expected names")
        return [_name(answer) for _ in range(answer.get_int())]

    def _ask(self, kind: int, *arguments: bytes) -> tuple[int, Message]:
        return cast(tuple[int, Message], self._request(kind, *arguments))  # type: ignore[attr-defined]

    def _send_version(self) -> int:
        hello = Message()
        hello.add_int(_VERSION)
        self._send_packet(CMD_INIT, hello)  # type: ignore[attr-defined]
        kind, content = self._read_packet()  # type: ignore[attr-defined]
        if kind != CMD_VERSION:
            raise SFTPError("expected the server's version")
        answer = Message(content)
        version = answer.get_int()
        extensions = set()
        while answer.get_remainder():
            extensions.add(answer.get_binary())
            answer.get_binary()
        self.extensions = frozenset(extensions)
        return version


class ReadAhead(io.RawIOBase):
    """An open file from start to end, with some requests always under way; `size` is what it was said to have."""

    def __init__(self, session: Session, file: paramiko.SFTPFile, size: int) -> None:
        self._session = session
        self._file = file
        self._size = size
        self._asked: deque[tuple[int, int]] = deque()  # request, offset
        self._arrived: dict[int, bytes | Exception] = {}
        self._offset = 0  # of the next request
        self._rest = memoryview(b"")
        self._ended = False

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        """What has come, up to that much; 0 at the end. Raises what the session raises."""
        if not self._rest and not self._ended:
            self._rest = memoryview(self._next())
            self._ended = not self._rest
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def _next(self) -> bytes:
        while len(self._asked) < _AHEAD and (self._offset <= self._size or not self._asked):
            self._request(self._offset, _CHUNK)
            self._offset += _CHUNK
        number, offset = self._asked.popleft()
        content = self._answer(number)
        while content and len(content) < _CHUNK and (more := self._gap(offset + len(content), _CHUNK - len(content))):
            content += more
        return content

    def _gap(self, offset: int, length: int) -> bytes:
        """A server may give less than was asked for before the end; only nothing means the end."""
        self._request(offset, length)
        number, _ = self._asked.pop()
        return self._answer(number)

    def _request(self, offset: int, length: int) -> None:
        ask = self._session._async_request  # type: ignore[attr-defined]
        self._asked.append((ask(self, CMD_READ, _handle(self._file), int64(offset), length), offset))

    def _answer(self, number: int) -> bytes:
        while number not in self._arrived:
            self._session._read_response()  # type: ignore[attr-defined]
        answer = self._arrived.pop(number)
        if isinstance(answer, EOFError):
            return b""
        if isinstance(answer, Exception):
            raise answer
        return answer

    def _async_response(self, kind: int, answer: Message, number: int) -> None:
        """Called by the session, whoever was waiting, with an answer to one of our requests."""
        if kind == CMD_DATA:
            self._arrived[number] = answer.get_binary()
            return
        try:
            self._session._convert_status(answer)  # type: ignore[attr-defined]
        except (EOFError, OSError) as status:
            self._arrived[number] = status
        else:
            self._arrived[number] = SFTPError("expected data")


def _name(answer: Message) -> tuple[bytes, paramiko.SFTPAttributes]:
    name = answer.get_binary()
    answer.get_binary()  # the same as a line of `ls -l`
    return name, paramiko.SFTPAttributes._from_msg(answer)  # type: ignore[attr-defined]


def _handle(file: paramiko.SFTPFile) -> bytes:
    return cast(bytes, file.handle)
