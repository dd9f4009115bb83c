import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation

/// What one organisation may send to the others: messages made of the examples of its types, with the text of a record where
/// a type has room for one.
struct Correspondence: Sendable {
    /// A message as it is handed in, and who has to be told.
    struct Message: Sendable {
        let submission: [UInt8]
        let recipients: [OIN]
    }

    private struct Form: Sendable {
        let example: JSONObject
        let recipients: [ExamplePKI.Member]
        let hasText: Bool
    }

    private let forms: [Form]
    private let records: [String]
    /// Messages of one case keep their order: some wait for the one before them.
    private let cases: [CaseReference]

    /// - Parameter members: all organisations.
    /// - Throws: what reading the examples throws.
    init(
        of sender: ExamplePKI.Member, among members: [ExamplePKI.Member], records: [String],
        _ generator: inout SeededGenerator
    ) throws {
        self.records = records
        cases = (0..<4).map { _ in
            CaseReference(random: Bytes16(high: generator.next(), low: generator.next()))
        }
        forms = try Catalogue.standard.all.compactMap { definition in
            // An answer needs a message that it answers, an acknowledgement is the node's own, and what has rules of the
            // case needs one in which it may be sent.
            guard definition.isHandedOver, !definition.answersMessage, definition.caseRules.isEmpty,
                definition.senderRoles.contains(sender.role)
            else { return nil }
            let recipients = members.filter { $0.oin != sender.oin && definition.recipientRoles.contains($0.role) }
            guard !recipients.isEmpty else { return nil }
            let file = try LocalSubmission.example(definition.type.code)
            guard case .object(var example) = try JSONParser.parse(Array(file.json.utf8)) else { return nil }
            example["inReplyTo"] = nil
            example["role"] = .string(sender.role.rawValue)
            guard recipients.allSatisfy({ Self.isAllowed(example, to: $0) }) else { return nil }
            return Form(
                example: example, recipients: recipients,
                hasText: definition.fields.contains { $0.name == "explanation" })
        }
    }

    /// Whether a message may go to one organisation alone. Some types bind their recipients to each other or to what
    /// stands in the body; they are left out, because here anybody may be told.
    private static func isAllowed(_ example: JSONObject, to recipient: ExamplePKI.Member) -> Bool {
        var submission = example
        submission["recipients"] = [["oin": .string(recipient.oin.text), "role": .string(recipient.role.rawValue)]]
        guard let bytes = try? JSONWriter.write(.object(submission)) else { return false }
        return (try? Rehearsal.content(of: bytes, by: .standard)) != nil
    }

    /// Whether there is anything that this organisation may send to anybody here.
    var isEmpty: Bool { forms.isEmpty }

    func message(_ generator: inout SeededGenerator) throws -> Message {
        let form = forms[.random(in: forms.indices, using: &generator)]
        let count = Int.random(in: 1...form.recipients.count, using: &generator)
        let recipients = form.recipients.shuffled(using: &generator).prefix(count)
        var submission = form.example
        submission["recipients"] = .array(
            recipients.map { ["oin": .string($0.oin.text), "role": .string($0.role.rawValue)] })
        // Half of them begin a case of their own.
        let index = Int.random(in: 0..<cases.count * 2, using: &generator)
        submission["caseRef"] = index < cases.count ? .string(cases[index].description) : nil
        if form.hasText, case .object(var body)? = submission["body"], !records.isEmpty {
            body["explanation"] = .string(records[.random(in: records.indices, using: &generator)])
            submission["body"] = .object(body)
        }
        return Message(submission: try JSONWriter.write(.object(submission)), recipients: recipients.map(\.oin))
    }

    /// The text of one record a line; the first line names the columns.
    static func records(of file: URL) throws -> [String] {
        let lines = try String(contentsOf: file, encoding: .utf8).split(whereSeparator: \.isNewline)
        guard let head = lines.first else { return [] }
        let names = head.split(separator: ",", omittingEmptySubsequences: false)
        return lines.dropFirst().map { line in
            zip(names, line.split(separator: ",", omittingEmptySubsequences: false))
                .filter { !$0.1.isEmpty }.map { "\($0.0): \($0.1)" }.joined(separator: "; ")
        }
    }
}
