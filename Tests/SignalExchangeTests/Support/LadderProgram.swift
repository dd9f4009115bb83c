import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

/// A program that the ladder runs, as a real one: it keeps what it reads, and does as it is told.
struct LadderProgram: Sendable {
    enum Mode: String {
        case work, fail
        /// Deaf to being asked to end, as long as the test goes on.
        case hang
    }

    /// What it was given in one run.
    struct Run: Sendable {
        let input: String
        let arguments: String
    }

    private static let script = """
        #!/bin/sh
        record=$1 mode=$2
        shift 2
        number=$(($(cat "$record.count" 2> /dev/null || echo 0) + 1))
        cat > "$record.$number"
        echo "$*" > "$record.$number.arguments"
        echo $$ > "$record.pid"
        echo $number > "$record.count.new" && mv "$record.count.new" "$record.count"
        case $(cat "$mode") in
            fail) echo "no line to the pager"; exit 3 ;;
            hang) trap '' TERM; while [ -e "$mode" ]; do sleep 0.1; done ;;
        esac

        """

    let path: String
    private let record: String
    private let mode: String

    /// - Parameter folder: of the test, which is removed after it: then one that hangs ends.
    init(_ name: String, in folder: URL) throws {
        path = folder.appending(path: name).path
        record = path + ".record"
        mode = path + ".mode"
        try Data(Self.script.utf8).write(to: URL(filePath: path))
        try #require(chmod(path, 0o755) == 0)
        try set(.work)
    }

    /// What stands before the arguments of its own.
    var arguments: String { "\(record) \(mode)" }

    func set(_ mode: Mode) throws { try Data(mode.rawValue.utf8).write(to: URL(filePath: self.mode), options: .atomic) }

    /// Of the process that ran last.
    var identifier: Int32? {
        (try? String(contentsOfFile: record + ".pid", encoding: .utf8)).flatMap { Int32($0.filter(\.isNumber)) }
    }

    /// All runs so far, in their order.
    var runs: [Run] {
        get throws {
            guard let text = try? String(contentsOfFile: record + ".count", encoding: .utf8) else { return [] }
            let count = try #require(Int(text.filter(\.isNumber)))
            return try (1...count).map { number in
                Run(
                    input: try String(contentsOfFile: "\(record).\(number)", encoding: .utf8),
                    arguments: try String(contentsOfFile: "\(record).\(number).arguments", encoding: .utf8))
            }
        }
    }

    /// Returns when there are runs that it looks for.
    func waitForRuns(
        _ what: String, within span: Milliseconds = .seconds(60), until isThere: @escaping @Sendable ([Run]) -> Bool
    ) async throws -> [Run] {
        try await ExchangeTesting.within(span, what) {
            try await poll {
                let runs = try self.runs
                return isThere(runs) ? runs : nil
            }
        }
    }
}

extension LadderProgram.Run {
    /// The entry that it read, where that is one line of JSON.
    var entry: JSONValue? { try? JSONParser.parse(Array(input.utf8), limits: .message) }
    var number: Int64 { entry?["number"]?.number ?? 0 }
    var step: String { entry?["step"]?.text ?? "" }
    /// Of a mail.
    func header(_ name: String) -> String? {
        let head = input.components(separatedBy: "\n\n").first ?? ""
        return head.split(separator: "\n").first { $0.hasPrefix(name + ": ") }.map {
            String($0.dropFirst(name.count + 2))
        }
    }
}
