import Testing

/// No private key, and no path of somebody's machine, is in the repository.
struct NothingPrivate: HouseRule {
    static let name = "private"

    /// The folders that only one machine has. In parts, so that this file does not hold what it looks for.
    static let foldersOfOneMachine = ["work", "farm", "root", "opt/swift", "home", "Users"].map { "/" + $0 }

    func findings(in tree: SourceTree) -> [Finding] {
        tree.files.flatMap { file in
            file.lines.enumerated().flatMap { index, line in
                messages(for: line).map { Finding(path: file.path, line: index + 1, message: $0) }
            }
        }
    }

    private func messages(for line: Substring) -> [String] {
        var messages: [String] = []
        if let begin = line.firstRange(of: "-----BEGIN "), line[begin.upperBound...].contains("PRIVATE " + "KEY-----") {
            messages.append("a private key: make it when the test runs (certs-example/make-pki.sh)")
        }
        messages += Self.foldersOfOneMachine.filter { names($0, in: line) }.map { "a path of one machine: \($0)" }
        return messages
    }

    /// Whether a path begins with the folder: `a/home/b` and `/homes` do not.
    private func names(_ folder: String, in line: Substring) -> Bool {
        // Most lines hold no slash; looking for one byte is much faster than for six strings.
        guard line.utf8.contains(UInt8(ascii: "/")) else { return false }
        return line.ranges(of: folder).contains { range in
            let before = line[..<range.lowerBound].last
            let after = line[range.upperBound...].first
            let begins = before.map { !$0.isLetter && !$0.isNumber && !"._-/}~".contains($0) } ?? true
            return begins && (after == nil || after == "/")
        }
    }
}

@Suite struct NothingPrivateTests {
    private func count(_ text: String) -> Int {
        NothingPrivate().findings(in: SourceTree(planted: text, at: "docs/operations.md")).count
    }

    @Test func `nothing private is in the repository`() {
        #expect(NothingPrivate().findings(in: .package) == [])
    }

    @Test(arguments: ["", "EC ", "RSA ", "ENCRYPTED "])
    func `a private key is found in any form`(form: String) {
        #expect(count("text\n-----BEGIN \(form)PRIVATE " + "KEY-----\nMIG") == 1)
    }

    @Test func `a certificate is no private key`() { #expect(count("-----BEGIN CERTIFICATE-----") == 0) }

    @Test(arguments: NothingPrivate.foldersOfOneMachine)
    func `a path of one machine is found`(folder: String) {
        #expect(count("read \(folder)/notes.txt") == 1)
        #expect(count("a relative ../shared\(folder)/notes.txt and \(folder)s") == 0)
    }
}
