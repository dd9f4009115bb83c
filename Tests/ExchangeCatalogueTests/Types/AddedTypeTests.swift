import ExchangeCatalogue
import ExchangeCore
import Testing

extension MessageTypeDefinition {
    /// SIG-07. Somebody tries to get in touch with a child: at the gate, by telephone or online.
    static let approachNotice = MessageTypeDefinition(
        "SIG-07", english: "Approach notice", dutch: "Melding benadering",
        summary: "Tells that somebody tries to get in touch with a child.",
        senders: [.provider, .guardian, .reception], recipients: [.police, .guardian],
        duties: [.role(.police), .role(.guardian)], priority: .urgent,
        fields: [
            .required("approachedAt", .timestamp, "When it was noticed."),
            .required("accompaniment", .code(.accompaniment), "Whether it was somebody whom the child knows."),
            .required("observation", .text(byteCountLimit: 2000), "What was seen or heard."),
            .required("childAboutToLeave", .boolean, "Whether the child is about to go along."),
            .optional("signal", .messageID, "The SIG-01 of this case that it belongs to."),
            .optional("countries", .codes(.country, count: 1...8), "Where the other side seems to be."),
        ],
        rules: [
            Rule(
                "about-to-leave-is-stat", "an approach to a child that is about to leave is sent as stat",
                .priority(atLeast: .stat, when: .member("childAboutToLeave", is: true)))
        ],
        expects: [ExpectedMessage("SIG-02", of: .role(.police), within: .hours(24))],
        caseRules: [.approachNamesSignal])
}

extension CaseRule {
    /// Two reports of one danger that do not know of each other are each taken for less.
    static let approachNamesSignal = CaseRule(
        "approach-names-signal", "where the case has a signal, an approach names it", looksAt: ["SIG-01"]
    ) { (content, history, _, rule) throws(ContentError) in
        let signals = history.all("SIG-01").map(\.id)
        guard !signals.isEmpty, content.messageID("signal").map(signals.contains) != true else { return }
        throw rule.violation(
            at: FieldPath("body").member("signal"), allowed: signals.map(\.description),
            "put the id of a SIG-01 of this case here")
    }
}

/// The type that `docs/adding-a-message-type.md` adds: the page's own lines stand above and below, and are tried.
struct AddedTypeTests {
    private static let page = "docs/adding-a-message-type.md"
    private static let catalogue = Catalogue(Catalogue.standard.all + [.approachNotice])

    /// In place of the one that reads `Examples/messages`: the example stands on the page.
    private func approachExample() throws -> Example {
        let document = try JSONParser.parse(Array(try #require(blocks("json").first).utf8))
        return Example(.approachNotice, document, in: Self.catalogue)
    }

    private func approachCaseFile() -> CaseFile {
        CaseFile(of: Self.catalogue) { code in code == "SIG-07" ? try approachExample() : try Example(code) }
    }

    /// The fenced blocks of the page in one language.
    private func blocks(_ language: String) throws -> [String] {
        let text = String(decoding: try RepositoryFiles.bytes(Self.page), as: UTF8.self)
        return text.split(separator: "```\(language)\n", omittingEmptySubsequences: false).dropFirst().compactMap {
            $0.split(separator: "```", maxSplits: 1, omittingEmptySubsequences: false).first.map(String.init)
        }
    }

    @Test func `every line of Swift on the page stands in this file`() throws {
        let file = String(
            decoding: try RepositoryFiles.bytes("Tests/ExchangeCatalogueTests/Types/AddedTypeTests.swift"),
            as: UTF8.self
        )
        // What the repository does not have stands in for what it would.
        .replacing("approachExample()", with: "Example(\"SIG-07\")").replacing("approachCaseFile()", with: "CaseFile()")
        let blocks = try blocks("swift")
        #expect(blocks.count == 3)
        for block in blocks { #expect(file.contains(block), "\(block)") }
    }

    @Test func `the standard catalogue does not have the type, and takes it`() throws {
        let type = MessageTypeDefinition.approachNotice.type
        #expect(Catalogue.standard.all.allSatisfy { $0.type.code != type.code })
        #expect(Self.catalogue[type] != nil)
        let example = try approachExample()
        #expect(try Example.accept(example.document, by: Self.catalogue).type == type)
        for (fault, document) in example.brokenDocuments {
            #expect(example.refusal(of: document) != nil, "\(fault)")
        }
    }

    @Test func `its page and its schema are made without a further line`() throws {
        let files = MessageReference.files(of: Self.catalogue) { _ in "{}" }
        let page = try #require(files.first { $0.name == "SIG-07.md" }).text
        #expect(page.contains("`approach-names-signal`") && page.contains("[SIG-02](SIG-02.md) is expected, of police"))
        #expect(try !JSONWriter.write(JSONSchema.document(for: .approachNotice), limits: JSONSchema.limits).isEmpty)
    }

    @Test func `an approach to a child that is about to leave is stat`() throws {
        let refusal = try approachExample().refusal(replacing: "body", "childAboutToLeave", with: true)
        #expect(refusal?.rule == "about-to-leave-is-stat" && refusal?.path.description == "priority")
    }

    @Test func `an approach names the signal of its case`() throws {
        var file = approachCaseFile()
        try file.hold("SIG-01", 1, from: .police, to: [.guardian, .immigration])
        let refusal = try file.refusal("SIG-07", from: .provider, to: [.police, .guardian])
        #expect(refusal?.rule == "approach-names-signal" && refusal?.path.description == "body.signal")
    }
}
