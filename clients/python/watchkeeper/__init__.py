"""Client of a running watchkeeper service, with the standard library alone.

    from watchkeeper import Client

    client = Client()
    client.guard({"id": "btc-1", "instrument": "BTCUSD", "side": "long",
                  "quantity": 1, "entryPrice": 92400, "rules": {"stopLoss": {"pct": 5}}})

Every wait is bounded. A POST whose outcome is unknown is repeated with its idempotency key, so that the service
acts once.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import time
import uuid
from typing import Any, Dict, Iterator, List, Literal, Mapping, Optional, TypedDict, Union
from urllib.parse import quote, urlencode, urlsplit

__all__ = ["Client", "Exit", "JournalLine", "NoAnswer", "NoService", "Position", "PositionView", "Refused",
           "WatchkeeperError"]

LONGEST_ANSWER = 64 * 2**20
"""Most bytes of an answer."""
LONGEST_LINE = 2**20
"""Most bytes of one line of a stream."""
EXIT_ENDS = ("exit-filled", "exit-closed", "released-order-over", "exit-late-fill")
"""Kinds of journal lines that end an exit."""

_OF_ACCOUNT = re.compile(
    r"^/api/(?=(?:positions|exits|kill-switch|journal|events|portfolio|supervision|gateway|holdings)(?:[/?]|$))"
)

Rules = Union[str, Mapping[str, Any]]
"""Options by rule, as in a positions file, or the name of a rule set of the service."""


class _Required(TypedDict):
    id: str
    instrument: str
    side: Literal["long", "short"]
    quantity: float
    entryPrice: float


class Position(_Required, total=False):
    """A position to be guarded: the fields of a positions file."""

    rules: Rules
    openedAt: Union[int, str]
    account: str
    ticket: str
    product: str
    underlying: str
    multiplier: float
    priceSource: Literal["trade", "quote"]
    contract: Literal["linear", "inverse"]
    exitNow: bool
    opensLater: bool
    reopen: bool


class PositionView(TypedDict, total=False):
    """An open position, as the service shows it. Times are epoch ms."""

    id: str
    instrument: str
    side: str
    quantity: float
    entryPrice: float
    openedAt: int
    state: str
    unguardedBy: str
    unguardedMs: float
    rules: Dict[str, Any]
    best: float
    worst: Optional[float]
    firstStop: Optional[float]
    mfePct: Optional[float]
    maePct: Optional[float]
    r: Optional[float]
    stop: Optional[float]
    target: Optional[float]
    lastPrice: Optional[float]
    priceAgeMs: Optional[float]
    reason: str
    warnings: List[str]
    changes: List[Dict[str, Any]]


class Exit(TypedDict, total=False):
    """A completed exit. Profits are gross."""

    seq: int
    positionId: str
    generation: int
    instrument: str
    side: str
    entryPrice: float
    openedAt: int
    closedAt: int
    end: str
    reason: Optional[str]
    level: Optional[float]
    decidedPrice: Optional[float]
    quantity: float
    price: Optional[float]
    profit: Optional[float]
    profitPct: Optional[float]
    best: Optional[float]
    worst: Optional[float]
    firstStop: Optional[float]
    mfePct: Optional[float]
    maePct: Optional[float]
    r: Optional[float]
    clientOrderId: Optional[str]


JournalLine = Dict[str, Any]
"""A line of the journal: `seq`, `at`, `kind`, often `positionId`, and the fields of its kind."""


class WatchkeeperError(Exception):
    """Base of every error of this client; `code` is stable across releases."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class NoService(WatchkeeperError):
    """No program listens at the URL: nothing was sent."""


class NoAnswer(WatchkeeperError):
    """No whole answer came: whether the service acted is unknown."""


class Refused(WatchkeeperError):
    """The service refused the request; `faults` says what is wrong with each field, where it does."""

    def __init__(self, code: str, message: str, status: int, faults: List[Dict[str, str]]) -> None:
        super().__init__(code, message)
        self.status = status
        self.faults = faults


