package import ExchangeCore

/// A departure alert that a case drafts by itself, because a child did not arrive: a submission as far as the case tells it,
/// and what a person must add before it is sent.
///
/// Nobody keeps it. It is made each time of what is held of the case, so that it is there after a crash as before, and gone
/// when the child arrived or was alerted.
package struct DepartureDraft: Equatable, Sendable {
    /// A member of the submission, and which message of the case says it.
    package struct Taken: Equatable, Sendable {
        package let field: String
        package let source: MessageID
        package let sourceCode: String
    }

    /// A member that only a person can give, or complete.
    package struct Blank: Equatable, Sendable {
        package let field: String
        package let meaning: String
    }

    /// The message that shows that the child did not arrive.
    package let ground: MessageID
    package let groundCode: String
    /// Why the alert is drafted, in a sentence.
    package let words: String
    /// Ready for `send` once ``toFill`` is filled in; a member that nobody knows is left out, so that it cannot be sent without.
    package let submission: JSONObject
    package let taken: [Taken]
    package let toFill: [Blank]
}

extension CaseHistory {
    /// The codes of the types from which ``departureDraft(at:by:own:late:)`` is made.
    package static let looksAtForDraft = [
        "SIG-01", "SIG-03", "STA-01", "PLC-01", "PLC-02", "PLC-03", "TRF-02", "DEP-01", "DEP-04", "STO-01",
    ]

    /// The alert of an arrival that did not happen (domain brief 2.2, PLC-03: non-arrival at the due time).
    ///
    /// - Parameters:
    ///   - role: in which this organisation would send it.
    ///   - late: messages whose arrival is owed here, and late by the clock of the answer.
    /// - Returns: `nil` where the child arrived, is not expected yet, or is alerted.
    package func departureDraft(
        at now: Timestamp, by role: Role, own: OIN, late: Set<MessageID> = []
    ) -> DepartureDraft? {
        guard let missed = missedArrival(at: now, late: late),
            let definition = catalogue.all.last(where: { $0.type.code == "DEP-01" })
        else { return nil }
        var filling = DraftFilling()
        filling.addLastSeen(in: self, before: now)
        filling.add("circumstances", .string(missed.circumstances), from: missed.message)
        filling.addDescription(in: self)
        filling.addStatusAndRisks(in: self)
        filling.body["contactHandles"] = []
        return filling.draft(of: missed, as: definition, by: Party(oin: own, role: role), in: self)
    }

    private func missedArrival(at now: Timestamp, late: Set<MessageID>) -> MissedArrival? {
        // Who is searched already is not alerted once more.
        guard open("DEP-01").isEmpty else { return nil }
        var expected: [SignedContent] = []
        var denied: MissedArrival?
        for message in messages {
            switch message.type.code {
            case "PLC-02", "TRF-02":
                expected.removeAll { message.replacesArrival(of: $0, isLate: late.contains($0.id)) }
                if message.asksForArrival { expected.append(message) }
            case "PLC-03" where message.flag("arrived") == false:
                denied = MissedArrival(message: message, expectation: expected.last)
                expected = []
            case "PLC-03", "DEP-01", "DEP-04": (expected, denied) = ([], nil)
            default: break
            }
        }
        if let denied { return denied }
        return expected.last { late.contains($0.id) || $0.arrivalTime.map { $0 <= now } ?? false }
            .map { MissedArrival(message: $0, expectation: $0) }
    }
}

extension SignedContent {
    /// When the child is expected, by a placement or a handover.
    package var arrivalTime: Timestamp? { moment(type.code == "PLC-02" ? "startsAt" : "expectedAt") }

    fileprivate var asksForArrival: Bool { type.code != "PLC-02" || text("decision") == "accepted" }

