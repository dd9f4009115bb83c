import Testing

/// The node's wall clock has one reader, so that a clock that is set ahead for a trial holds for everything that it signs,
/// keeps and judges. Commands that make or judge files without a node go by the machine's.
struct ClockOfTheNode: HouseRule {
    static let name = "clock"
    static let targets: Set = ["SignalExchange", "exchange-node"]

    /// The reader itself, and what is done with files alone: cards, directories, certificates, copies of keys, evidence.
    static let excepted = [
        "Sources/SignalExchange/Runtime/NodeClock.swift", "Sources/SignalExchange/Runtime/SystemTime.swift",
        "Sources/SignalExchange/Pairing/", "Sources/SignalExchange/Console/CardConsole.swift",
        "Sources/SignalExchange/Console/DirectoryConsole.swift", "Sources/SignalExchange/Console/EvidenceConsole.swift",
        "Sources/SignalExchange/Configuration/KeyBackup.swift",
        "Sources/SignalExchange/Configuration/IssuedFiles.swift",
    ]

    func findings(in tree: SourceTree) -> [Finding] {
        tree.swiftFiles.filter { file in
            file.target.map(Self.targets.contains) == true && !Self.excepted.contains { file.path.hasPrefix($0) }
        }.flatMap { file in
            let code = file.code
            return code.indices.compactMap { index -> Finding? in
                guard readsMachineClock(index, code), !isExcepted(code[index].line, in: file) else { return nil }
                return Finding(
                    path: file.path, line: code[index].line,
                    message:
                        "`\(code[index].text)` is the machine's time: ask the clock of the context or configuration")
            }
        }
    }

    private func readsMachineClock(_ index: Int, _ code: [SwiftToken]) -> Bool {
        func token(_ offset: Int) -> SwiftToken? {
            code.indices.contains(index + offset) ? code[index + offset] : nil
        }
        switch code[index].text {
        case "Date", "gettimeofday", "clock_gettime": return token(1)?.isSymbol("(") == true
        case "NodeClock": return token(1)?.isSymbol("(") == true && token(2)?.isSymbol(")") == true
        case "current":
            // `.current` alone, or of the type: a method of that name is another thing.
            guard token(-1)?.isSymbol(".") == true, token(1)?.isSymbol("(") != true else { return false }
            let isOfValue = token(-1)?.isAdjacent == true && token(-2)?.kind == .word
            return !isOfValue || token(-2)?.isWord("Timestamp") == true
        default: return false
        }
    }
}

@Suite struct ClockOfTheNodeTests {
    private func count(_ source: String, in path: String = "Sources/SignalExchange/Runtime/File.swift") -> Int {
        ClockOfTheNode().findings(in: SourceTree(planted: source, at: path)).count
    }

    @Test func `the machine's clock is read by the node's clock alone, and by commands on files`() {
        #expect(ClockOfTheNode().findings(in: .package) == [])
    }

    @Test(arguments: [
        "let now = Timestamp.current", "judge(at: .current)", "let now = Date()", "let clock = NodeClock()",
    ])
    func `a reader behind its back is found`(source: String) {
        #expect(count(source) == 1)
        #expect(count(source, in: "Sources/SignalExchange/Pairing/File.swift") == 0)
    }

    @Test(arguments: [
        "let a = ClockState.current", "holder.current(now)", "NodeClock(ahead: span)", "let a = b.current",
    ])
    func `what is another thing is no finding`(source: String) { #expect(count(source) == 0) }
}
