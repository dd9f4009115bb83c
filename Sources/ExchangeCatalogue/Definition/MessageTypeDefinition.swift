package import ExchangeCore

/// All that the catalogue knows of one message type: who may send it to whom, what stands in it, and what is owed.
package struct MessageTypeDefinition: Sendable {
    /// A text in the two languages of the chain.
    package struct Title: Hashable, Sendable {
        package let english: String
        package let dutch: String
    }

    /// Who must be told by default.
    package enum Duty: Hashable, Sendable {
        /// Whoever has the role.
        case role(Role)
        /// The sender of the message that this one answers.
        case senderOfAnsweredMessage
    }

    package let type: MessageType
    package let title: Title
    /// What the message is for, in a sentence.
    package let summary: String
    package let senderRoles: [Role]
    /// Who may be told, where no rule of the directory says otherwise; see ``Routing``.
    package let recipientRoles: [Role]
    /// Why no rule of the directory lets the type be told to any other role; `nil` where the partners may agree it.
    package let confinement: Confinement?
    /// Before the sender is taken out; see ``duties(ofSenderIn:)``.
    package let dutyRoles: [Duty]
    /// Where the sender names none and no rule demands more; see ``priority(for:)``.
    package let defaultPriority: Priority
    package let defaultHandling: HandlingCode
    /// How far the message must be acknowledged before its sender stops asking.
    package let acknowledgement: AcknowledgementLevel
    /// Whether the recipient's node hands it to the agency. Acknowledgements change the state of a delivery instead,
    /// and a probe ends at the node.
    package let isHandedOver: Bool
    /// Whether the message must name the message that it answers.
    package let answersMessage: Bool
    package let fields: [Field]
    package let rules: [Rule]
    /// What is expected after it.
    package let expects: [ExpectedMessage]
    /// The codes of the types that it brings to an end; see ``CaseHistory/open(_:)``.
    package let closes: [String]
    /// What it demands of the case, judged where it is sent.
    package let caseRules: [CaseRule]

    /// A duty that is not entitled, a field that is there twice or a rule about no field is a fault of ours and stops
    /// the process.
    package init(
        _ code: String, version: Int = 1, english: String, dutch: String, summary: String, senders: [Role],
        recipients: [Role], duties: [Duty], priority: Priority, handling: HandlingCode = .amber,
        acknowledgement: AcknowledgementLevel = .outcome, isHandedOver: Bool = true, answersMessage: Bool = false,
        fields: [Field], rules: [Rule] = [], expects: [ExpectedMessage] = [], closes: [String] = [],
        caseRules: [CaseRule] = [], confinement: Confinement? = nil
    ) {
        guard let type = MessageType(code: code, version: version) else {
            preconditionFailure("\(code) version \(version) is no message type")
        }
        precondition(Set(fields.map(\.name)).count == fields.count, "\(code): a field is there twice")
        for duty in duties {
            if case .role(let role) = duty {
                precondition(recipients.contains(role), "\(code): \(role) is no recipient")
            }
        }
        for rule in rules {
            precondition(
                rule.members.allSatisfy { member in fields.contains { $0.name == member } },
                "\(code): the rule \(rule.name) names a field that is not there")
        }
        self.type = type
        title = Title(english: english, dutch: dutch)
        self.summary = summary
        senderRoles = senders
        recipientRoles = recipients
        self.confinement = confinement
        dutyRoles = duties
        defaultPriority = priority
        defaultHandling = handling
        self.acknowledgement = acknowledgement
        self.isHandedOver = isHandedOver
        self.answersMessage = answersMessage
        self.fields = fields
        self.rules = rules
        self.expects = expects
        self.closes = closes
        self.caseRules = caseRules
    }

    /// In which roles somebody may be told under whatever the partners agree.
    package var agreeableRoles: [Role] { confinement == nil ? Role.allCases : recipientRoles }

    /// Who must be told by default when an organisation in this role sends: all duties but its own.
    package func duties(ofSenderIn role: Role) -> [Duty] { dutyRoles.filter { $0 != .role(role) } }

    /// The priority of a message whose sender names none: the type's default, or more where a rule demands it.
    package func priority(for body: JSONObject) -> Priority {
        var priority = defaultPriority
        for rule in rules {
            if case .priority(let minimum, let condition) = rule.form, condition?.holds(for: body) ?? true {
                priority = max(priority, minimum)
            }
        }
        return priority
    }

    /// Checks everything that the type demands: parties, answer, body, rules, in this order.
    ///
    /// Who is told is the sender's to judge, by the directory that it has (``Catalogue/judgeRecipients(of:by:answering:in:)``);
    /// here is judged what is so under every version of it.
    func check(_ content: SignedContent) throws(ContentError) {
        guard senderRoles.contains(content.sender.role) else {
            throw ContentError(
                .senderNotEntitled, at: FieldPath("sender").member("role"), allowed: senderRoles.map(\.rawValue),
                "\(type.code) is sent by \(Self.list(senderRoles)) only")
        }
        for (index, recipient) in content.recipients.enumerated() where confinement != nil {
            guard recipientRoles.contains(recipient.party.role) else {
                throw ContentError(
                    .recipientNotEntitled, at: FieldPath("recipients").element(index).member("role"),
                    allowed: recipientRoles.map(\.rawValue),
                    "\(type.code) goes to \(Self.list(recipientRoles)) only; remove this recipient")
            }
        }
        if answersMessage, content.inReplyTo == nil {
            throw ContentError(
                .fieldMissing, at: FieldPath("inReplyTo"), "\(type.code) answers a message: put its id here")
        }
        try FieldCheck.check(.object(content.body), fields: fields, at: FieldPath("body"))
        for rule in rules { try rule.check(content) }
    }

    private static func list(_ roles: [Role]) -> String { roles.map(\.rawValue).joined(separator: ", ") }
}

extension Rule {
    /// The members of the body that the rule speaks of, as far as the rule is data.
    fileprivate var members: [String] {
        switch form {
        case .requires(let member, let condition): [member, condition.member]
        case .restricts(let member, _): [member]
        case .priority(_, let condition): condition.map { [$0.member] } ?? []
        case .handling, .check: []
        }
    }
}