    /// As an obligation is replaced (``ExpectedAnswer/isReplaceable``): by its own sender, and once the child was missed only
    /// where a later arrival is named.
    ///
    /// - Parameter isLate: whether the arrival is owed here and late by the clock of the answer.
    fileprivate func replacesArrival(of earlier: SignedContent, isLate: Bool) -> Bool {
        guard type.code == earlier.type.code, sender.oin == earlier.sender.oin else { return false }
        guard let due = earlier.arrivalTime else { return !isLate }
        return due > created && !isLate || asksForArrival && arrivalTime.map { $0 > due } ?? false
    }
}

/// An arrival that did not happen.
private struct MissedArrival {
    /// The message that says so, or after which nobody said anything.
    let message: SignedContent
    /// The placement or handover.
    let expectation: SignedContent?

    /// The duties, by the organisations that know of the arrival where they have one; and each provider, so that nobody finds
    /// the alert drafted that another has sent.
    func recipients(by duties: [MessageTypeDefinition.Duty], but sender: Party) -> [JSONValue] {
        let involved = (expectation.map { [$0, message] } ?? [message]).flatMap {
            [$0.sender] + $0.recipients.map(\.party)
        }
        let others = involved.filter { $0.oin != sender.oin }.reduce(into: [Party]()) { parties, party in
            if !parties.contains(where: { $0.oin == party.oin }) { parties.append(party) }
        }
        func document(_ party: Party) -> JSONValue {
            ["oin": .string(party.oin.text), "role": .string(party.role.rawValue)]
        }
        let told = duties.flatMap { duty -> [JSONValue] in
            guard case .role(let role) = duty else { return [] }
            let known = others.filter { $0.role == role }.map(document)
            return known.isEmpty ? [.string(role.rawValue)] : known
        }
        return told + others.filter { $0.role == .provider }.map(document)
    }

    var circumstances: String {
        let place = expectation?.text("location").map { " at \($0)" } ?? ""
        let time = (message.moment("at") ?? expectation?.arrivalTime).map { " at \($0)" } ?? ""
        let transport = expectation?.text("transport").map { " Transport: \($0)" } ?? ""
        guard message.type.code == "PLC-03" else {
            return "The child was expected\(place)\(time), and nobody has confirmed its arrival." + transport
        }
        let explanation = message.text("explanation").map { " \($0)" } ?? ""
        return "The child was expected\(place)\(time) and did not arrive.\(explanation)" + transport
    }
}

/// Collects what a case says for an alert.
private struct DraftFilling {
    var body = JSONObject()
    private var taken: [DepartureDraft.Taken] = []

    init() {}

    mutating func add(_ member: String, _ value: JSONValue, from source: SignedContent) {
        body[member] = value
        note("body.\(member)", source)
    }

    private mutating func note(_ field: String, _ source: SignedContent) {
        taken.append(DepartureDraft.Taken(field: field, source: source.id, sourceCode: source.type.code))
    }

    /// The last that anybody of the chain told of having the child before them.
    mutating func addLastSeen(in history: CaseHistory, before now: Timestamp) {
        var place: String?
        var last: (at: Timestamp, place: String?, source: SignedContent)?
        for message in history.messages {
            let seen: (at: Timestamp?, place: String?)
            switch message.type.code {
            case "PLC-02" where message.text("decision") == "accepted", "TRF-02":
                place = message.text("location")
                continue
            case "PLC-03" where message.flag("arrived") == true: seen = (message.moment("at"), place)
            case "DEP-04": seen = (message.moment("at"), message.text("location") ?? message.text("placeNote"))
            case "SIG-01" where message.flag("childPresent") == true:
                seen = (message.moment("detectedAt"), message.text("locationNote") ?? message.text("location"))
            case "STO-01": seen = (message.moment("takenAt"), nil)
            default: continue
            }
            guard let at = seen.at, at <= now, last.map({ $0.at <= at }) ?? true else { continue }
            last = (at, seen.place, message)
        }
        guard let last else { return }
        add("lastSeenAt", .string(last.at.description), from: last.source)
        if let place = last.place { add("lastSeenPlace", .string(place), from: last.source) }
        add("lastSeenBy", .string(last.source.sender.role.rawValue), from: last.source)
    }

