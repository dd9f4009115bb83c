import ExchangeCatalogue
import ExchangeCore
import Testing

/// `docs/coverage.md`: each hand-over of the letter, once, with messages that exist.
struct CoverageTests {
    @Test func `each hand-over of the letter has its row, and names messages of the catalogue`() throws {
        let text = String(decoding: try RepositoryFiles.bytes("docs/coverage.md"), as: UTF8.self)
        let rows = text.split(separator: "\n").compactMap { $0.prefixMatch(of: /\| H([0-9]+) \| (.+)/) }
        #expect(rows.map { Int($0.1) } == Array(1...23))
        let codes = Set(Catalogue.standard.all.map(\.type.code))
        for row in rows {
            let named = row.2.matches(of: /\b[A-Z]{3}-[0-9]{2}\b/).map { String($0.0) }
            #expect(named.allSatisfy(codes.contains), "H\(row.1): \(named)")
            #expect(!named.isEmpty || row.2.contains("none: "), "H\(row.1) names a message, or why it needs none")
        }
    }
}
