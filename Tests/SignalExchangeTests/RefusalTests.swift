@testable import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import ExchangeTesting
import SignalExchange
import Testing

extension Nodes {
    /// What a lawful manifest names and can never be taken: refused under the recipient's signature.
    @Suite(.community(running: "nidos")) struct RefusalTests {
        let nidos: NodeHandle
        let avim: ForeignNode
        let community: ExampleCommunity

        init() throws {
            community = try #require(Stage.community)
            nidos = community[slug: "nidos"]
            avim = try Stage.foreignNode("avim")
        }

        private func content(_ change: (inout SignedContent) throws -> Void = { _ in }) throws -> SignedContent {
            var content = try ExampleSignal.content(from: avim.party, to: [Recipient(nidos.party)])
            try change(&content)
            return content
        }

        /// Delivers it, and reads the refusal with what `openssl` verified.
        @discardableResult
        private func expect(
            _ code: RefusalCode, for parcel: ForeignNode.Parcel, sourceLocation: SourceLocation = #_sourceLocation
        ) async throws -> Refusal {
            let answer = try await avim.deliver(parcel, to: nidos)
            let signed = try #require(answer.refusal, "\(answer)", sourceLocation: sourceLocation)
            let refusal = try await Refusal(wireBytes: community.payload(of: signed, signedBy: nidos))
            #expect(refusal.code == code, "\(refusal.detail)", sourceLocation: sourceLocation)
            #expect(refusal.sender == avim.oin, sourceLocation: sourceLocation)
            #expect(refusal.recipient == nidos.oin, sourceLocation: sourceLocation)
            #expect(refusal.item.messageID == parcel.id, sourceLocation: sourceLocation)
            #expect(refusal.item.messageDigest == parcel.digest, sourceLocation: sourceLocation)
            #expect(
                try await !nidos.api.inbox().contains { $0.messageID == parcel.id }, sourceLocation: sourceLocation)
            return refusal
        }

        // MARK: The envelope

        @Test func `bytes that are no envelope are refused`() async throws {
            var parcel = try avim.seal(content(), for: nidos)
            parcel.envelope = Array("no envelope".utf8)
            try await expect(.envelopeMalformed, for: parcel)
        }

        @Test func `a cut envelope and one with bytes behind it are refused`() async throws {
            var cut = try avim.seal(content(), for: nidos)
            cut.envelope.removeLast(40)
            try await expect(.envelopeMalformed, for: cut)
            var long = try avim.seal(content(), for: nidos)
            long.envelope.append(0)
            try await expect(.envelopeMalformed, for: long)
        }

        @Test func `a flipped bit in the ciphertext is refused`() async throws {
            var parcel = try avim.seal(content(), for: nidos)
            parcel.envelope[parcel.envelope.count - 400] ^= 1
            try await expect(.envelopeMalformed, for: parcel)
        }

        @Test func `a short tag is refused`() async throws {
            var parcel = try avim.seal(content(), for: nidos)
            let parts = try EnvelopePolicy.inspect(parcel.envelope, at: .wire)
            parcel.envelope = try AuthEnvelopedData(
                recipients: parts.recipients.map(\.encodedBytes), encryptedContentInfo: parts.encryptedContentInfo,
                tag: [0x04, 4] + parts.tag.dropFirst(2).prefix(4)
            ).der
            try await expect(.algorithmNotAllowed, for: parcel)
        }

        @Test func `an envelope that shows another recipient is refused`() async throws {
            let ind = community[slug: "ind"]
            let content = try content()
            var parcel = try avim.seal(content, for: nidos)
            let mine = try EnvelopePolicy.inspect(parcel.envelope, at: .wire)
            let other = try EnvelopePolicy.inspect(avim.seal(content, for: ind).envelope, at: .wire)
            parcel.envelope = try AuthEnvelopedData(
                recipients: mine.recipients.map(\.encodedBytes) + other.recipients.map(\.encodedBytes),
                encryptedContentInfo: mine.encryptedContentInfo, tag: mine.tag
            ).der
            try await expect(.envelopeMalformed, for: parcel)
        }

        @Test func `a message that is sealed to another key waits, and is an alarm until one can be opened`()
            async throws
        {
            let parcel = try avim.seal(content(), for: community[slug: "ind"])
            #expect(try await avim.deliver(parcel, to: nidos).later == .keyUnknown)
            let alarm = try await nidos.waitForAlarm(.keyUnknown, about: avim.oin)
            #expect(alarm.detail.contains(parcel.id.description), "\(alarm.detail)")
            #expect(try await avim.deliver(avim.seal(content(), for: nidos), to: nidos).receipt != nil)
            try await nidos.waitForNoAlarm(.keyUnknown, about: avim.oin)
        }

        // MARK: The signature

        @Test func `a message with another digest than the manifest names is refused`() async throws {
            let content = try content()
            var parcel = try avim.seal(content, for: nidos)
            // The same content signed again is another message: only the digest in the manifest counts.
            parcel.envelope = try avim.seal(content, for: nidos).envelope
            try await expect(.digestMismatch, for: parcel)
        }

        @Test func `a message that another member signed is refused`() async throws {
            let coa = try Stage.foreignNode("coa")
            let content = try ExampleSignal.content(from: coa.party, to: [Recipient(nidos.party)])
            try await expect(
                .senderMismatch, for: avim.seal(content, for: nidos, signer: coa.keys.signing))
        }

        @Test func `a content that names another sender than its signer is refused`() async throws {
            let coa = community[slug: "coa"]
            let content = try ExampleSignal.content(from: coa.party, to: [Recipient(nidos.party)])
            try await expect(.senderMismatch, for: avim.seal(content, for: nidos))
        }

