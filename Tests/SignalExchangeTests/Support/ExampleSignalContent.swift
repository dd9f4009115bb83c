import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension ExampleSignal {
    /// As it stands inside a signature.
    static func content(
        type: String = "SIG-01", from sender: Party, to recipients: [Recipient],
        caseReference: CaseReference = CaseReference(random: Randomness.bytes16()), priority: Priority = .asap,
        created: Timestamp = .current, body: JSONObject? = nil
    ) throws -> SignedContent {
        let id = MessageID(at: created, random: Randomness.bytes16())
        return SignedContent(
            id: id, type: try #require(MessageType(code: type)), sender: sender, recipients: recipients,
            caseRef: caseReference, conversation: id, created: created, priority: priority,
            purpose: try #require(PurposeURI("https://register.example/processing/trafficking-signals")),
            legalBasis: ["wpg:8"], handling: .amber,
            body: body ?? Self.body(acuteDanger: priority == .stat))
    }

    /// Writes a submission to a file for the command line.
    static func file(_ submission: JSONObject, in folder: URL) throws -> URL {
        let file = folder.appending(path: "submission-\(UInt32.random(in: .min ... .max)).json")
        try Data(JSONWriter.write(.object(submission))).write(to: file)
        return file
    }
}
