"""A real HTTP server that notes the webhooks it is sent, and checks their signatures by itself."""

import base64
import hashlib
import hmac
import http.server
import json
import ssl
import threading

from cloudevents.http import from_http


class Receiver:
    """Listens until `close` and answers with `status`; over TLS where it is given the paths of a certificate and its key."""

    def __init__(self, host="127.0.0.1", port=0, status=200, location=None, certificate=None):
        self.messages = []
        self.status = status
        self.location = location
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                receiver.messages.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(receiver.status)
                if receiver.location:
                    self.send_header("location", receiver.location)
                self.send_header("content-length", "0")
                self.end_headers()

            do_GET = do_POST

            def log_message(self, *arguments):
                pass

        self.server = http.server.ThreadingHTTPServer((host, port), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        self.url = f"{'https' if certificate else 'http'}://{host}:{self.port}/hook"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()

    def events(self, secret):
        """The events, each with a signature that `secret` has made over the very bytes that came."""
        return [self.event(message, secret) for message in list(self.messages)]

    @staticmethod
    def event(message, secret):
        headers, body = message
        assert signature_is_good(headers, body, secret), headers
        # As people who never heard of us read it.
        event = from_http(headers, body)
        assert event["id"] == headers["webhook-id"] and event["specversion"] == "1.0"
        return event


def signature_is_good(headers, body, secret):
    """As Standard Webhooks has it: HMAC-SHA-256 over `ID.TIMESTAMP.BODY`."""
    key = base64.b64decode(secret.removeprefix("whsec_")) if secret.startswith("whsec_") else secret.encode()
    message = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(key, message, hashlib.sha256).digest()).decode()
    return any(hmac.compare_digest(word, f"v1,{expected}") for word in headers["webhook-signature"].split(" "))


def data(event):
    """What an event says."""
    value = event.data
    return json.loads(value) if isinstance(value, (bytes, str)) else value
