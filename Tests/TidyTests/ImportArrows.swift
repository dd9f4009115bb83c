import Testing

/// The arrows of the architecture: what each target may import. SwiftPM lets a target import what any of its
/// dependencies depends on; this does not.
struct ImportArrows: HouseRule {
    static let name = "imports"

    /// What every target may import: it comes with the compiler and reaches nothing outside the process.
    static let standardLibrary: Set = ["Swift", "Synchronization"]
    static let collections: Set = [
        "BasicContainers", "BitCollections", "Collections", "DequeModule", "HashTreeCollections", "HeapModule",
        "OrderedCollections",
    ]
    static let transport: Set = [
        "AsyncHTTPClient", "Configuration", "CoreMetrics", "HTTPTypes", "Hummingbird", "HummingbirdCore",
        "HummingbirdTLS", "Logging", "Metrics", "NIOConcurrencyHelpers", "NIOCore", "NIOFoundationCompat", "NIOHTTP1",
        "NIOHTTPTypes", "NIOPosix", "NIOSSL", "NIOTLS", "ServiceLifecycle", "Subprocess", "SystemPackage",
        "UnixSignals",
    ]
    static let layers: Set = ["ExchangeCore", "ExchangeCatalogue", "ExchangeCMS", "ExchangeStore"]
    static let system: Set = ["CDispatch", "Darwin", "Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Musl"]

    /// A target that is not here may not exist: add it with its arrows, and to `ARCHITECTURE.md`.
    static let allowed: [String: Set<String>] = [
        "COpenSSL": [],
        // For tests alone: nothing that is shipped fails on purpose.
        "CFaultyDisk": [],
        "ExchangeCore": collections.union(["SwiftASN1"]),
        "ExchangeCatalogue": ["ExchangeCore"],
        "ExchangeCMS": ["ExchangeCore", "COpenSSL", "SwiftASN1"],
        "ExchangeStore": system.union(["ExchangeCore", "GRDB"]),
        "SignalExchange": layers.union(transport).union(system).union(collections),
        "exchange-node": system.union(["SignalExchange", "ArgumentParser"]),
        // It damages stores, as a failing disk does, which the store itself has no way to do.
        "ExchangeTesting": layers.union(transport).union(system).union(collections).union(["SignalExchange", "GRDB"]),
        "example-case-system": system.union(["SignalExchange"]),
        "exchange-lab": system.union([
            "ExchangeTesting", "SignalExchange", "ExchangeCore", "ExchangeCatalogue", "ArgumentParser",
        ]),
    ]

    func findings(in tree: SourceTree) -> [Finding] {
        tree.swiftFiles.flatMap { file in
            Self.imports(of: file).compactMap { module, line -> Finding? in
                guard let target = file.target else {
                    // Tests may import what they test, but C pointers stay behind their owners.
                    return module == "COpenSSL" && file.path.hasPrefix("Tests/")
                        ? Finding(path: file.path, line: line, message: "only ExchangeCMS imports COpenSSL") : nil
                }
                guard let allowed = Self.allowed[target] else {
                    return Finding(path: file.path, line: line, message: "\(target) has no arrows in ImportArrows")
                }
                guard !allowed.union(Self.standardLibrary).contains(module) else { return nil }
                return Finding(path: file.path, line: line, message: "\(target) may not import \(module)")
            }
        }
    }

    /// The modules that a file imports: `Foundation` for `package import struct Foundation.URL`.
    static func imports(of file: SourceFile) -> [(module: String, line: Int)] {
        let code = file.code
        let kinds: Set = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var"]
        return code.indices.compactMap { index in
            // As an argument label or a member, `import` is followed by a symbol.
            guard code[index].isWord("import"), index + 1 < code.count, code[index + 1].kind == .word
            else { return nil }
            let next = kinds.contains(code[index + 1].text) ? index + 2 : index + 1
            return next < code.count ? (code[next].text, code[index].line) : nil
        }
    }
}

@Suite struct ImportArrowsTests {
    @Test func `every target imports only what its arrows allow`() {
        #expect(ImportArrows().findings(in: .package) == [])
    }

    @Test(arguments: [
        ("ExchangeCore", "import Foundation"), ("ExchangeCore", "import ExchangeStore"),
        ("ExchangeCatalogue", "public import struct Foundation.Date"), ("ExchangeCatalogue", "import ExchangeCMS"),
        ("ExchangeCMS", "import NIOSSL"), ("ExchangeStore", "internal import COpenSSL"),
        ("SignalExchange", "@preconcurrency import COpenSSL"), ("SignalExchange", "import GRDB"),
        ("exchange-node", "import ExchangeTesting"), ("exchange-node", "import GRDB"),
        ("exchange-lab", "import ExchangeCMS"),
        ("ExchangeTesting", "@testable import ArgumentParser"), ("NewTarget", "import ExchangeCore"),
    ])
    func `an import against the arrows is found`(target: String, statement: String) {
        let tree = SourceTree(planted: "// head\n\(statement)\n", at: "Sources/\(target)/Part/File.swift")
        #expect(ImportArrows().findings(in: tree).map(\.line) == [2])
    }

    @Test func `a test that imports the C library is found`() {
        let tree = SourceTree(planted: "import COpenSSL", at: "Tests/ExchangeCMSTests/File.swift")
        #expect(ImportArrows().findings(in: tree).count == 1)
    }

    @Test func `an import along the arrows is no finding`() {
        let source = "package import ExchangeCore\nimport SwiftASN1\nimport Synchronization\nlet text = \"import GRDB\""
        let tree = SourceTree(planted: source, at: "Sources/ExchangeCMS/File.swift")
        #expect(ImportArrows().findings(in: tree) == [])
    }
}
