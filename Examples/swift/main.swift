// A case system in few lines: sends a file, then keeps and confirms what came.
//
// example-case-system SOCKET FOLDER [FILE]
// example: swift run example-case-system avim/node.sock kept Examples/messages/SIG-01.v1.json
import Foundation
import SignalExchange

let arguments = CommandLine.arguments
guard arguments.count >= 3 else {
    print("usage: example-case-system SOCKET FOLDER [FILE]")
    exit(2)
}
let node = AgencyClient(socketPath: arguments[1])
let folder = URL(filePath: arguments[2])
try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)

for file in arguments.dropFirst(3).map({ URL(filePath: $0) }) {
    // After any doubt the same again: the same key is the same message.
    let sent = try await node.submit([UInt8](Data(contentsOf: file)), key: file.lastPathComponent, waitSeconds: 10)
    print("sent", sent.id, sent.state.rawValue)
}

try await node.follow(.inbox, as: "case-system")
while case let page = try await node.entries(of: "case-system", waitSeconds: 2), !page.entries.isEmpty {
    for entry in page.entries {
        // Kept whole first, and confirmed after: an entry that comes again is the same file.
        let kept = folder.appending(path: entry.messageID + ".json")
        try Data(entry.json).write(to: kept, options: .atomic)
        print("kept", kept.path)
    }
    try await node.confirm(page.cursor, of: "case-system")
}
