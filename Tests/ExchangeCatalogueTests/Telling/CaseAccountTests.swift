import ExchangeCatalogue
import ExchangeCore
import Testing

/// What one organisation says of a case, and where it contradicts what another has.
struct CaseAccountTests {
    private static func digest(_ byte: UInt8) throws -> Digest {
        try #require(Digest([UInt8](repeating: byte, count: 32)))
    }

    private static func entry(
        _ number: UInt64, from sender: Role, digest byte: UInt8 = 1, to told: [CaseAccount.Told]
    ) throws -> CaseAccount.Entry {
        CaseAccount.Entry(
            id: Community.messageID(number), digest: try digest(byte), code: "SIG-01",
            sender: try Community.party(sender), created: Community.created, told: told)
    }

    private static func told(
        _ role: Role, _ standing: CaseAccount.Standing, receiptedAfter span: Milliseconds? = nil, owned: Bool = false
    ) throws -> CaseAccount.Told {
        CaseAccount.Told(
            try Community.party(role), standing, receiptedAt: span.map { Community.created + $0 },
            ownedAt: owned ? Community.created + .minutes(9) : nil)
    }

    private static func account(
        _ entries: [CaseAccount.Entry], before: MessageID? = nil, hasMore: Bool = false
    ) -> CaseAccount {
        CaseAccount(
            isOfAll: false, before: before, entries: entries.sorted { $0.id > $1.id }, hasMore: hasMore)
    }

    /// What the police find, who ask the guardian ten minutes after the messages were made.
    private static func found(
        _ account: CaseAccount, own: [CaseAccount.Entry], after span: Milliseconds = .minutes(10)
    ) throws -> [AccountContradiction.Kind] {
        AccountComparison.contradictions(
            account, by: try Community.party(.guardian).oin, at: Community.created + span, with: own,
            of: try Community.party(.police).oin
        ).map(\.kind)
    }

    @Test func `an account survives the body of its message`() throws {
        let entries = [
            try Self.entry(
                2, from: .police,
                to: [
                    Self.told(.guardian, .owned, receiptedAfter: .seconds(2), owned: true),
                    Self.told(.immigration, .untold),
                ]),
            try Self.entry(1, from: .guardian, to: []),
        ]
        let account = CaseAccount(
            isOfAll: true, before: Community.messageID(3), entries: entries, hasMore: true)
        let document = try Example("NOD-10").document.replacing(["body"], with: .object(account.body))
        #expect(try CaseAccount(Example.accept(document)) == account)
    }

    @Test func `only who took part in a message shares it`() throws {
        let entry = try Self.entry(1, from: .police, to: [Self.told(.guardian, .receipted)])
        #expect(entry.isShared(with: try Community.party(.police).oin))
        #expect(entry.isShared(with: try Community.party(.guardian).oin))
        #expect(!entry.isShared(with: try Community.party(.immigration).oin))
        // What was withdrawn from it was not for it; what is on its way is.
        for (standing, isShared) in [(CaseAccount.Standing.withdrawn, false), (.untold, true), (.unknown, true)] {
            let other = try Self.entry(2, from: .police, to: [Self.told(.guardian, standing)])
            #expect(other.isShared(with: try Community.party(.guardian).oin) == isShared)
        }
    }

    @Test func `two ledgers that say the same contradict each other nowhere`() throws {
        let own = [
            try Self.entry(
                1, from: .police, to: [Self.told(.guardian, .owned, receiptedAfter: .seconds(1), owned: true)]),
            try Self.entry(2, from: .guardian, to: [Self.told(.police, .receipted, receiptedAfter: .seconds(1))]),
            // What the guardian has no part in is not in its account.
            try Self.entry(3, from: .police, to: [Self.told(.immigration, .receipted, receiptedAfter: .seconds(1))]),
        ]
        #expect(try Self.found(Self.account(Array(own.prefix(2))), own: own) == [])
    }

    @Test func `another digest under one id is a contradiction`() throws {
        let own = [
            try Self.entry(1, from: .police, to: [Self.told(.guardian, .receipted, receiptedAfter: .seconds(1))])
        ]
        let other = try Self.entry(1, from: .police, digest: 2, to: [Self.told(.guardian, .receipted)])
        #expect(try Self.found(Self.account([other]), own: own) == [.digestDiffers])
    }

    @Test func `who says that it holds what no receipt is here of contradicts, and its word is no receipt`() throws {
        let own = [try Self.entry(1, from: .police, to: [Self.told(.guardian, .untold)])]
        let theirs = try Self.entry(
            1, from: .police, to: [Self.told(.guardian, .receipted, receiptedAfter: .seconds(1))])
        #expect(try Self.found(Self.account([theirs]), own: own) == [.receivedWithoutReceipt])
    }

    @Test func `who does not list what it receipted or sent contradicts, as far as its account reaches`() throws {
        let own = [
            try Self.entry(1, from: .police, to: [Self.told(.guardian, .receipted, receiptedAfter: .minutes(3))]),
            try Self.entry(2, from: .guardian, to: [Self.told(.police, .receipted, receiptedAfter: .seconds(1))]),
            try Self.entry(4, from: .police, to: [Self.told(.guardian, .untold)]),
        ]
        #expect(try Self.found(Self.account([]), own: own) == [.missingThere, .missingThere])
        // What it receipted after it had answered says nothing against the answer.
        #expect(try Self.found(Self.account([]), own: [own[0]], after: .minutes(2)) == [])
        // Where there is more, what lies below the last entry is not looked at; nor is what lies above where it began.
        let newest = try Self.entry(3, from: .police, to: [Self.told(.guardian, .receipted)])
        let part = Self.account([newest], hasMore: true)
        #expect(try Self.found(part, own: own + [newest]) == [])
        #expect(try Self.found(Self.account([], before: Community.messageID(2)), own: own) == [.missingThere])
    }

    @Test func `what we sent or receipted and is not here is a contradiction, and what is on its way is not`() throws {
        let sent = try Self.entry(1, from: .police, to: [Self.told(.guardian, .receipted)])
        let receipted = try Self.entry(
            2, from: .guardian, to: [Self.told(.police, .receipted, receiptedAfter: .seconds(1))])
        let onItsWay = try Self.entry(3, from: .guardian, to: [Self.told(.police, .untold)])
        #expect(try Self.found(Self.account([sent, receipted, onItsWay]), own: []) == [.missingHere, .missingHere])
    }

    @Test func `a step of our people that they did not take is a contradiction`() throws {
        let own = [
            try Self.entry(1, from: .guardian, to: [Self.told(.police, .receipted, receiptedAfter: .seconds(1))])
        ]
        let theirs = try Self.entry(1, from: .guardian, to: [Self.told(.police, .owned, owned: true)])
        #expect(try Self.found(Self.account([theirs]), own: own) == [.stepNotOurs])
    }
}
