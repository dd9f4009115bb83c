import Foundation
import Testing

/// The OpenAPI text has every request of the API, and no other: what it says of each is tried by a program that reads it
/// (`DescriptionTests`), and that one cannot see what is missing there.
@Suite struct DescriptionRulesTests {
    private static let placeholder = #"\(name)"#

    @Test func `every request of the API stands in its description, and no other`() throws {
        let routes = SourceTree.package.swiftFiles.filter { $0.path.hasPrefix("Sources/SignalExchange/Local/") }
        var served: Set<String> = []
        for file in routes {
            // One row may stand for several operations, whose names stand above it.
            let operations = file.text.matches(of: /"(_[a-z]+)"/).map { String($0.1) }
            for match in file.text.matches(of: /routes\.add\(\s*\.([a-z]+), "([^"]+)"/) {
                let path = String(match.2).replacing(/:([a-zA-Z]+)/) { "{\($0.1)}" }
                let isOfSeveral = path.hasSuffix(Self.placeholder)
                let names = isOfSeveral ? operations.map { path.replacing(Self.placeholder, with: $0) } : [path]
                for name in names { served.insert("\(match.1) /\(name)") }
            }
        }
        let text = try #require(
            SourceTree.package.files.first { $0.path == "Sources/SignalExchange/Local/openapi.json" })
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(text.text.utf8)) as? [String: Any])
        let paths = try #require(document["paths"] as? [String: [String: Any]])
        let described = Set(paths.flatMap { path, methods in methods.keys.map { "\($0) \(path)" } })
        #expect(served.subtracting(described).sorted() == [])
        #expect(described.subtracting(served).sorted() == [])
    }
}
