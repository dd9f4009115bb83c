import Testing

/// The core is told the time, draws no lots and touches no world: the same events give the same effects, in the node
/// and in the simulator.
struct CoreWithoutWorld: HouseRule {
    static let name = "core"
    static let target = "ExchangeCore"

    /// Names that reach for a clock, for randomness, for other threads or for the outside.
    static let names: Set = [
        "Date", "ContinuousClock", "SuspendingClock", "clock_gettime", "gettimeofday", "UUID",
        "SystemRandomNumberGenerator", "random", "randomElement", "shuffled", "shuffle", "Hasher", "hashValue",
        "Task", "async", "await", "actor", "print", "readLine", "FileManager", "FileHandle", "ProcessInfo",
    ]

    func findings(in tree: SourceTree) -> [Finding] {
        tree.swiftFiles.filter { $0.target == Self.target }.flatMap { file in
            let code = file.code
            return code.indices.compactMap { index -> Finding? in
                guard code[index].kind == .word, Self.names.contains(code[index].text), !isLabel(index, in: code),
                    !isExcepted(code[index].line, in: file)
                else { return nil }
                let message = "`\(code[index].text)`: time, randomness and effects come to the core from outside"
                return Finding(path: file.path, line: code[index].line, message: message)
            }
        }
    }

    /// `init(random bytes: Bytes16)` and `MessageID(at: time, random: bytes)` name what comes from outside, and so do
    /// the uses of such a name within.
    private func isLabel(_ index: Int, in code: [SwiftToken]) -> Bool {
        guard code[index].text == "random" else { return false }
        let previous = index > 0 ? code[index - 1] : nil
        let next = index + 1 < code.count ? code[index + 1] : nil
        return !(previous?.isSymbol(".") == true && next?.isSymbol("(") == true)
    }
}

@Suite struct CoreWithoutWorldTests {
    private func count(_ source: String, in target: String = CoreWithoutWorld.target) -> Int {
        CoreWithoutWorld().findings(in: SourceTree(planted: source, at: "Sources/\(target)/Model/File.swift")).count
    }

    @Test func `the core has no clock, no randomness and no effects`() {
        #expect(CoreWithoutWorld().findings(in: .package) == [])
    }

    @Test(arguments: [
        "let now = Date()", "let now = ContinuousClock.now", "let id = UUID()", "let n = Int.random(in: 0..<9)",
        "let n = names.shuffled()", "let n = names.randomElement()", "func send() async {}", "print(\"sent\")",
    ])
    func `a reach for the world is found in the core and only there`(source: String) {
        #expect(count(source) == 1)
        #expect(count(source, in: "SignalExchange") == 0)
    }

    @Test func `a parameter called random is no finding`() {
        #expect(count("init(at time: Timestamp, random: Bytes16) { value = random.high }\nlet a = B(random: c)") == 0)
    }
}