    /// What is registered of the child: what it looks like only people know.
    mutating func addDescription(in history: CaseHistory) {
        guard let request = history.all("PLC-01").last else { return }
        let sex = request.text("sex").map { code in CodeList.sex.codes.first { $0.value == code }?.meaning ?? code }
        let birth = request.text("birthDate").map { date in
            "born \(date) (precision: \(request.text("birthDatePrecision") ?? "unknown"))"
        }
        let words = [
            birth, sex.map { "sex: \($0)" }, request.text("nationality").map { "nationality \($0)" },
            request.text("language").map { "speaks \($0)" },
        ]
        add(
            "description", .string("Registered: " + words.compactMap(\.self).joined(separator: ", ") + "."),
            from: request)
    }

    mutating func addStatusAndRisks(in history: CaseHistory) {
        let concluded = history.all("SIG-01", "SIG-03", "STA-01").last { $0.text("traffickingStatus") != nil }
        let status = concluded?.text("traffickingStatus")
        if let concluded, let status { add("traffickingStatus", .string(status), from: concluded) }
        let request = history.all("PLC-01").last
        var risks: [(code: String, source: SignedContent)] = []
        func risk(_ code: String, _ holds: Bool, _ source: SignedContent?) {
            if holds, let source { risks.append((code, source)) }
        }
        let (tracing, ground) = (request?.text("riskOfTracing"), request?.text("placementGround"))
        risk("trafficker-contact", tracing == "medium" || tracing == "high", request)
        risk("exploitation", status.map { $0 != "NotAVictimOfTrafficking" } ?? false, concluded)
        risk("honour-related-violence", ground == "honour-related-violence", request)
        risk("forced-marriage", ground == "child-marriage", request)
        risk("medical-need", request?.text("medicalOrPregnancyNeeds") == "yes", request)
        guard !risks.isEmpty else { return }
        body["knownRisks"] = .array(risks.map { .string($0.code) })
        for (index, risk) in risks.enumerated() { note("body.knownRisks[\(index)]", risk.source) }
    }

    func draft(
        of missed: MissedArrival, as definition: MessageTypeDefinition, by sender: Party, in history: CaseHistory
    ) -> DepartureDraft {
        var filling = self
        // For the purpose and the legal basis: this organisation's last message in the case.
        let reference = history.messages.last { $0.sender.oin == sender.oin }
        let ground = missed.message
        var submission = JSONObject()
        submission["type"] = .string(definition.type.code)
        submission["role"] = .string(sender.role.rawValue)
        submission["recipients"] = .array(
            missed.recipients(by: definition.duties(ofSenderIn: sender.role), but: sender))
        submission["caseRef"] = .string(ground.caseRef.description)
        submission["inReplyTo"] = .string(ground.id.description)
        if let reference {
            submission["purpose"] = .string(reference.purpose.text)
            submission["legalBasis"] = .array(reference.legalBasis.map { .string($0) })
            filling.note("purpose", reference)
            filling.note("legalBasis", reference)
        }
        var members = JSONObject()
        for field in definition.fields { members[field.name] = body[field.name] }
        submission["body"] = .object(members)
        let register = [
            DepartureDraft.Blank(field: "purpose", meaning: "The processing activity of this organisation."),
            DepartureDraft.Blank(field: "legalBasis", meaning: "On what the alert rests."),
        ]
        // What the case tells of these is never all: a person looks at them, also where something stands there.
        let incomplete = ["description", "contactHandles"]
        let blanks = definition.fields.filter { field in
            field.isRequired && (body[field.name] == nil || incomplete.contains(field.name))
        }
        return DepartureDraft(
            ground: ground.id, groundCode: ground.type.code, words: missed.circumstances, submission: submission,
            taken: filling.taken,
            toFill: (reference == nil ? register : [])
                + blanks.map { DepartureDraft.Blank(field: "body.\($0.name)", meaning: $0.meaning) })
    }
}