class Client:
    """Client of one service.

    `url` and `token` default to WATCHKEEPER_URL and WATCHKEEPER_HTTP_TOKEN. `timeout` bounds the wait for an answer,
    `silence` the wait between two chunks of a stream (the service sends at least a comment every 15 s), both in
    seconds. `repeats` bounds the repetitions of one POST. `account` names the account that requests concern where the
    service guards several; without it lists are those of all accounts.
    """

    def __init__(
        self,
        url: Optional[str] = None,
        token: Optional[str] = None,
        *,
        timeout: float = 10.0,
        silence: float = 60.0,
        repeats: int = 2,
        account: Optional[str] = None,
    ) -> None:
        given = url or os.environ.get("WATCHKEEPER_URL") or "http://127.0.0.1:8080"
        parts = urlsplit(given)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query:
            shown = "one with @, ? or # (not shown)" if re.search("[@?#]", given) else repr(given)
            raise ValueError(f"url: found {shown}, expected one such as http://127.0.0.1:8080, without user and query")
        self.url = given.rstrip("/")
        self._parts = parts
        self._token = token or os.environ.get("WATCHKEEPER_HTTP_TOKEN") or None
        self._timeout = timeout
        self._silence = silence
        self._repeats = repeats
        self._account = account

    def of_account(self, account: str) -> "Client":
        """A client of one account of the same service, by the name that `accounts` lists."""
        return Client(
            self.url,
            self._token,
            timeout=self._timeout,
            silence=self._silence,
            repeats=self._repeats,
            account=account,
        )

    # -- reads

    def accounts(self) -> List[Dict[str, Any]]:
        """The accounts of the service: name, health, positions, mode, kill switch."""
        return self._request("GET", "/api/accounts")

    def health(self) -> Dict[str, Any]:
        """The report of `/health`, also where its status is `fail`."""
        return self._request("GET", "/health", accept=(200, 503))

    def positions(self, **filters: str) -> List[PositionView]:
        """Every guarded position; filters: instrument, account, side, underlying, guard."""
        found: List[PositionView] = []
        after: Optional[str] = None
        while True:
            query = {**filters, **({} if after is None else {"after": after})}
            page = self._request("GET", _with("/api/positions", query))
            found += page["positions"]
            after = page["next"]
            if after is None:
                return found

    def position(self, position_id: str) -> PositionView:
        return self._request("GET", _path(position_id))

    def why(self, position_id: str) -> Dict[str, Any]:
        """What each rule of a position would do, and why."""
        return self._request("GET", _path(position_id) + "/why")

    def exits(self, **filters: Union[int, str]) -> Dict[str, Any]:
        """One page of completed exits, the last one first: `{exits, next}`; `before=next` asks for the next page."""
        return self._request("GET", _with("/api/exits", filters))

    def journal(self, **filters: Union[int, str]) -> List[JournalLine]:
        """Lines of the journal: `after` and `limit`, or `last`; `positionId`."""
        return self._request("GET", _with("/api/journal", filters))

    def kill_switch(self) -> Dict[str, Any]:
        return self._request("GET", "/api/kill-switch")

    def portfolio(self) -> Dict[str, Any]:
        return self._request("GET", "/api/portfolio")

    # -- changes

    def guard(self, position: Position, *, key: Optional[str] = None) -> PositionView:
        """Guards a position; it is durable, and guarded, on return. The same content again changes nothing."""
        return self._post("/api/positions", position, key)

    def tighten(self, position_id: str, rules: Rules) -> PositionView:
        """Changes rules: those that are not named stay. A change that loosens is refused (LOOSENS).

        Raises Refused EXIT_RUNNING while the position is being exited.
        """
        return self._request("PATCH", _path(position_id), {"rules": rules})

    def change_rules(
        self, position_id: str, rules: Rules, *, force: bool = False, exit_now: bool = False
    ) -> PositionView:
        """As `tighten`; `force` applies rules that loosen, `exit_now` rules that exit at once."""
        return self._request("PATCH", _path(position_id), {"rules": rules, "force": force, "exitNow": exit_now})

    def amend(
        self,
        position_id: str,
        *,
        quantity: Optional[float] = None,
        entry_price: Optional[float] = None,
        force: bool = False,
        exit_now: bool = False,
    ) -> PositionView:
        """Sets quantity and entry price, as after units were bought or sold by hand; best price and generation stay.

        Needs the role `operate`. Raises Refused EXIT_RUNNING while the position is being exited; LOOSENS and
        EXITS_AT_ONCE without `force` and `exit_now`.
        """
        body: Dict[str, Any] = {"force": force, "exitNow": exit_now}
        if quantity is not None:
            body["quantity"] = quantity
        if entry_price is not None:
            body["entryPrice"] = entry_price
        return self._request("PATCH", _path(position_id), body)

    def preview(self, position_id: str, rules: Rules) -> Dict[str, Any]:
        """What the same change would do; nothing is changed."""
        return self._request("POST", _path(position_id) + "/rules/preview", {"rules": rules})

    def exit(self, position_id: str, *, key: Optional[str] = None) -> PositionView:
        """Exits a position at market; its intent is durable on return."""
        return self._post(_path(position_id) + "/exit", {}, key)

    def release(self, position_id: str) -> None:
        """Stops guarding a position; what the broker holds stays."""
        self._request("DELETE", _path(position_id), {}, accept=(204,))

    def set_kill_switch(
        self, state: str, *, held: Optional[str] = None, key: Optional[str] = None
    ) -> Dict[str, Any]:
        """`off`, `block`, `flatten` or `halt`; `held` (`send`, `discard`) where `halt` with held exits ends."""
        body = {"state": state} if held is None else {"state": state, "held": held}
        return self._post("/api/kill-switch", body, key)

    # -- streams

    def follow(
        self, after: Union[int, Literal["now"]] = 0, *, position_id: Optional[str] = None, again: float = 1.0
    ) -> Iterator[JournalLine]:
        """Yields journal lines as they come, endlessly. Keep `seq` of the last line as `after` to resume.

        A lost connection is opened again after `again` seconds, behind the last line. What the first connection
        raises is raised; later only `Refused`. A journal that ends before `after` is read from its start.
        """
        if after == "now":
            last = self.journal(last=1)
            after = last[-1]["seq"] if last else 0
        cursor = int(after)
        has_begun = False
        while True:
            try:
                for event in self._events(f"/api/events?after={cursor}"):
                    has_begun = True
                    if event.get("kind") == "reset" and "seq" not in event:
                        cursor = 0
                    elif event.get("kind") == "end" and "seq" not in event:
                        raise Refused(str(event.get("why")), "the token was revoked", 401, [])
                    else:
                        cursor = event["seq"]
                        if position_id is None or event.get("positionId") == position_id:
                            yield event
            except (NoService, NoAnswer):
                if not has_begun:
                    raise
            time.sleep(again)

    def exit_stream(self, after: Union[int, Literal["now"]] = 0, *, again: float = 1.0) -> Iterator[Exit]:
        """Yields exits as they end, endlessly. Keep `seq` of the last one as `after` to resume."""
        for line in self.follow(after, again=again):
            if line["kind"] in EXIT_ENDS:
                page = self.exits(before=line["seq"] + 1, limit=1)["exits"]
                # A line of a position that was not known any more has no exit: the page has an earlier one.
                if page and page[0]["seq"] == line["seq"]:
                    yield page[0]

    # -- transport

    def _post(self, path: str, body: Any, key: Optional[str]) -> Any:
        headers = {"idempotency-key": key or str(uuid.uuid4())}
        for repeated in range(self._repeats + 1):
            try:
                return self._request("POST", path, body, headers=headers)
            except (NoAnswer, Refused) as error:
                is_unknown = isinstance(error, NoAnswer) or error.code == "KEY_RUNNING"
                if repeated == self._repeats or not is_unknown:
                    raise
            time.sleep(0.25 * 2**repeated)
        raise AssertionError("a loop of at least one request has ended without one")

    def _request(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] = {},
        accept: tuple = (200, 201, 202),
    ) -> Any:
        end = time.monotonic() + self._timeout
        connection = self._open(self._timeout)
        try:
            response = self._send(connection, method, path, body, headers)
            text = self._read(connection, response, end)
        finally:
            connection.close()
        if response.status in accept:
            return None if response.status == 204 else self._json(text)
        answer = self._json(text)
        code = answer.get("code") if isinstance(answer, dict) else None
        if not isinstance(code, str):
            raise WatchkeeperError("NOT_WATCHKEEPER", f"{self.url} is no watchkeeper: it answers {response.status}")
        raise Refused(code, str(answer.get("detail", code)), response.status, answer.get("faults", []))

    def _events(self, path: str) -> Iterator[Dict[str, Any]]:
        connection = self._open(self._timeout)
        try:
            response = self._send(connection, "GET", path, None, {})
            if response.status != 200:
                answer = self._json(self._read(connection, response, time.monotonic() + self._timeout))
                raise Refused(str(answer.get("code")), str(answer.get("detail")), response.status, [])
            connection.sock.settimeout(self._silence)
            while True:
                line = response.readline(LONGEST_LINE + 1)
                if not line:
                    return
                if len(line) > LONGEST_LINE:
                    raise WatchkeeperError("NOT_WATCHKEEPER", "a line of its stream does not end")
                if line.startswith(b"data: "):
                    yield self._json(line[6:])
        except (OSError, http.client.HTTPException) as error:
            raise self._failure(error) from error
        finally:
            connection.close()

    def _open(self, timeout: float) -> http.client.HTTPConnection:
        make = http.client.HTTPSConnection if self._parts.scheme == "https" else http.client.HTTPConnection
        return make(str(self._parts.hostname), self._parts.port, timeout=timeout)

    def _send(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        body: Any,
        headers: Mapping[str, str],
    ) -> http.client.HTTPResponse:
        sent = dict(headers)
        if self._token is not None:
            sent["authorization"] = f"Bearer {self._token}"
        if method != "GET":
            sent["content-type"] = "application/json"
        text = None if body is None else json.dumps(body, allow_nan=False).encode()
        try:
            target = self._parts.path.rstrip("/") + _in(self._account, path)
            connection.request(method, target, text, sent)
            return connection.getresponse()
        except ConnectionRefusedError as error:
            raise NoService("NO_SERVICE", f"no service at {self.url} (connection refused)") from error
        except (OSError, http.client.HTTPException) as error:
            raise self._failure(error) from error

    def _read(
        self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse, end: float
    ) -> bytes:
        pieces: List[bytes] = []
        size = 0
        try:
            while True:
                left = end - time.monotonic()
                if left <= 0:
                    raise TimeoutError()
                if connection.sock is not None:
                    connection.sock.settimeout(left)
                piece = response.read1(65536)
                if not piece:
                    break
                size += len(piece)
                if size > LONGEST_ANSWER:
                    raise WatchkeeperError("ANSWER_TOO_LONG", f"the answer is longer than {LONGEST_ANSWER} bytes")
                pieces.append(piece)
            if response.length:
                raise http.client.IncompleteRead(b"", response.length)
        except (OSError, http.client.HTTPException) as error:
            raise self._failure(error) from error
        return b"".join(pieces)

    def _json(self, text: bytes) -> Any:
        try:
            return json.loads(text)
        except ValueError as error:
            raise WatchkeeperError("NOT_WATCHKEEPER", f"{self.url} is no watchkeeper: its answer is no JSON") from error

    def _failure(self, error: Exception) -> WatchkeeperError:
        if isinstance(error, TimeoutError):
            return NoAnswer("TOO_SLOW", f"{self.url} did not answer in time")
        return NoAnswer("NO_ANSWER", f"no whole answer from {self.url} ({error!r})")


def _in(account: Optional[str], path: str) -> str:
    """The path of a request that concerns one account."""
    if account is None:
        return path
    name = quote(account, safe="")
    if path == "/health":
        return f"{path}?account={name}"
    return _OF_ACCOUNT.sub(f"/api/accounts/{name}/", path)


def _path(position_id: str) -> str:
    return "/api/positions/" + quote(position_id, safe="")


def _with(path: str, query: Mapping[str, Any]) -> str:
    return f"{path}?{urlencode(query)}" if query else path
