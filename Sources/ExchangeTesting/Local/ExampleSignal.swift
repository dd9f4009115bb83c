import ExchangeCMS
package import ExchangeCatalogue
package import ExchangeCore
import SignalExchange

/// The signal of the example case (SIG-01), as the police hand it in.
package enum ExampleSignal {
    package static func submission(
        to recipients: [Role], priority: Priority = .asap, caseReference: CaseReference? = nil,
        explanation: String = "A synthetic example."
    ) -> JSONObject {
        var submission = JSONObject()
        submission["type"] = "SIG-01"
        submission["recipients"] = .array(recipients.map { .string($0.rawValue) })
        submission["caseRef"] = caseReference.map { .string($0.description) }
        submission["priority"] = .string(priority.rawValue)
        submission["purpose"] = "https://register.example/processing/trafficking-signals"
        submission["legalBasis"] = ["wpg:8", "wpg:18"]
        submission["body"] = .object(body(explanation: explanation, acuteDanger: priority == .stat))
        return submission
    }

    package static func body(
        explanation: String = "A synthetic example.", acuteDanger: Bool = false
    ) -> JSONObject {
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

    /// An acknowledgement of a message that nobody sent: each node that gets it refuses it, signed.
    package static func groundlessAcknowledgement(to recipient: Role, by role: String) -> JSONObject {
        let unknown = MessageID(at: .current, random: Randomness.bytes16()).description
        var submission = submission(to: [recipient])
        submission["type"] = "NOD-03"
        submission["inReplyTo"] = .string(unknown)
        submission["body"] = [
            "messageId": .string(unknown), "messageDigest": .string(sha256([]).description), "status": "completed",
            "outcome": .string("Done, says the \(role)."),
        ]
        return submission
    }
}
