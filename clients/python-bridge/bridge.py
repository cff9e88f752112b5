"""An example bridge: a server of the REST protocol of docs/brokers.md over an account in memory.

Replace ``Account`` by calls to the API of your broker; keep everything else. Python 3.9, standard library only.

    BRIDGE_TOKEN=secret python3 bridge.py --port 9000

Rules that an adapted bridge must keep (docs/brokers.md says why):

* A proof is a 200 with a ``kind``. Raise ``NotKnown`` where the broker failed or answered nonsense: that is a 502.
* Never guess: no empty list, no ``flat`` and no ``absent`` unless the broker has just said so.
* Never send an order twice: no retry here, and none in the library that you use.
"""

import argparse
import hmac
import json
import os
import queue
import sys
import threading
import time
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, unquote, urlsplit

LONGEST_BODY = 65_536
READ_TIMEOUT_S = 10
# An idle stream has an empty line so often, and a slow reader of it so many hints behind is dropped.
IDLE_LINE_S = 10
MOST_HINTS = 1_000


class NotKnown(Exception):
    """The broker did not answer, or not in a way that proves anything."""


class NotUnderstood(Exception):
    """The request is no request of the protocol; nothing was done."""


class Account:
    """What the bridge asks of a broker. This one holds everything in memory and fills at the last price."""

    capabilities = {
        "dedupe": "always",
        "lookup": "complete",
        "reduceOnly": True,
        "holdings": "net",
        "visibilityMs": 0,
        "clientOrderIdLength": 36,
        "styles": ["market", "marketable-limit"],
        "limits": [{"name": "all", "groups": ["orders", "account", "quotes"], "perSecond": 100}],
    }

    # Queues of the open streams.
    listeners = []

    def __init__(self):
        self.held = {}
        self.prices = {}
        self.orders = {}
        self.lock = threading.Lock()

    def place(self, sent):
        with self.lock:
            key = sent["clientOrderId"]
            if key in self.orders:
                return {"kind": "duplicate"}
            if sent["reduceOnly"] and self._closable(sent) == 0:
                return {"kind": "rejected", "code": "insufficient-quantity", "text": "nothing is held"}
            order = {**sent, "quantity": exact(sent["quantity"]), "filled": Decimal(0), "price": None, "over": False}
            self.orders[key] = order
            self._execute(order)
            self._push("order", order)
            return {"kind": "acknowledged", "order": self._state(order)}

    def order(self, key):
        with self.lock:
            order = self.orders.get(key)
            return {"kind": "absent"} if order is None else self._state(order)

    def cancel(self, key):
        with self.lock:
            order = self.orders.get(key)
            if order is None:
                return {"kind": "absent"}
            order["over"] = True
            self._push("order", order)
            return self._state(order)

    def holding(self, instrument):
        with self.lock:
            held = self.held.get(instrument, Decimal(0))
            return {"kind": "flat"} if held == 0 else {"kind": "held", "quantity": float(held)}

    def holdings(self):
        with self.lock:
            return [{"instrument": name, "quantity": float(held)} for name, held in self.held.items() if held != 0]

    def working(self):
        with self.lock:
            return [
                {
                    "clientOrderId": key,
                    "instrument": order["instrument"],
                    "remaining": float(self._left(order)) * (1 if order["action"] == "buy" else -1),
                }
                for key, order in self.orders.items()
                if not order["over"] and self._left(order) > 0
            ]

    def quotes(self, instruments):
        with self.lock:
            return [
                {"instrument": name, "ts": at, "price": float(price)}
                for name in instruments
                for price, at in [self.prices.get(name, (None, 0))]
                if price is not None
            ]

    def instruments(self):
        with self.lock:
            names = sorted({*self.held, *self.prices})
            return [{"instrument": name, "trading": True, "contractSize": 1, "currency": "USD"} for name in names]

    def access(self):
        return {"positionMode": "one-way", "trade": True, "withdraw": False}

    def subscribe(self):
        hints = queue.Queue(MOST_HINTS)
        self.listeners.append(hints)
        return hints

    def unsubscribe(self, hints):
        if hints in self.listeners:
            self.listeners.remove(hints)

    def clock_ms(self):
        return int(time.time() * 1000)

    # The market of this account: tests and trials set it; a real broker has its own.

    def set_price(self, instrument, price):
        with self.lock:
            self.prices[instrument] = (exact(price), int(time.time() * 1000))
            for order in self.orders.values():
                if order["instrument"] == instrument and not order["over"]:
                    self._execute(order)

    def deposit(self, instrument, quantity):
        with self.lock:
            self.held[instrument] = self.held.get(instrument, Decimal(0)) + exact(quantity)
            self._push("holding", {"instrument": instrument})

    def fills(self):
        with self.lock:
            return [
                {"clientOrderId": key, "quantity": float(order["filled"])}
                for key, order in self.orders.items()
                if order["filled"] > 0
            ]

    def _push(self, kind, about):
        hint = {"kind": kind, "instrument": about["instrument"]}
        if kind == "order":
            hint["clientOrderId"] = about["clientOrderId"]
        for hints in list(self.listeners):
            try:
                hints.put_nowait(hint)
            except queue.Full:
                self.unsubscribe(hints)

    def _closable(self, order):
        held = self.held.get(order["instrument"], Decimal(0))
        return max(Decimal(0), held if order["action"] == "sell" else -held)

    def _left(self, order):
        return order["quantity"] - order["filled"]

    def _execute(self, order):
        price, _at = self.prices.get(order["instrument"], (None, 0))
        if price is None or order["over"]:
            return
        limit = order.get("limit")
        sells = order["action"] == "sell"
        if limit is not None and (price < exact(limit) if sells else price > exact(limit)):
            return
        units = self._left(order)
        if order["reduceOnly"]:
            units = min(units, self._closable(order))
        held = self.held.get(order["instrument"], Decimal(0))
        self.held[order["instrument"]] = held - units if sells else held + units
        order["filled"] += units
        order["price"] = price
        order["over"] = True
        self._push("order", order)
        self._push("holding", order)

    def _state(self, order):
        filled = order["filled"]
        executed = {"quantity": float(filled), "price": float(order["price"]) if filled > 0 else None}
        if filled == order["quantity"]:
            return {"kind": "filled", "executed": executed}
        return {"kind": "ended" if order["over"] else "working", "executed": executed}


