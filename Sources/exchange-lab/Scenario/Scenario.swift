import ExchangeCatalogue
import ExchangeCore

/// A case as data: what is sent by whom to whom, what happens to the nodes meanwhile, and what people answer.
struct Scenario: Sendable {
    let acts: [Act]
    let answers: AnswerPolicy

    var messages: [ScriptedMessage] {
        acts.flatMap(\.steps).flatMap { step -> [ScriptedMessage] in
            if case .send(let messages) = step { messages } else { [] }
        }
    }
}

struct Act: Sendable {
    let title: String
    let steps: [Step]
}

enum Step: Sendable {
    /// Sent at once, each as soon as its sender owns what it rests on.
    case send([ScriptedMessage])
    /// Waits until those have been told of a message.
    case told(MessageLabel, [Cast])
    /// Waits until everything that was sent is told, owned and concluded, or declined.
    case settled
    /// SIGKILL: the node is gone between two instructions.
    case kill(Cast)
    /// The node is there again, on the same folder.
    case restart(Cast)
    /// The node takes connections and answers nothing.
    case pause(Cast)
    case resume(Cast)
    /// Lets an outage last, and then shows who has not been told, and why.
    case outage(lasting: Milliseconds)
}

/// Names a message within a scenario.
typealias MessageLabel = String

struct ScriptedMessage: Sendable {
    let label: MessageLabel
    let type: String
    let sender: Cast
    /// Who must be told. No submission names anybody: the sender's node finds out, and is held against this.
    let recipients: [Cast]
    /// The message that this one answers.
    var answers: MessageLabel?
    /// What its sender must own before it can send this.
    var restsOn: [MessageLabel] = []
    /// The first message of a case; every other belongs to the case of the first.
    var opensCase = false
    /// The processing activity, in its organisation's register.
    let purpose: String
    var legalBasis = ["A6-1-e"]
    let body: @Sendable (_ script: ScriptState) -> JSONValue
}

/// What a body may speak of: the time, and messages that were sent.
struct ScriptState: Sendable {
    let now: Timestamp
    let identifiers: [MessageLabel: MessageID]
    let caseReferences: [MessageLabel: CaseReference]

    func time(_ span: Milliseconds) -> JSONValue { .string((now + span).description) }
    func date(_ span: Milliseconds) -> JSONValue { .string(String((now + span).description.prefix(10))) }

    func id(_ label: MessageLabel) -> JSONValue {
        guard let id = identifiers[label] else { preconditionFailure("\(label) is sent before it is spoken of") }
        return .string(id.description)
    }

    func caseReference(_ label: MessageLabel) -> JSONValue {
        guard let reference = caseReferences[label] else {
            preconditionFailure("\(label) is sent before it is spoken of")
        }
        return .string(reference.description)
    }
}

/// What the people of each organisation do with what they receive: they take it and conclude it, but for some.
struct AnswerPolicy: Sendable {
    struct Refusal: Sendable {
        let label: MessageLabel
        let by: Cast
        let reason: String
    }

    /// The duty role that speaks for each organisation.
    let dutyRoles: [Cast: String]
    /// What was done, by the message's type.
    let outcomes: [String: String]
    let declined: [Refusal]
}
