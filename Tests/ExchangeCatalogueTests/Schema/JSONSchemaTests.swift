import ExchangeCatalogue
import ExchangeCore
import Testing

struct JSONSchemaTests {
    /// Every schema file by its name, as the definitions give it.
    private static var files: [(name: String, document: JSONValue)] {
        Catalogue.standard.all.map { (JSONSchema.fileName(for: $0.type), JSONSchema.document(for: $0)) }
            + [(JSONSchema.contentFileName, JSONSchema.contentDocument)]
    }

    @Test func `the schema files are those that the definitions give`() throws {
        for file in Self.files {
            let bytes = try JSONWriter.write(file.document, layout: .indented, limits: JSONSchema.limits)
            if environmentValue("EXCHANGE_WRITE_SCHEMAS") == "1" {
                try RepositoryFiles.write(bytes, to: "schemas/\(file.name)")
            }
            #expect(
                try RepositoryFiles.bytes("schemas/\(file.name)") == bytes,
                "\(file.name) differs: run the test with EXCHANGE_WRITE_SCHEMAS=1 and commit the file")
        }
        #expect(
            try RepositoryFiles.names(in: "schemas").filter { $0.hasSuffix(".schema.json") }
                == Self.files.map(\.name).sorted())
    }

    @Test func `the pages of the messages are those that the definitions give`() throws {
        let files = try MessageReference.files(of: .standard) { type in
            String(decoding: try RepositoryFiles.bytes("Examples/messages/\(type).json"), as: UTF8.self)
        }
        for file in files {
            let path = "docs/messages/\(file.name)"
            let bytes = Array(file.text.utf8)
            if environmentValue("EXCHANGE_WRITE_SCHEMAS") == "1" { try RepositoryFiles.write(bytes, to: path) }
            #expect(
                try RepositoryFiles.bytes(path) == bytes,
                "\(path) differs: run the test with EXCHANGE_WRITE_SCHEMAS=1 and commit the file")
        }
        #expect(try RepositoryFiles.names(in: "docs/messages") == files.map(\.name).sorted())
        #expect(files.count == Catalogue.standard.all.count + 2)
    }

    @Test func `the examples that the program carries are those of the repository, each type once`() throws {
        var bundle = JSONObject()
        for type in Catalogue.standard.all.map(\.type) {
            bundle["\(type)"] = try JSONParser.parse(RepositoryFiles.bytes("Examples/messages/\(type).json"))
        }
        let path = "Sources/SignalExchange/Console/examples.json"
        let bytes = try JSONWriter.write(.object(bundle), layout: .indented, limits: JSONSchema.limits)
        if environmentValue("EXCHANGE_WRITE_SCHEMAS") == "1" { try RepositoryFiles.write(bytes, to: path) }
        #expect(
            try RepositoryFiles.bytes(path) == bytes,
            "\(path) differs: run the test with EXCHANGE_WRITE_SCHEMAS=1 and commit the file")
    }

    @Test func `every type has an example and no example is without a type`() throws {
        #expect(
            try RepositoryFiles.names(in: "Examples/messages")
                == Catalogue.standard.all.map { "\($0.type).json" }.sorted())
    }

    @Test(arguments: Catalogue.standard.all.map(\.type))
    func `the node accepts the example`(type: MessageType) throws {
        let example = try Example(try #require(Catalogue.standard[type]))
        let content = try Example.accept(example.document)
        #expect(content.type == type)
    }

    @Test(.enabled(if: IndependentValidator.isPresent, "python3-jsonschema is not installed"))
    func `an independent validator accepts the examples and the content made of them`() throws {
        var questions: [IndependentValidator.Question] = []
        for definition in Catalogue.standard.all {
            let document = try Example(definition).document
            let schema = JSONSchema.document(for: definition)
            questions.append(.init(schema: schema, document: document))
            let content = try Example.accept(document).document
            questions.append(.init(schema: JSONSchema.contentDocument, document: content))
        }
        questions.append(.init(schema: JSONSchema.contentDocument, document: try SignedContent.signal().document))
        let verdicts = try IndependentValidator.judge(questions)
        #expect(verdicts.count == questions.count)
        for (question, fits) in zip(questions, verdicts) { #expect(fits, "\(question.document)") }
    }

    @Test(.enabled(if: IndependentValidator.isPresent, "python3-jsonschema is not installed"))
    func `broken examples are refused by the node and by an independent validator`() throws {
        var broken: [(fault: String, example: Example, document: JSONValue)] = []
        for definition in Catalogue.standard.all {
            let example = try Example(definition)
            for (fault, document) in example.brokenDocuments { broken.append((fault, example, document)) }
        }
        let verdicts = try IndependentValidator.judge(
            broken.map { .init(schema: JSONSchema.document(for: $0.example.definition), document: $0.document) })
        #expect(verdicts.count == broken.count)
        for (entry, fits) in zip(broken, verdicts) {
            #expect(!fits, "the independent validator accepts \(entry.example.testDescription): \(entry.fault)")
            #expect(
                entry.example.refusal(of: entry.document) != nil,
                "the node accepts \(entry.example.testDescription): \(entry.fault)")
        }
        print("broken examples refused by both: \(broken.count)")
    }

    @Test(.enabled(if: IndependentValidator.isPresent, "python3-jsonschema is not installed"))
    func `rules that are data are refused by both`() throws {
        let cases: [(code: String, path: [PathStep], value: JSONValue?)] = [
            ("SIG-01", ["body", "acuteDanger"], true), ("SIG-01", ["body", "childAboutToLeave"], true),
            ("SIG-01", ["body", "traffickingStatus"], "NotAVictimOfTrafficking"),
            ("SIG-01", ["body", "location"], "other"), ("SIG-01", ["body", "indicators", 0, "code"], "9"),
            ("SIG-01", ["role"], "lawyer"), ("COB-01", ["recipients", 0], "reception"),
            ("SIG-02", ["body", "decision"], "combined"), ("SIG-02", ["inReplyTo"], nil),
            ("PLC-01", ["body", "medicalOrPregnancyNeeds"], "yes"), ("PLC-02", ["body", "location"], nil),
            ("PLC-02", ["body", "location"], "Kerkstraat 12"), ("PLC-02", ["body", "decision"], "rejected"),
            ("PLC-03", ["body", "arrived"], false), ("DEP-01", ["priority"], "asap"),
            ("COB-01", ["handling"], "amber"), ("COB-02", ["body", "answer"], "decline"),
            ("SIG-03", ["body", "changeKind"], "erased"), ("PLC-05", ["body", "notBefore"], nil),
            ("DEP-02", ["body", "alertCategory"], nil), ("DEP-03", ["priority"], "routine"),
            ("DEP-04", ["priority"], "asap"), ("DEP-05", ["body", "departureAlert"], nil),
            ("STO-01", ["body", "consentLimits"], nil), ("STO-03", ["body", "ground"], nil),
            ("RES-04", ["body", "start"], nil), ("RES-06", ["body", "unknownReason"], nil),
            ("RES-07", ["body", "track"], "both"),
            ("NOD-02", ["body", "reason"], nil), ("NOD-02", ["body", "status"], "completed"),
            ("NOD-03", ["body", "status"], "received"), ("NOD-03", ["body", "outcome"], " "),
        ]
        let broken = try cases.map { ($0, try Example($0.code)) }
        let verdicts = try IndependentValidator.judge(
            broken.map { entry, example in
                .init(
                    schema: JSONSchema.document(for: example.definition),
                    document: example.document.replacing(entry.path, with: entry.value))
            })
        #expect(verdicts.count == cases.count)
        for ((entry, example), fits) in zip(broken, verdicts) {
            #expect(!fits, "\(entry.code) \(entry.path.fieldPath)")
            #expect(
                example.refusal(of: example.document.replacing(entry.path, with: entry.value)) != nil,
                "\(entry.code) \(entry.path.fieldPath)")
        }
    }
}
