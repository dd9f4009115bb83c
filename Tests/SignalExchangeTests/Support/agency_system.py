"""A case system with a database of its own (SQLite), for the test that kills it: it says each step on standard output
before it takes the next, so that it can be ended between any two.

agency_system.py send SOCKET DATABASE SUBMISSION COUNT    submits COUNT messages, each under a key of its own
agency_system.py receive SOCKET DATABASE                  keeps and confirms what comes, until it is ended
"""
import http.client, json, socket, sqlite3, sys, time

role, path, file = sys.argv[1:4]
database = sqlite3.connect(file, isolation_level=None)
database.execute("PRAGMA synchronous = FULL")
database.execute("CREATE TABLE IF NOT EXISTS sent (key TEXT PRIMARY KEY, id TEXT UNIQUE)")
database.execute("CREATE TABLE IF NOT EXISTS received (id TEXT PRIMARY KEY, times INTEGER)")
database.execute("CREATE TABLE IF NOT EXISTS confirmed (id TEXT PRIMARY KEY)")


class Node(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(path)


def say(*words):
    print(*words, flush=True)


def call(method, place, body=None, headers={}):
    """Asks until the node answers: it may be dead, and what it did before it died is not known."""
    while True:
        try:
            node = Node("node")
            node.request(method, "/v1" + place, body, headers)
            answer = node.getresponse()
            text = answer.read()
            if answer.status < 300:
                return json.loads(text)
            if answer.status != 503:
                say("refused", answer.status, text.decode())
                sys.exit(1)
        except (OSError, http.client.HTTPException):
            pass
        say("unanswered", method, place)
        time.sleep(0.05)  # The node is starting; it says so to nobody but its parent.


if role == "send":
    submission = open(sys.argv[4]).read()
    for number in range(int(sys.argv[5])):
        key = f"killed-{number}"
        if database.execute("SELECT 1 FROM sent WHERE key = ?", (key,)).fetchone():
            continue
        say("submitting", key)
        answer = call("POST", "/messages", submission, {"Idempotency-Key": key})
        say("accepted", key, answer["id"])
        database.execute("INSERT INTO sent VALUES (?, ?)", (key, answer["id"]))
        say("noted", key)
    say("done")
else:
    call("PUT", "/consumers/killed", json.dumps({"feed": "inbox"}))
    while True:
        page = call("GET", "/consumers/killed/entries?limit=3&waitSeconds=5")
        for entry in page["items"]:
            identifier = entry["message"]["id"]
            say("fetched", identifier)
            # What was confirmed before and comes again is a fault of the node's.
            if database.execute("SELECT 1 FROM confirmed WHERE id = ?", (identifier,)).fetchone():
                say("AGAIN", identifier)
                sys.exit(1)
            database.execute(
                "INSERT INTO received VALUES (?, 1) ON CONFLICT (id) DO UPDATE SET times = times + 1", (identifier,))
            say("kept", identifier)
        if page["items"]:
            call("PUT", "/consumers/killed/cursor", json.dumps({"cursor": page["cursor"]}))
            database.executemany(
                "INSERT OR IGNORE INTO confirmed VALUES (?)", [(entry["message"]["id"],) for entry in page["items"]])
            say("confirmed", len(page["items"]))
        else:
            say("idle")
