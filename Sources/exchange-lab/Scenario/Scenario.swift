import ExchangeCatalogue
import ExchangeCore

/// A case as data: what is sent by whom to whom, what happens to the nodes meanwhile, and what people answer.
struct Scenario: Sendable {
    let acts: [Act]
    let answers: AnswerPolicy

    /// Those that are sent, in the order of the acts.
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
    /// Says what people do meanwhile, and no message tells.
    case note(String)
    /// Sent at once, each as soon as its sender owns what it rests on.
    case send([ScriptedMessage])
    /// Asks the sender's node what a message would come to; it must be refused by this rule, and is not sent.
    case refused(ScriptedMessage, rule: String)
    /// Waits until those have been told of a message.
    case told(MessageLabel, [Cast])
    /// Waits until everything that was sent is told, owned and concluded, or declined.
    case settled
    /// Time passes: all nodes stop, their clocks are set ahead, and they start again on what they had.
    case later(StoryTime)
    /// Shows each step that a node takes of its ladder for what it owes on a message, until it has taken this one.
    case ladder(MessageLabel, owed: String, by: Cast, until: EscalationStep)
    /// SIGKILL: the node is gone between two instructions.
    case kill(Cast)
    /// The node is there again, on the same folder.
    case restart(Cast)
    /// Neither of the two nodes reaches the other; both go on with everybody else.
    case part(Cast, Cast)
    case heal(Cast, Cast)
    /// Lets an outage last, and then shows who has not been told, and why, and the matrix as it stands.
    case outage(lasting: Milliseconds)
    /// Shows the case of a message as one organisation's node prints it.
    case overview(Cast, of: MessageLabel)
}

/// A moment of the story.
struct StoryTime: Sendable {
    /// Since the day of arrival.
    let days: Int
    /// Of that day, by Coordinated Universal Time.
    let hour: Int
    let minute: Int

    /// - Parameter began: on the day of arrival.
    func moment(after began: Timestamp) -> Timestamp {
        CalendarDate(began).adding(days: days).moment() + .minutes(Int64(hour * 60 + minute))
    }
}

/// Names a message within a scenario.
typealias MessageLabel = String

struct ScriptedMessage: Sendable {
    let label: MessageLabel
    let type: String
    let sender: Cast
    /// Who must be told. The sender's node finds out by itself where nobody has to be named, and is held against this.
    let recipients: [Cast]
    /// The message that this one answers.
    var answers: MessageLabel?
    /// What its sender must own before it can send this.
    var restsOn: [MessageLabel] = []
    /// The first message of a case.
    var opensCase = false
    /// A message of the case that it belongs to, where that is not the case of the first.
    var inCaseOf: MessageLabel?
    /// Whether the submission names ``recipients``: for types that have nobody to be told by default, and for more than
    /// those.
    var namesRecipients = false
    /// Where it is more pressing than its type.
    var priority: Priority?
    /// The processing activity, in its organisation's register.
    let purpose: String
    var legalBasis = ["A6-1-e"]
    let body: @Sendable (_ script: ScriptState) -> JSONValue

    /// As the sender's system hands it in.
    ///
    /// - Parameter reference: that of the case; `nil` where it opens one. An answer belongs to the case of what it answers.
    func submission(_ script: ScriptState, in reference: CaseReference?) -> JSONValue {
        var submission = JSONObject()
        submission["type"] = .string(type)
        submission["role"] = script.role(sender)
        if let answers {
            submission["inReplyTo"] = script.id(answers)
        } else if !opensCase, let reference {
            submission["caseRef"] = .string(reference.description)
        }
        if namesRecipients { submission["recipients"] = .array(recipients.map { script.party($0) }) }
        submission["priority"] = priority.map { .string($0.rawValue) }
        submission["purpose"] = .string(purpose)
        submission["legalBasis"] = .array(legalBasis.map { .string($0) })
        submission["body"] = body(script)
        return .object(submission)
    }
}

/// What a body may speak of: the time, the child's days, and messages that were sent.
struct ScriptState: Sendable {
    /// The child comes of age so many days after it arrived.
    static let comesOfAgeAfterDays = 210

    let now: Timestamp
    /// When the child arrived.
    let began: Timestamp
    let identifiers: [MessageLabel: MessageID]
    let caseReferences: [MessageLabel: CaseReference]
    let parties: [Cast: Party]

    func time(_ span: Milliseconds) -> JSONValue { .string((now + span).description) }
    /// So many days after the arrival.
    func day(_ days: Int) -> JSONValue { .string(CalendarDate(began).adding(days: days).description) }
    /// A day so many months after that of the arrival.
    func day(afterMonths months: Int) -> JSONValue {
        .string(CalendarDate(began).adding(months: months).description)
    }

    var birthDate: JSONValue {
        let birthday = CalendarDate(began).adding(days: Self.comesOfAgeAfterDays)
        return .string(birthday.adding(years: -CasePolicy().majorityYears).description)
    }

    func id(_ label: MessageLabel) -> JSONValue {
        guard let id = identifiers[label] else { preconditionFailure("\(label) is sent before it is spoken of") }
        return .string(id.description)
    }

    /// An organisation in its role.
    func party(_ cast: Cast) -> JSONValue { ["oin": oin(cast), "role": role(cast)] }
    func oin(_ cast: Cast) -> JSONValue { .string(known(cast).oin.text) }
    func role(_ cast: Cast) -> JSONValue { .string(known(cast).role.rawValue) }

    private func known(_ cast: Cast) -> Party {
        guard let party = parties[cast] else { preconditionFailure("\(cast) has no part in this") }
        return party
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

    /// Nobody takes a message until the ladder has told somebody, and then that role does.
    struct Sleep: Sendable {
        let label: MessageLabel
        let by: Cast
        let until: EscalationStep
        let role: String
    }

    /// The duty role that speaks for each organisation.
    let dutyRoles: [Cast: String]
    /// What was done, by the message's type.
    let outcomes: [String: String]
    let declined: [Refusal]
    var slept: [Sleep] = []
}
