"""A local HTTP server that answers as the archives do, in the formats they use, and misbehaves on demand."""

import json
import sys
import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from astropy.coordinates import SkyCoord
from astropy.io import fits

from reproduce.archives.image import Window, celestial, read
from tests.support.ps1_images import fitscut_bytes

HTML = b"<!DOCTYPE html><html><body>The archive is being serviced</body></html>"


@dataclass
class Archive:
    """What the server holds, how it is to misbehave, and what it was asked.

    Attributes
    ----------
    files : dict
        Bytes by path, given with ETag and ranges.
    vizier : dict
        VOTables by the name of their table, ``J/AJ/153/114/table5``, asked for with POST at ``/viz-bin/votable``.
    stacks : list of tuple
        (file name, band, path of a FITS stack on disk) of the PS1 services.
    faults : dict
        By path, faults for the next requests: a status, (status, headers), "html", "truncated",
        "announces too much", "slow", "hangs up",
        "no range".
    requests : list of tuple
        (path, query, Range header or None), in order.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    stacks: list[tuple[str, str, Path]] = field(default_factory=list)
    vizier: dict[str, bytes] = field(default_factory=dict)
    faults: dict[str, deque[Any]] = field(default_factory=lambda: defaultdict(deque))
    requests: list[tuple[str, dict[str, str], str | None]] = field(default_factory=list)
    delay_s: float = 0.0
    busiest: int = 0
    address: str = ""
    _busy: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self) -> Counter[str]:
        """Requests by path."""
        return Counter(path for path, _, _ in self.requests)


@contextmanager
def serving() -> Iterator[Archive]:
    """The server on a free port of this machine, for as long as the block lasts."""
    archive = Archive()

    class Handler(_Handler):
        held = archive

    server = _Server(("127.0.0.1", 0), Handler)
    archive.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield archive
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError):  # a client that gave up is what some tests are about
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    held: Archive

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self._answer("")

    def do_POST(self) -> None:
        self._answer(self.rfile.read(int(self.headers.get("Content-Length", 0))).decode())

    def _answer(self, body: str) -> None:
        held, parts = self.held, urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        with held._lock:
            held.requests.append((parts.path, query, self.headers.get("Range")))
            held._busy += 1
            held.busiest = max(held.busiest, held._busy)
            fault = held.faults[parts.path].popleft() if held.faults[parts.path] else None
        try:
            time.sleep(held.delay_s)
            self._give(parts.path, query, body, fault)
        finally:
            with held._lock:
                held._busy -= 1

    def _give(self, path: str, query: dict[str, str], body: str, fault: Any) -> None:
        if isinstance(fault, int | tuple):
            status, headers = fault if isinstance(fault, tuple) else (fault, {})
            self._send(b"no\n", "text/plain", status, extra=headers)
            return
        content = _content(self.held, path, query, body)
        if content is None:
            self._send(b"not found\n", "text/plain", 404)
        elif fault == "html":
            self._send(HTML, "text/html")
        elif fault == "truncated":  # as announced, but the file itself ends early
            self._send(content[: len(content) // 2], "application/octet-stream")
        elif fault == "announces too much":
            self._send(content[: len(content) // 2], "application/octet-stream", announce=len(content))
        elif fault == "slow":
            self._send(content, "application/octet-stream", pause_s=1.5)
        elif fault == "hangs up":
            self.close_connection = True
        else:
            self._send_range(content, ranges=fault != "no range" and path in self.held.files)

    def _send_range(self, content: bytes, ranges: bool) -> None:
        asked = self.headers.get("Range")
        if ranges and asked and self.headers.get("If-Range") == _tag(content):
            first = int(asked.removeprefix("bytes=").rstrip("-"))
            extra = {"Content-Range": f"bytes {first}-{len(content) - 1}/{len(content)}"}
            self._send(content[first:], "application/octet-stream", 206, extra=extra)
        else:
            extra = {"ETag": _tag(content), "Accept-Ranges": "bytes"} if ranges else {}
            self._send(content, "application/octet-stream", extra=extra)

    def _send(
        self,
        content: bytes,
        kind: str,
        status: int = 200,
        announce: int | None = None,
        pause_s: float = 0.0,
        extra: dict[str, str] | None = None,
    ) -> None:
        self.send_response(status)
        if announce is not None and "ETag" not in (extra or {}):
            extra = {
                "ETag": _tag(_content(self.held, urlsplit(self.path).path, {}, "") or b""),
                "Accept-Ranges": "bytes",
            }
        for name, value in {"Content-Type": kind, **(extra or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(announce or len(content)))
        self.end_headers()
        half = len(content) // 2 if pause_s else 0
        try:
            self.wfile.write(content[:half])
            self.wfile.flush()
            time.sleep(pause_s)
            self.wfile.write(content[half:])
        except OSError:
            self.close_connection = True  # the other side gave up, which is what a slow answer is for
        if announce is not None:
            self.close_connection = True


def _tag(content: bytes) -> str:
    return f'"{len(content)}-{sum(content[:100])}"'


def _content(held: Archive, path: str, query: dict[str, str], body: str) -> bytes | None:
    """What the archive has at a path."""
    if path == "/cgi-bin/ps1filenames.py":
        return _file_table(held, query)
    if path == "/cgi-bin/fitscut.cgi":
        return _cutout(held, query)
    if path == "/api/v0/invoke":
        return _mast(held, body)
    if path == "/portal/Mashup/Mashup.asmx/columnsconfig":
        names = {"obs_collection": "string", "filters": "string", "dataproduct_type": "string"}
        return json.dumps({name: {"type": kind} for name, kind in names.items()}).encode()
    if path == "/api/v0.1/Download/file":
        name = query["uri"].rpartition("/")[2]
        return next((stack.read_bytes() for own, _, stack in held.stacks if own == name), None)
    if path == "/hips2fits":
        band = query["hips"].rpartition("/")[2]
        return _cut(held, band, query, float(query["fov"]) * 3600, zero_point=False)
    if path == "/viz-bin/votable" and held.vizier:
        return held.vizier.get(unquote(body).partition("-source=")[2].partition("\n")[0])
    return held.files.get(path)


def _shows(stack: Path, query: dict[str, str]) -> bool:
    with fits.open(stack) as file:
        hdu = file[-1]
        wcs = celestial(hdu.header, stack.name)
        x, y = wcs.world_to_pixel(SkyCoord(float(query["ra"]), float(query["dec"]), unit="deg"))
        ny, nx = hdu.shape
    return bool(-0.5 <= x <= nx - 0.5 and -0.5 <= y <= ny - 0.5)


def _file_table(held: Archive, query: dict[str, str]) -> bytes:
    lines = ["projcell subcell ra dec filter mjd type filename shortname badflag"]
    for name, band, stack in held.stacks:
        if band in query["filters"] and _shows(stack, query):
            place = f"/rings.v3.skycell/1234/056/{name}"
            lines.append(f"1234 056 {query['ra']} {query['dec']} {band} 0.0 stack {place} {name} 0")
    return ("\n".join(lines) + "\n").encode()


def _cutout(held: Archive, query: dict[str, str]) -> bytes | None:
    name = query["red"].rpartition("/")[2]
    for own, band, _ in held.stacks:
        if own == name:
            return _cut(held, band, query, int(query["size"]) * 0.25, zero_point=True, name=name)
    return None


def _cut(
    held: Archive, band: str, query: dict[str, str], side_arcsec: float, zero_point: bool, name: str | None = None
) -> bytes:
    """A cutout in fitscut's form: NaN beyond the stack's edge."""
    centre = SkyCoord(float(query["ra"]), float(query["dec"]), unit="deg")
    stack = next(path for own, of, path in held.stacks if of == band and name in (None, own))
    found = read(stack, window=Window(centre, side_arcsec))
    return fitscut_bytes(found, centre, round(side_arcsec / 0.25), zero_point)


def _mast(held: Archive, body: str) -> bytes:
    asked = json.loads(unquote(body.removeprefix("request=")))
    if asked["service"] == "Mast.Caom.Products":
        fields = [{"name": "dataURI", "type": "string"}, {"name": "productFilename", "type": "string"}]
        rows = [
            {"dataURI": f"mast:PS1/product/{file}", "productFilename": file}
            for name in asked["params"]["obsid"].split(",")
            for file in (name, name.replace(".fits", ".mask.fits"))
        ]
    else:
        wanted = next(one["values"] for one in asked["params"]["filters"] if one["paramName"] == "filters")
        ra, dec, _ = asked["params"]["position"].split(", ")
        fields = [{"name": name, "type": "string"} for name in ("obsid", "obs_id", "target_name", "obs_collection")]
        rows = [
            {"obsid": name, "obs_id": "rings.v3.skycell", "target_name": "skycell", "obs_collection": "PS1"}
            for name, band, stack in held.stacks
            if band in wanted and _shows(stack, {"ra": ra, "dec": dec})
        ]
    return json.dumps({"status": "COMPLETE", "fields": fields, "data": rows}).encode()
