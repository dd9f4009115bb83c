import ExchangeCatalogue
import ExchangeCore
import Foundation
import SignalExchange
import Testing

/// Messages of the example case, as an agency hands them in and as they stand inside a signature.
enum ExampleSignal {
    static func submission(
        to recipients: [Role], priority: Priority = .asap, caseReference: CaseReference? = nil,
        explanation: String = "A synthetic example."
    ) throws -> JSONObject {
        var submission = JSONObject()
        submission["type"] = "SIG-01"
        submission["recipients"] = .array(recipients.map { .string($0.rawValue) })
        submission["caseRef"] = caseReference.map { .string($0.description) }
        submission["priority"] = .string(priority.rawValue)
        submission["purpose"] = "https://register.example/processing/trafficking-signals"
        submission["legalBasis"] = ["wpg:8", "wpg:18"]
        submission["body"] = .object(try body(explanation: explanation, acuteDanger: priority == .stat))
        return submission
    }

    static func body(explanation: String = "A synthetic example.", acuteDanger: Bool = false) throws -> JSONObject {
        let body: JSONValue = [
            "talkType": "identification", "detectedAt": .string((Timestamp.current + .minutes(-20)).description),
            "location": "AC-TerApel", "traffickingStatus": "PossibleVictimOfTrafficking",
            "decidingOrganisation": "Police",
            "indicators": [["list": "unodc-child", "code": "15", "strength": "not-weighted"]],
            "acuteDanger": .bool(acuteDanger), "childAboutToLeave": false, "childPresent": true,
            "childInformed": true, "explanation": .string(explanation),
        ]
        guard case .object(let object) = body else { preconditionFailure("the literal is an object") }
        return object
    }

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
            body: try body ?? Self.body(acuteDanger: priority == .stat))
    }

    /// Writes a submission to a file for the command line.
    static func file(_ submission: JSONObject, in folder: URL) throws -> URL {
        let file = folder.appending(path: "submission-\(UInt32.random(in: .min ... .max)).json")
        try Data(JSONWriter.write(.object(submission))).write(to: file)
        return file
    }
}
