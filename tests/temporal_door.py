"""A TLS end in front of a Temporal server that speaks plain text, as a proxy of a cloud is.

It notes the headers of the calls that come in: what arrives is asked of the wire, not of the
client. With a key it refuses calls that do not bring it, as a server would. It is a process of its
own, so that connections that are cut off leave nothing behind.
"""

import asyncio
import json
import ssl
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from hpack import Decoder, Encoder

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_HEADERS, _SETTINGS = 1, 4
_END_STREAM, _END_HEADERS, _PADDED, _PRIORITY = 0x1, 0x4, 0x8, 0x20
_UNAUTHENTICATED = "16"


@dataclass(frozen=True, kw_only=True)
class Door:
    """A port that only those come through who are let in.

    Shapes: `shown` is a file with the key and the certificate that the door shows, `asked` one with
    the authority whose certificates it asks for; `key` is the API key that a call must bring.
    """

    server_port: int
    shown: str
    calls_file: str
    asked: str | None = None
    key: str | None = None
    port: int = 0

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def calls(self) -> list[Mapping[str, str]]:
        """Return the headers of the calls that came in."""
        return [json.loads(line) for line in Path(self.calls_file).read_text().splitlines()]

    async def stand_open(self) -> None:
        """Let clients in, and print the port."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.shown)
        context.set_alpn_protocols(["h2"])
        if self.asked is not None:
            context.load_verify_locations(self.asked)
            context.verify_mode = ssl.CERT_REQUIRED
        server = await asyncio.start_server(self._enter, "127.0.0.1", 0, ssl=context)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    async def _enter(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inside, behind = await asyncio.open_connection("127.0.0.1", self.server_port)
        ways = [
            asyncio.create_task(self._hear(reader, writer, behind)),
            asyncio.create_task(_pass_on(inside, writer)),
        ]
        # Whoever has gone first, on either side, has gone for both.
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        behind.close()
        writer.close()

    async def _hear(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        behind: asyncio.StreamWriter,
    ) -> None:
        """Pass on what a client says, and note what it says of itself."""
        frames = Frames()
        while data := await reader.read(65536):
            for stream, headers in frames.read(data):
                with Path(self.calls_file).open("a") as file:
                    file.write(json.dumps(headers) + "\n")
                if self.key is not None and headers.get("authorization") != f"Bearer {self.key}":
                    writer.write(_refusal(stream))
                    await writer.drain()
                    return
            behind.write(data)
            await behind.drain()


class Frames:
    """The frames of one client's connection, as far as they have come."""

    def __init__(self) -> None:
        self._decoder = Decoder()
        self._rest = b""
        self._is_begun = False

    def read(self, data: bytes) -> Iterator[tuple[int, Mapping[str, str]]]:
        """Yield the calls that begin in the next bytes: number of the stream, and headers."""
        self._rest += data
        if not self._is_begun:
            if len(self._rest) < len(_PREFACE):
                return
            assert self._rest.startswith(_PREFACE)
            self._rest, self._is_begun = self._rest[len(_PREFACE) :], True
        while len(self._rest) >= 9:
            size, kind, flags = int.from_bytes(self._rest[:3]), self._rest[3], self._rest[4]
            stream = int.from_bytes(self._rest[5:9])
            if len(self._rest) < 9 + size:
                return
            body, self._rest = self._rest[9 : 9 + size], self._rest[9 + size :]
            if kind == _HEADERS:
                assert flags & _END_HEADERS and not flags & _PADDED
                fragment = body[5:] if flags & _PRIORITY else body
                yield stream, dict(self._decoder.decode(fragment))


@contextmanager
def a_door(
    folder: Path, server_port: int, shown: Path, *, asked: Path | None = None, key: str = ""
) -> Iterator[Door]:
    """Open a door, and close it."""
    calls_file = folder / "calls"
    calls_file.write_text("")
    door = Door(
        server_port=server_port,
        shown=str(shown),
        calls_file=str(calls_file),
        asked=None if asked is None else str(asked),
        key=key or None,
    )
    words = [sys.executable, __file__, json.dumps(asdict(door))]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(words, stdin=quiet, stdout=subprocess.PIPE, stderr=quiet) as process:
        assert process.stdout is not None
        try:
            yield Door(**{**asdict(door), "port": int(process.stdout.readline())})
        finally:
            process.kill()


def _refusal(stream: int) -> bytes:
    """Return the answer to a call without the key: settings, and headers that end it."""
    told = [
        (":status", "200"),
        ("content-type", "application/grpc"),
        ("grpc-status", _UNAUTHENTICATED),
        ("grpc-message", "Request unauthorized."),
    ]
    headers = Encoder().encode(told)
    return _frame(_SETTINGS, 0, 0, b"") + _frame(
        _HEADERS, _END_HEADERS | _END_STREAM, stream, headers
    )


def _frame(kind: int, flags: int, stream: int, body: bytes) -> bytes:
    return len(body).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + body


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()


if __name__ == "__main__":
    asyncio.run(Door(**json.loads(sys.argv[1])).stand_open())