        @Test func `a content with another id than its receipt request and manifest is refused`() async throws {
            let bytes = try ContentCodec.encode(content())
            let id = MessageID(at: .current, random: Randomness.bytes16())
            try await expect(.identifierMismatch, for: avim.seal(bytes, id: id, for: nidos))
            var parcel = try avim.seal(content(), for: nidos)
            parcel.id = id
            try await expect(.identifierMismatch, for: parcel)
        }

        @Test func `a signing time in the future waits and raises an alarm`() async throws {
            let ahead = Timestamp.current + ProtocolLimits.clockSkewMaximum + .minutes(10)
            let parcel = try avim.seal(content(), for: nidos, signingTime: ahead)
            #expect(try await avim.deliver(parcel, to: nidos).later == .clockSkewed)
            try await nidos.waitForAlarm(.clockSkewed, about: avim.oin)
            #expect(try await !nidos.api.inbox().contains { $0.messageID == parcel.id })
        }

        // MARK: The content

        @Test func `a recipient that is not listed refuses`() async throws {
            let refusal = try await expect(
                .recipientNotListed,
                for: avim.seal(content { $0.recipients = [Recipient(community[slug: "ind"].party)] }, for: nidos))
            #expect(refusal.detail.contains("recipients"))
        }

        @Test func `a type that the sender may not send is refused`() async throws {
            let body: JSONValue = [
                "placementNeeded": "yes", "safetyRequirements": "None that is known.",
                "signals": ["019ab13b-5001-7c21-9f3a-0b5d6e7f8a90"],
            ]
            guard case .object(let members) = body else { return }
            let content = try content {
                $0.type = try #require(MessageType(code: "SIG-04"))
                $0.body = members
            }
            try await expect(.senderNotEntitled, for: avim.seal(content, for: nidos))
        }

        @Test func `a role that this directory does not give to the sender waits for a newer one`() async throws {
            let parcel = try avim.seal(
                content { $0.sender = Party(oin: avim.oin, role: .immigration) }, for: nidos)
            #expect(try await avim.deliver(parcel, to: nidos).later == .directoryStale)
            try await nidos.waitForAlarm(.directoryStale, about: avim.oin)
            #expect(try await !nidos.api.inbox().contains { $0.messageID == parcel.id })
        }

        @Test func `a role in which this directory does not know the recipient waits for a newer one`() async throws {
            let parcel = try avim.seal(
                content { $0.recipients = [Recipient(Party(oin: nidos.oin, role: .immigration))] }, for: nidos)
            #expect(try await avim.deliver(parcel, to: nidos).later == .directoryStale)
            #expect(try await !nidos.api.inbox().contains { $0.messageID == parcel.id })
        }

        @Test func `a type that the catalogue does not have is refused`() async throws {
            try await expect(
                .typeUnknown,
                for: avim.seal(content { $0.type = try #require(MessageType(code: "XYZ-99")) }, for: nidos))
        }

        @Test func `a member that is missing is refused by name`() async throws {
            let refusal = try await expect(
                .schemaViolated, for: avim.seal(content { $0.body["talkType"] = nil }, for: nidos))
            #expect(refusal.detail.contains("body.talkType"), "\(refusal.detail)")
        }

        @Test func `a code that its list does not have is refused by field, list and version`() async throws {
            let refusal = try await expect(
                .codeUnknown, for: avim.seal(content { $0.body["talkType"] = "small-talk" }, for: nidos))
            #expect(refusal.detail.contains("body.talkType"), "\(refusal.detail)")
            #expect(refusal.detail.contains(CodeList.talkType.id), "\(refusal.detail)")
            #expect(refusal.detail.contains(CodeList.talkType.version), "\(refusal.detail)")
            #expect(!refusal.detail.contains("small-talk"), "a refusal repeats nothing of the content")
        }

        @Test func `a content that is no JSON, too deep or names a member twice is refused`() async throws {
            let id = MessageID(at: .current, random: Randomness.bytes16())
            let deep = String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
            for text in ["no JSON", deep, #"{"id":1,"id":1}"#] {
                try await expect(.contentMalformed, for: avim.seal(Array(text.utf8), id: id, for: nidos))
            }
        }

        /// What it speaks of may have been lost here: who never answered a tally has not shown that it was not
        /// (`RefusedDeliveryTests` has one that did).
        @Test func `an acknowledgement of what is not here waits while the partner has not been heard`() async throws {
            let never = MessageID(at: .current, random: Randomness.bytes16())
            let body: JSONValue = [
                "messageId": .string(never.description),
                "messageDigest": .string(sha256([1]).description), "sender": .string(nidos.oin.text),
                "status": "received",
                "ownerRole": "duty-officer",
            ]
            guard case .object(let members) = body else { return }
            let content = try content {
                $0.type = try #require(MessageType(code: "NOD-02"))
                $0.body = members
                $0.inReplyTo = never
            }
            let answer = try await avim.deliver(avim.seal(content, for: nidos), to: nidos)
            guard case .later(.recovering, _) = answer else {
                Issue.record("\(answer)")
                return
            }
        }

        // MARK: Beside each other

        @Test func `one refused message leaves the others of its batch alone`() async throws {
            let good = try avim.seal(content(), for: nidos)
            var bad = try avim.seal(content(), for: nidos)
            bad.envelope = [0x30, 0x00]
            let later = try avim.seal(content(), for: nidos)
            let answer = try await avim.deliver(avim.batch([good, bad, later], for: nidos), to: nidos)
            #expect(answer.outcomes.map { $0.answer.receipt != nil } == [true, false, true])
            #expect(answer.outcomes[1].answer.refusal != nil)
            try await nidos.api.waitForInbox(later.id)
        }
    }
}