def exact(number):
    """The decimal number that is written: sums of floats would leave 0.30000000000000004."""
    return Decimal(repr(number)) if isinstance(number, float) else Decimal(number)


class Bridge(BaseHTTPRequestHandler):
    """Translates requests of the protocol to an account."""

    protocol_version = "HTTP/1.1"
    timeout = READ_TIMEOUT_S
    account = None
    token = ""
    has_market = False

    def do_GET(self):
        self.answer("GET")

    def do_POST(self):
        self.answer("POST")

    def answer(self, method):
        try:
            body = self.body()
            given = (self.headers.get("authorization") or "").encode()
            if not hmac.compare_digest(given, f"Bearer {self.token}".encode()):
                return self.send(401, None)
            if method == "GET" and self.path == "/v1/stream":
                return self.stream()
            return self.send(200, self.act(method, body))
        except NotUnderstood as error:
            return self.send(400, {"error": str(error)})
        except NotKnown as error:
            return self.send(502, {"error": str(error)})
        except Exception as error:  # Whatever else goes wrong proves nothing.
            return self.send(502, {"error": type(error).__name__})

    def stream(self):
        """Writes each hint as a line until the client goes, or falls too far behind: the end says that hints are lost."""
        hints = self.account.subscribe()
        self.close_connection = True
        try:
            self.send_response(200)
            self.send_header("content-type", "application/x-ndjson")
            self.send_header("connection", "close")
            self.end_headers()
            line = b""
            while hints in self.account.listeners:
                self.wfile.write(line + b"\n")
                try:
                    line = json.dumps(hints.get(timeout=IDLE_LINE_S)).encode()
                except queue.Empty:
                    line = b""
        except OSError:
            pass  # The client has gone.
        finally:
            self.account.unsubscribe(hints)

    def act(self, method, body):
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        path = [unquote(part) for part in parts.path.split("/")[1:]]
        account = self.account
        if method == "POST" and path == ["v1", "orders"]:
            sent = order_in(body)
            expires = self.headers.get("expires-at")
            if expires is not None and time.time() * 1000 >= float(expires):
                return {"clientOrderId": sent["clientOrderId"], "kind": "rejected", "code": "refused", "text": "late"}
            return {"clientOrderId": sent["clientOrderId"], **account.place(sent)}
        if path[:2] == ["v1", "orders"] and len(path) == 3 and method == "GET":
            return {"clientOrderId": path[2], **account.order(path[2])}
        if path[:2] == ["v1", "orders"] and path[3:] == ["cancel"] and method == "POST":
            return {"clientOrderId": path[2], **account.cancel(path[2])}
        if method == "GET" and path == ["v1", "holding"]:
            if "instrument" not in query:
                raise NotUnderstood("no instrument")
            return {**query, **account.holding(query["instrument"])}
        if method == "POST" and path == ["v1", "quotes"]:
            return {"quotes": account.quotes(body.get("instruments", []))}
        reads = {
            "orders": lambda: {"orders": account.working()},
            "holdings": lambda: {"holdings": account.holdings()},
            "instruments": lambda: {"instruments": account.instruments()},
            "account": account.access,
            "time": lambda: {"time": account.clock_ms()},
            "capabilities": lambda: account.capabilities,
        }
        if method == "GET" and len(path) == 2 and path[0] == "v1" and path[1] in reads:
            return reads[path[1]]()
        if self.has_market and path[:1] == ["market"]:
            return self.market(path[1:], body)
        # Not 404: that one may come from a proxy, and means nothing.
        raise NotUnderstood(f"no {method} {parts.path}")

    def market(self, path, body):
        if path == ["price"]:
            self.account.set_price(body["instrument"], body["price"])
        elif path == ["deposit"]:
            self.account.deposit(body["instrument"], body["quantity"])
        elif path == ["fresh"]:
            self.account.__init__()
        return {"fills": self.account.fills()}

    def body(self):
        length = int(self.headers.get("content-length") or 0)
        if not 0 <= length <= LONGEST_BODY:
            self.close_connection = True
            raise NotUnderstood("the body is too long")
        text = self.rfile.read(length)
        if text == b"":
            return {}
        try:
            parsed = json.loads(text)
        except ValueError as error:
            raise NotUnderstood("not JSON") from error
        if not isinstance(parsed, dict):
            raise NotUnderstood("not an object")
        return parsed

    def send(self, status, body):
        text = b"" if body is None else json.dumps(body, allow_nan=False).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *args):
        """Requests are not logged: they would show orders."""


