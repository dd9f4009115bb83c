import Foundation

/// One connection to a node's local API, used by one thread: plain calls, so that measuring takes as little as possible
/// of the processors that the nodes need.
final class LocalConnection {
    private let descriptor: Int32
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    /// - Throws: ``Failure`` where nobody listens.
    init(to socket: URL) throws {
        descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: socket.path.utf8.prefix($0.count - 1)) }
        let length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let descriptor = descriptor
        let done = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, length) }
        }
        guard done == 0 else {
            close(descriptor)
            throw Failure(words: "nothing listens on \(socket.path)")
        }
    }

    deinit { close(descriptor) }

    /// - Returns: the id of the message.
    func submit(_ submission: String, key: String) throws -> String {
        let answer = try call(
            """
            POST /v1/messages HTTP/1.1\r\nHost: node\r\nIdempotency-Key: \(key)\r\n\
            Content-Length: \(submission.utf8.count)\r\n\r\n\(submission)
            """)
        guard let start = answer.firstRange(of: #""id":""#)?.upperBound,
            let end = answer[start...].firstIndex(of: "\"")
        else { throw Failure(words: "a submission was answered with \(answer.prefix(500))") }
        return String(answer[start..<end])
    }

    /// Returns when every recipient's receipt is here.
    func waitForReceipts(of id: String) throws {
        let answer = try get("/v1/messages/\(id)/deliveries?waitSeconds=60")
        guard answer.contains(#""state":"receipted""#), !answer.contains(#""state":"accepted""#),
            !answer.contains(#""state":"sending""#)
        else { throw Failure(words: "message \(id) was to be receipted: \(answer.prefix(500))") }
    }

    /// - Returns: how many deliveries to these partners have no answer yet.
    func openDeliveries(to partners: Set<String>) throws -> Int {
        guard
            let rows = try JSONSerialization.jsonObject(with: Data(try get("/v1/partners").utf8)) as? [[String: Any]]
        else { throw Failure(words: "the partners' list cannot be read") }
        return try rows.filter { partners.contains($0["oin"] as? String ?? "") }.map { row in
            guard let open = row["open"] as? Int else { throw Failure(words: "a partner has no count: \(row)") }
            return open
        }.reduce(0, +)
    }

    func get(_ path: String) throws -> String { try call("GET \(path) HTTP/1.1\r\nHost: node\r\n\r\n") }

    /// Sends a request and reads its answer, which has a length and is not large.
    private func call(_ request: String) throws -> String {
        var text = request
        try text.withUTF8 { bytes in
            var sent = 0
            while sent < bytes.count {
                let count = send(
                    descriptor, bytes.baseAddress?.advanced(by: sent), bytes.count - sent, Int32(MSG_NOSIGNAL))
                guard count > 0 else { throw Failure(words: "the node does not take a request") }
                sent += count
            }
        }
        var answer: [UInt8] = []
        var end: Int?
        while end.map({ answer.count < $0 }) ?? true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count > 0 else { throw Failure(words: "the node ended a connection") }
            answer += buffer[..<count]
            if end == nil { end = try Self.end(of: answer) }
        }
        let whole = String(decoding: answer, as: UTF8.self)
        guard whole.hasPrefix("HTTP/1.1 2") else { throw Failure(words: String(whole.prefix(1000))) }
        return whole.firstRange(of: "\r\n\r\n").map { String(whole[$0.upperBound...]) } ?? ""
    }

    /// Where an answer ends; `nil` where its head is not whole yet.
    private static func end(of answer: [UInt8]) throws -> Int? {
        let head = String(decoding: answer.prefix(2048), as: UTF8.self)
        guard let blank = head.firstRange(of: "\r\n\r\n") else { return nil }
        let fields = head[..<blank.lowerBound].lowercased().split(separator: "\r\n")
        guard let field = fields.first(where: { $0.hasPrefix("content-length:") }),
            let length = Int(field.dropFirst(15).drop { $0 == " " })
        else { throw Failure(words: "an answer without a length: \(head.prefix(500))") }
        return head[..<blank.upperBound].utf8.count + length
    }

    struct Failure: Error, CustomStringConvertible {
        let words: String
        var description: String { words }
    }
}
