import Testing

/// No private key, and no path of somebody's machine, is in the repository.
struct NothingPrivate: HouseRule {
    static let name = "private"

    /// The folders that only one machine has. In parts, so that this file does not hold what it looks for.
    static let foldersOfOneMachine = ["work", "farm", "root", "opt/swift", "home", "Users"].map { "/" + $0 }

    private static let endOfKeyHeader = Array(("PRIVATE " + "KEY-----").utf8)

    func findings(in tree: SourceTree) -> [Finding] {
        tree.files.flatMap { file in
            // Bytes: of all rules this one reads most, and characters are many times slower.
            let bytes = Array(file.text.utf8)
            let keys = bytes.places(of: Self.endOfKeyHeader).map { place in
                (place, "a private key: make it when the test runs (certs-example/make-pki.sh)")
            }
            let paths = Self.foldersOfOneMachine.flatMap { folder in
                bytes.places(of: Array(folder.utf8)).filter { Self.isWholeFolder(folder, at: $0, in: bytes) }
                    .map { ($0, "a path of one machine: \(folder)") }
            }
            return (keys + paths).map { place, message in
                let line = bytes[..<place].count { $0 == UInt8(ascii: "\n") } + 1
                return Finding(path: file.path, line: line, message: message)
            }
        }
    }

    /// Whether a path begins with the folder: a place `a/home/b` and `/homes` are none.
    private static func isWholeFolder(_ folder: String, at place: Int, in bytes: [UInt8]) -> Bool {
        let after = place + folder.utf8.count
        let ends = after == bytes.count || [UInt8(ascii: "/"), UInt8(ascii: "\n")].contains(bytes[after])
        guard ends, place > 0 else { return ends }
        let before = Character(UnicodeScalar(bytes[place - 1]))
        return bytes[place - 1] >= 0x80 || !before.isLetter && !before.isNumber && !"._-/}~".contains(before)
    }
}

extension [UInt8] {
    fileprivate func places(of pattern: [UInt8]) -> [Int] {
        guard let first = pattern.first else { return [] }
        var places: [Int] = []
        var start = startIndex
        // The search for one byte is in the standard library and compiled for speed.
        while let place = self[start...].firstIndex(of: first) {
            if self[place...].starts(with: pattern) { places.append(place) }
            start = place + 1
        }
        return places
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
        #expect(count("read \(folder)\nand more") == 1)
        #expect(count("a relative ../shared\(folder)/notes.txt and \(folder)s") == 0)
    }
}
