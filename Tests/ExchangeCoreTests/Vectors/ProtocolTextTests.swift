import ExchangeCore
import Foundation
import Testing

/// Holds the tables of `protocol.md` against the code, both ways: what the one has the other has.
@Suite struct ProtocolTextTests {
    /// The rows of the first table under a heading, each as its cells, without the table's own head.
    private static func table(under heading: String) throws -> [[String]] {
        let lines = try Repository.text("protocol.md").components(separatedBy: "\n")
        let start = try #require(lines.firstIndex { $0.hasPrefix(heading) }, "no heading \(heading)")
        let rows = lines[(start + 1)...].drop { !$0.hasPrefix("|") && !$0.hasPrefix("#") }.prefix { $0.hasPrefix("|") }
        return rows.dropFirst(2).map { row in
            row.split(separator: "|").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " `")) }
        }
    }

    private static func codes(under heading: String) throws -> [String] {
        try table(under: heading).compactMap(\.first)
    }

    @Test func `the refusal codes are those of the text`() throws {
        #expect(try Self.codes(under: "### 7.2") == RefusalCode.allCases.map(\.rawValue))
    }

    @Test func `the later codes are those of the text`() throws {
        #expect(try Self.codes(under: "### 7.3") == LaterCode.allCases.map(\.rawValue))
    }

    @Test func `the request errors are those of the text`() throws {
        #expect(try Self.codes(under: "### 7.4") == RequestErrorCode.allCases.map(\.rawValue))
    }

    @Test func `every request error has a status of its kind`() throws {
        for row in try Self.table(under: "### 7.4") {
            let status = try #require(Int(row[1]))
            #expect((400...599).contains(status), "\(row[0])")
        }
    }

    @Test func `the kinds of audit leaves are those of the text`() throws {
        #expect(try Self.codes(under: "## Annex C") == AuditKind.allCases.map(\.rawValue))
    }

    private static let limits: [(name: String, value: UInt64)] = [
        ("contentMaximumBytes", UInt64(ProtocolLimits.contentMaximumBytes)),
        ("contentMaximumDepth", UInt64(ProtocolLimits.contentMaximumDepth)),
        ("messageMaximumRecipients", UInt64(ProtocolLimits.messageMaximumRecipients)),
        ("messageMaximumAttachments", UInt64(ProtocolLimits.messageMaximumAttachments)),
        ("signedDataMaximumBytes", UInt64(ProtocolLimits.signedDataMaximumBytes)),
        ("envelopeMaximumBytes", UInt64(ProtocolLimits.envelopeMaximumBytes)),
        ("derMaximumDepth", UInt64(ProtocolLimits.derMaximumDepth)),
        ("batchMaximumItems", UInt64(ProtocolLimits.batchMaximumItems)),
        ("batchMaximumBytes", UInt64(ProtocolLimits.batchMaximumBytes)),
        ("manifestMaximumBytes", UInt64(ProtocolLimits.manifestMaximumBytes)),
        ("statementMaximumBytes", UInt64(ProtocolLimits.statementMaximumBytes)),
        ("answerMaximumBytes", UInt64(ProtocolLimits.answerMaximumBytes)),
        ("tallyMaximumGaps", UInt64(ProtocolLimits.tallyMaximumGaps)),
        ("tallyMaximumBytes", UInt64(ProtocolLimits.tallyMaximumBytes)),
        ("sequenceNumberMaximum", ProtocolLimits.sequenceNumberMaximum),
        ("channelMaximumGap", ProtocolLimits.channelMaximumGap),
        ("detailMaximumBytes", UInt64(ProtocolLimits.detailMaximumBytes)),
        ("directoryMaximumBytes", UInt64(ProtocolLimits.directoryMaximumBytes)),
        ("directoryMaximumMembers", UInt64(ProtocolLimits.directoryMaximumMembers)),
        ("clockSkewMaximum", UInt64(ProtocolLimits.clockSkewMaximum.count)),
        ("retryMaximum", UInt64(ProtocolLimits.retryMaximum.count)),
        ("retryFirst", UInt64(ProtocolLimits.retryFirst.count)),
        ("tallyInterval", UInt64(ProtocolLimits.tallyInterval.count)),
        ("requestTimeout", UInt64(ProtocolLimits.requestTimeout.count)),
        ("requestsPerConnectionMaximumPending", UInt64(ProtocolLimits.requestsPerConnectionMaximumPending)),
    ]

    @Test func `the limits are those of the text, with their values and units`() throws {
        let rows = try Self.table(under: "## 11")
        #expect(rows.map { $0[0] } == Self.limits.map(\.name))
        for (row, limit) in zip(rows, Self.limits) {
            #expect(UInt64(row[1]) == limit.value, "\(limit.name)")
            #expect(!row[2].isEmpty)
            if limit.name.hasSuffix("Bytes") { #expect(row[2].hasPrefix("bytes"), "\(limit.name)") }
        }
    }

    @Test func `no limit of the code is left out of this test`() throws {
        let source = try Repository.text("Sources/ExchangeCore/Limits/Limits.swift")
        let body = try #require(source.components(separatedBy: "public enum ProtocolLimits {").last)
            .components(separatedBy: "\n}\n")[0]
        let names = body.matches(of: /static let (\w+)/).map { String($0.output.1) }
        #expect(names == Self.limits.map(\.name))
    }

    @Test func `the sizes in the ASN.1 module are the limits`() throws {
        let text = try Repository.text("protocol.md")
        for line in [
            "Text           ::= UTF8String (SIZE (0..\(ProtocolLimits.detailMaximumBytes)))",
            "SEQUENCE SIZE (1..\(ProtocolLimits.batchMaximumItems)) OF ManifestItem",
            "SEQUENCE SIZE (0..\(ProtocolLimits.tallyMaximumGaps)) OF NumberRange",
            "OCTET STRING (SIZE (0..\(ProtocolLimits.statementMaximumBytes)))",
            "Number         ::= INTEGER (0..\(ProtocolLimits.sequenceNumberMaximum))",
        ] {
            #expect(text.contains(line), "\(line)")
        }
    }
}
