import ExchangeCore
import Foundation
import Testing

/// Holds the tables of `protocol.md` against the code, both ways: a code or a bound that only one of them has, or that
/// has another value there, is a second implementation that does not work.
@Suite struct ProtocolTextTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private func text(of path: String) throws -> String {
        try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
    }

    /// The rows of the table under a heading, by cells. Rows that begin with a code are rows; its head is none.
    private func rows(under heading: String) throws -> [[String]] {
        let lines = try text(of: "protocol.md").split(separator: "\n", omittingEmptySubsequences: false)
        let start = try #require(lines.firstIndex { $0.hasPrefix(heading + " ") }, "no heading \(heading)")
        let section = lines[lines.index(after: start)...].prefix { !$0.hasPrefix("#") }
        return section.filter { $0.hasPrefix("| `") }.map { line in
            line.split(separator: "|").map { cell in
                String(cell).filter { $0 != "`" }.trimmingCharacters(in: .whitespaces)
            }
        }
    }

    private func codes(under heading: String) throws -> [String] {
        try rows(under: heading).map { try #require($0.first) }.sorted()
    }

    @Test func `the refusal codes of the text are those of the code`() throws {
        #expect(try codes(under: "### 7.2") == RefusalCode.allCases.map(\.rawValue).sorted())
    }

    @Test func `the later codes of the text are those of the code`() throws {
        #expect(try codes(under: "### 7.3") == LaterCode.allCases.map(\.rawValue).sorted())
    }

    @Test func `the request errors of the text are those of the code`() throws {
        #expect(try codes(under: "### 7.4") == RequestErrorCode.allCases.map(\.rawValue).sorted())
    }

    @Test func `the kinds of leaves of the text are those of the code`() throws {
        #expect(try codes(under: "## Annex C:") == AuditKind.allCases.map(\.rawValue).sorted())
    }

    // MARK: Status

    /// The transport gives the status, and this target does not know the transport: its text is read.
    @Test func `a request error has the status that the text gives it`() throws {
        let numbers = [
            "badRequest": "400", "forbidden": "403", "conflict": "409", "contentTooLarge": "413",
            "notImplemented": "501", "serviceUnavailable": "503",
        ]
        let source = try text(of: "Sources/SignalExchange/Transport/PeerServer.swift")
        let body = try part(of: source, from: "var status: HTTPResponse.Status {", to: "\n    }")
        var given: [String] = []
        for group in body.matches(of: /case ((?:\.\w+[,\s]*)+):\s*\.(\w+)/) {
            let number = try #require(numbers[String(group.2)], "the status \(group.2) is not in this test")
            for name in group.1.matches(of: /\w+/) {
                let code = try #require(RequestErrorCode.allCases.first { "\($0)" == name.output })
                given.append("\(code.rawValue) \(number)")
            }
        }
        let stated = try rows(under: "### 7.4").map { $0.prefix(2).joined(separator: " ") }
        #expect(stated.sorted() == given.sorted())
    }

    // MARK: Limits

    private struct Limit: Hashable, CustomStringConvertible {
        let name: String
        let value: String
        /// `nil` where neither name nor type says it.
        let unit: String?

        init(_ name: String, _ value: Int) { self.init(name, UInt64(value)) }

        init(_ name: String, _ value: UInt64) {
            self.name = name
            self.value = String(value)
            unit = name.hasSuffix("Bytes") ? "bytes" : nil
        }

        init(_ name: String, _ value: Milliseconds) {
            self.name = name
            self.value = String(value.count)
            unit = "milliseconds"
        }

        var description: String { "\(name) = \(value)" }
    }

    /// `ProtocolLimits` has no instances to look into: each constant is named here, and a test sees to it that none is
    /// left out.
    private static let limits = [
        Limit("contentMaximumBytes", ProtocolLimits.contentMaximumBytes),
        Limit("contentMaximumDepth", ProtocolLimits.contentMaximumDepth),
        Limit("messageMaximumRecipients", ProtocolLimits.messageMaximumRecipients),
        Limit("messageMaximumAttachments", ProtocolLimits.messageMaximumAttachments),
        Limit("signedDataMaximumBytes", ProtocolLimits.signedDataMaximumBytes),
        Limit("envelopeMaximumBytes", ProtocolLimits.envelopeMaximumBytes),
        Limit("derMaximumDepth", ProtocolLimits.derMaximumDepth),
        Limit("batchMaximumItems", ProtocolLimits.batchMaximumItems),
        Limit("batchMaximumBytes", ProtocolLimits.batchMaximumBytes),
        Limit("manifestMaximumBytes", ProtocolLimits.manifestMaximumBytes),
        Limit("statementMaximumBytes", ProtocolLimits.statementMaximumBytes),
        Limit("answerMaximumBytes", ProtocolLimits.answerMaximumBytes),
        Limit("tallyMaximumGaps", ProtocolLimits.tallyMaximumGaps),
        Limit("tallyMaximumOutcomes", ProtocolLimits.tallyMaximumOutcomes),
        Limit("tallyOutcomesMaximumNumbers", ProtocolLimits.tallyOutcomesMaximumNumbers),
        Limit("tallyMaximumPredecessors", ProtocolLimits.tallyMaximumPredecessors),
        Limit("tallyMaximumBytes", ProtocolLimits.tallyMaximumBytes),
        Limit("sequenceNumberMaximum", ProtocolLimits.sequenceNumberMaximum),
        Limit("channelMaximumGap", ProtocolLimits.channelMaximumGap),
        Limit("detailMaximumBytes", ProtocolLimits.detailMaximumBytes),
        Limit("directoryMaximumBytes", ProtocolLimits.directoryMaximumBytes),
        Limit("directoryMaximumMembers", ProtocolLimits.directoryMaximumMembers),
        Limit("directoryMaximumRoutingRules", ProtocolLimits.directoryMaximumRoutingRules),
        Limit("routingRuleMaximumFacts", ProtocolLimits.routingRuleMaximumFacts),
        Limit("routingFactMaximumValues", ProtocolLimits.routingFactMaximumValues),
        Limit("routingGroundMaximumBytes", ProtocolLimits.routingGroundMaximumBytes),
        Limit("directoryMaximumHolidays", ProtocolLimits.directoryMaximumHolidays),
        Limit("cardMaximumBytes", ProtocolLimits.cardMaximumBytes),
        Limit("cardMaximumAuthorities", ProtocolLimits.cardMaximumAuthorities),
        Limit("reconciliationMaximumBytes", ProtocolLimits.reconciliationMaximumBytes),
        Limit("clockSkewMaximum", ProtocolLimits.clockSkewMaximum),
        Limit("retryMaximum", ProtocolLimits.retryMaximum),
        Limit("retryFirst", ProtocolLimits.retryFirst),
        Limit("tallyInterval", ProtocolLimits.tallyInterval),
        Limit("requestTimeout", ProtocolLimits.requestTimeout),
        Limit("overtakenMaximum", ProtocolLimits.overtakenMaximum),
        Limit("partnerMaximumRequestsUnderWay", ProtocolLimits.partnerMaximumRequestsUnderWay),
    ]

    @Test func `the limits of the text are those of the code, by name`() throws {
        let source = try text(of: "Sources/ExchangeCore/Limits/Limits.swift")
        let body = try part(of: source, from: "enum ProtocolLimits {", to: "\n}")
        let declared = body.matches(of: /static let (\w+)/).map { String($0.1) }.sorted()
        #expect(try codes(under: "## 11") == declared)
        #expect(Self.limits.map(\.name).sorted() == declared)
    }

    @Test func `the limits of the text are those of the code, by value and unit`() throws {
        let stated = try rows(under: "## 11")
        for limit in Self.limits {
            let row = try #require(stated.first { $0.first == limit.name }, "\(limit)")
            try #require(row.count > 2, "\(limit)")
            let value: String = row[1].filter { $0 != "," }
            #expect(value == limit.value, "\(limit)")
            if let unit = limit.unit { #expect(row[2] == unit, "\(limit)") }
        }
    }

    @Test func `the numbers of values of the text are those of the code`() throws {
        let stated = try rows(under: "## Annex A:").map { try #require($0.count > 1 ? "\($0[0]) \($0[1])" : nil) }
        #expect(
            stated == [
                "Batch \(Batch.maximumNodes)", "Manifest \(Manifest.maximumNodes)",
                "BatchAnswer \(BatchAnswer.maximumNodes)", "Refusal \(Refusal.maximumNodes)",
                "Tally \(Tally.maximumNodes)", "RefillRequest \(RefillRequest.maximumNodes)",
                "RefillAnswer \(RefillAnswer.maximumNodes)",
            ])
        #expect(try text(of: "protocol.md").contains("more than \(wireMaximumDepth) levels"))
    }

    // MARK: Citations

    @Test func `every section that the code cites is in the text`() throws {
        let lines = try text(of: "protocol.md").split(separator: "\n")
        let sources = Self.root.appending(path: "Sources")
        var cited = 0
        for path in try FileManager.default.subpathsOfDirectory(atPath: sources.path) where path.hasSuffix(".swift") {
            let source = try text(of: "Sources/" + path)
            for citation in source.matches(of: /`protocol\.md` §(\d+(?:\.\d+)?)/) {
                let section = citation.1
                let heading = "\(section.contains(".") ? "###" : "##") \(section) "
                #expect(lines.contains { $0.hasPrefix(heading) }, "\(path) cites §\(section)")
                cited += 1
            }
        }
        #expect(cited > 0)
    }

    // MARK: Guards

    /// Both texts name the test that guards each defence; a test that is renamed would leave a promise behind.
    @Test(arguments: ["docs/nine-ways.md", "docs/threat-model.md"])
    func `every test that a text names as a guard is there`(document: String) throws {
        let tests = Self.root.appending(path: "Tests")
        let files = try FileManager.default.subpathsOfDirectory(atPath: tests.path).filter { $0.hasSuffix(".swift") }
        var named = 0
        for citation in try text(of: document).matches(of: /`(\w+)`: “([^”]+)”/) {
            let isThere = try files.contains { path in
                guard ("/" + path).hasSuffix("/\(citation.1).swift") else { return false }
                return try text(of: "Tests/" + path).contains("`\(citation.2)`")
            }
            #expect(isThere, "\(citation.1): \(citation.2)")
            named += 1
        }
        #expect(named > 0)
    }

    private func part(of source: String, from start: String, to end: String) throws -> Substring {
        let head = try #require(source.firstRange(of: start), "no \(start)")
        let rest = source[head.upperBound...]
        let tail = try #require(rest.firstRange(of: end), "no end of \(start)")
        return rest[..<tail.lowerBound]
    }
}
