"""The system behind a hook: answers with the statuses it is given, one a call, and prints each call as a line of JSON.

hook.py SECRET [STATUS...]: 204 once they are used up; 299 is a 200 whose body never ends. The signature is verified with Python's own means.
"""
import base64, hashlib, hmac, http.server, json, sys, threading

secret = base64.b64decode(sys.argv[1].removeprefix("whsec_"))
statuses = list(map(int, sys.argv[2:]))


class Hook(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        identifier, timestamp = self.headers["webhook-id"], self.headers["webhook-timestamp"]
        code = hmac.new(secret, f"{identifier}.{timestamp}.".encode() + body, hashlib.sha256).digest()
        expected = "v1," + base64.b64encode(code).decode()
        status = statuses.pop(0) if statuses else 204
        self.send_response(200 if status == 299 else status)
        if status == 302:
            self.send_header("location", "/elsewhere")
        self.send_header("content-length", "10" if status == 299 else "0")
        self.end_headers()
        print(json.dumps({
            "path": self.path, "id": identifier, "status": status, "entry": json.loads(body),
            "verified": hmac.compare_digest(expected, self.headers["webhook-signature"])}), flush=True)
        if status == 299:
            self.wfile.write(b"x")
            threading.Event().wait()

    def do_GET(self):
        """Where a redirect leads: nobody who signs calls comes here."""
        self.send_response(204)
        self.end_headers()
        print(json.dumps({"path": self.path, "id": "", "status": 204, "entry": {}, "verified": False}), flush=True)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
print(json.dumps({"port": server.server_port}), flush=True)
server.serve_forever()