def order_in(body):
    """An order of the protocol; raises NotUnderstood for anything else, before something is done."""
    for name in ("clientOrderId", "instrument", "action", "side", "type"):
        if not isinstance(body.get(name), str) or body[name] == "":
            raise NotUnderstood(f"no {name}")
    if body["action"] != ("sell" if body["side"] == "long" else "buy"):
        raise NotUnderstood("action and side contradict each other")
    quantity = body.get("quantity")
    if isinstance(quantity, bool) or not isinstance(quantity, (int, float)) or not quantity > 0:
        raise NotUnderstood("no quantity above 0")
    if body["type"] == "limit" and not isinstance(body.get("limit"), (int, float)):
        raise NotUnderstood("no limit")
    return {**body, "reduceOnly": body.get("reduceOnly") is True}


def main():
    parser = argparse.ArgumentParser(description="example bridge for watchkeeper")
    parser.add_argument("--port", type=int, default=9000, help="0: any free port")
    parser.add_argument("--market", action="store_true", help="let requests set prices and holdings: for trials only")
    given = parser.parse_args()
    Bridge.token = os.environ.get("BRIDGE_TOKEN", "")
    if Bridge.token == "":
        sys.exit("BRIDGE_TOKEN is empty: set the token that watchkeeper sends")
    Bridge.account = Account()
    Bridge.has_market = given.market
    server = ThreadingHTTPServer(("127.0.0.1", given.port), Bridge)
    server.daemon_threads = True
    print(f"bridge at http://127.0.0.1:{server.server_address[1]}", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass


if __name__ == "__main__":
    main()
