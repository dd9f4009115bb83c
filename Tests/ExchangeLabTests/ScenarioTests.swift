import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import Testing

@testable import exchange_lab

/// The letter's case told without a node: each message is made as its sender's node makes it, goes where the script says,
/// and is judged over the part of the case that its sender holds then.
@Suite struct ScenarioTests {
    private static let scenario = Scenario.lettersCase

    /// What the nodes hold between them, as the story goes on.
    private struct Telling {
        private let catalogue = Catalogue.standard
        private let parties: [Cast: Party]
        private let began: Timestamp
        private var now: Timestamp
        private var sent: [MessageLabel: SignedContent] = [:]
        /// In the order of the story.
        private var told: [SignedContent] = []

        /// - Parameter began: some day; nothing of the story hangs on which.
        init(began: Timestamp) throws {
            let members = try Cast.members()
            parties = try Dictionary(
                uniqueKeysWithValues: Cast.allCases.map { cast in
                    (cast, try #require(members.first { $0.slug == cast.rawValue }).party)
                })
            self.began = began
            now = began
        }

        mutating func letPass(until time: StoryTime) {
            let moment = time.moment(after: began)
            #expect(moment > now, "time does not go back")
            now = moment
        }

        /// What a node would seal.
        mutating func content(of message: ScriptedMessage) throws -> SignedContent {
            now = now + .seconds(1)
            let script = ScriptState(
                now: now, began: began, identifiers: sent.mapValues(\.id),
                caseReferences: sent.mapValues(\.caseRef), parties: parties)
            let opened = sent[message.inCaseOf ?? "signal"]?.caseRef
            let submission = try Submission.parse(
                JSONWriter.write(message.submission(script, in: message.opensCase ? nil : opened)))
            let sender = try #require(parties[message.sender])
            let answered = message.answers.flatMap { sent[$0] }
            let definition = try catalogue.definition(of: submission.type)
            #expect(definition.senderRoles.contains(sender.role), "\(message.label)")
            let recipients = try submission.parties(
                as: definition, sender: sender, answering: answered?.sender,
                organisations: { role in parties.values.filter { $0.role == role }.map(\.oin) })
            let id = MessageID(at: now, random: Bytes16(high: UInt64(told.count), low: 1))
            return submission.content(
                as: definition, id: id, created: now, sender: sender, recipients: recipients.map { Recipient($0) },
                caseRef: answered?.caseRef ?? opened
                    ?? CaseReference(random: Bytes16(high: 7, low: UInt64(told.count))),
                conversation: answered?.conversation ?? id)
        }

        /// - Throws: `ContentError`, as the sender's node would refuse it.
        func judge(_ content: SignedContent) throws {
            try catalogue.validate(content)
            let held = told.filter { other in
                other.caseRef == content.caseRef
                    && (other.sender == content.sender || other.recipients.contains { $0.party == content.sender })
            }
            try catalogue.judge(
                content, in: LinkedHistory(vouched: CaseHistory(held, of: catalogue)), CasePolicy())
        }

        func recipients(of content: SignedContent) -> Set<Cast> {
            Set(Cast.allCases.filter { cast in content.recipients.contains { $0.party == parties[cast] } })
        }

        func holds(_ label: MessageLabel, _ cast: Cast) -> Bool {
            guard let content = sent[label], let party = parties[cast] else { return false }
            return content.sender == party || content.recipients.contains { $0.party == party }
        }

        mutating func send(_ content: SignedContent, as label: MessageLabel) {
            sent[label] = content
            told.append(content)
        }
    }

    /// - Returns: the rules by which messages were refused, in the order of the story.
    private func tell(from began: Timestamp) throws -> [String] {
        var telling = try Telling(began: began)
        var refusals: [String] = []
        for step in Self.scenario.acts.flatMap(\.steps) {
            switch step {
            case .later(let time): telling.letPass(until: time)
            case .refused(let message, let rule):
                let content = try telling.content(of: message)
                let error = #expect(throws: ContentError.self) { try telling.judge(content) }
                #expect(error?.rule == rule)
                refusals.append(error?.rule ?? "")
            case .send(let messages):
                for message in messages {
                    for label in message.restsOn + [message.answers].compactMap(\.self) {
                        #expect(telling.holds(label, message.sender), "\(message.label) rests on \(label)")
                    }
                    let content = try telling.content(of: message)
                    #expect(telling.recipients(of: content) == Set(message.recipients), "\(message.label)")
                    #expect(content.recipients.count == message.recipients.count, "\(message.label)")
                    try telling.judge(content)
                    telling.send(content, as: message.label)
                }
            case .note, .told, .settled, .ladder, .kill, .restart, .part, .heal, .outage, .overview: break
            }
        }
        return refusals
    }

    @Test(arguments: ["2026-11-26T12:00:00.000Z", "2027-08-02T23:30:00.000Z", "2024-02-28T00:00:00.000Z"])
    func `the whole story can be told on any day, and each message goes where the script says`(day: String) throws {
        let began = try #require(Timestamp(day))
        #expect(try tell(from: began) == ["guardianship-ends-with-majority"])
    }

    @Test func `every organisation has a part, and every label stands for one message`() {
        let messages = Self.scenario.messages
        #expect(Set(messages.map(\.label)).count == messages.count)
        #expect(Set(messages.flatMap(\.recipients)) == Set(Cast.allCases))
    }

    @Test func `what people say of a message is written for each type that is sent`() {
        let catalogue = Catalogue.standard
        for message in Self.scenario.messages {
            let isConcluded = catalogue.all.contains {
                $0.type.code == message.type && $0.acknowledgement == .outcome
            }
            #expect(
                isConcluded == (Self.scenario.answers.outcomes[message.type] != nil),
                "\(message.label), \(message.type)")
        }
    }

    @Test func `what is answered on the day is answered before the next one begins`() {
        // A jump with something open would have the nodes call people for what nobody was late with.
        for act in Self.scenario.acts {
            for (index, step) in act.steps.enumerated() {
                guard case .later = step else { continue }
                #expect(index == 0, "\(act.title): time passes between acts")
            }
        }
        for (act, next) in zip(Self.scenario.acts, Self.scenario.acts.dropFirst()) {
            guard case .later = next.steps.first else { continue }
            guard case .settled = act.steps.last else {
                Issue.record("\(act.title): something may be open when time passes")
                continue
            }
        }
    }
}
