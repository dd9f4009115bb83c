"""A case system in few lines: sends a file, then keeps and confirms what came.

case_system.py SOCKET FOLDER [FILE]     example: case_system.py avim/node.sock kept Examples/messages/SIG-01.v1.json
"""
import http.client, json, os, socket, sys

class Node(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(sys.argv[1])

def call(method, path, body=None, headers={}):
    node = Node("node")
    node.request(method, "/v1" + path, body, headers)
    answer = node.getresponse()
    result = json.loads(answer.read())
    if answer.status >= 300:
        sys.exit(f"{result['title']}: {result['detail']}")
    return result

folder = sys.argv[2]
os.makedirs(folder, exist_ok=True)
for path in sys.argv[3:]:  # After any doubt the same again: the same key is the same message.
    key = os.path.basename(path)
    print("sent", call("POST", "/messages?waitSeconds=10", open(path, "rb").read(), {"Idempotency-Key": key}))

call("PUT", "/consumers/case-system", json.dumps({"feed": "inbox"}))
while (page := call("GET", "/consumers/case-system/entries?waitSeconds=2"))["items"]:
    for entry in page["items"]:  # Kept whole first, and confirmed after: an entry that comes again is the same file.
        name = os.path.join(folder, entry["message"]["id"] + ".json")
        with open(name + ".new", "w") as file:
            json.dump(entry["message"], file)
            file.flush()
            os.fsync(file.fileno())
        os.rename(name + ".new", name)
        os.fsync(os.open(folder, os.O_RDONLY))  # The name, too, is on the disk when its folder is.
        print("kept", name)
    call("PUT", "/consumers/case-system/cursor", json.dumps({"cursor": page["cursor"]}))
