import ExchangeCMS
package import ExchangeCore
import ExchangeStore
import Logging

/// Why a whole request is turned away: unsigned, and nothing of it is kept (`protocol.md` §7.4).
package struct RequestError: Error, Hashable, Sendable, CustomStringConvertible {
    package let code: RequestErrorCode
    package let detail: String
    /// What an operator must be told of the partner; `nil` where the partner alone has to act.
    package let alarm: AlarmCode?
    /// Our own signed tally for who is turned away as a copy: it says with which incarnation this node runs.
    package let tally: [UInt8]?

    package init(_ code: RequestErrorCode, _ detail: String, alarm: AlarmCode? = nil, tally: [UInt8]? = nil) {
        self.tally = tally
        self.code = code
        self.detail = detail
        self.alarm = alarm
    }

    init(_ error: WireError) {
        self.init(RequestErrorCode(rawValue: error.reason.rawValue) ?? .requestMalformed, error.detail)
    }

    package var description: String { "\(code.rawValue): \(detail)" }
}

/// The way in: a batch from a partner whose TLS certificate was verified, up to its answer.
package struct Receiving: Sendable {
    /// How often an item is decided anew because something else settled it meanwhile.
    private static let maximumRounds = 4

    private let context: NodeContext

    package init(_ context: NodeContext) { self.context = context }

    /// - Parameter peer: the organisation at the other end of the connection.
    /// - Returns: the DER of a ``BatchAnswer``; everything in it is durable.
    package func receive(_ body: [UInt8], from peer: OIN) async throws -> [UInt8] {
        // Before anything is looked at or kept: the sender keeps what this node could not answer.
        try context.demandSigner()
        let community = context.community
        let (batch, manifest) = try decode(body, from: peer, community: community)
        let outcomes: [ItemOutcome]
        do {
            try await checkNumbers(of: manifest)
            try await noteIncarnation(of: manifest)
            outcomes = try await settle(manifest, Self.envelopes(of: batch, for: manifest), community: community)
        } catch let error as StoreError {
            context.logger.error("a batch could not be kept", metadata: ["partner": "\(peer)", "cause": "\(error)"])
            // Nothing of it is acknowledged; the sender keeps it and sends it again.
            outcomes = manifest.items.map {
                ItemOutcome(
                    number: $0.item.number, answer: .later(.storageUnavailable, detail: error.code.rawValue))
            }
        }
        return BatchAnswer(manifestDigest: sha256(batch.signedManifest), outcomes: outcomes).wireBytes
    }

    /// Settles every item: what is answered for it is durable, unless it is `later`.
    private func settle(
        _ manifest: Manifest, _ envelopes: [SequenceNumber: [UInt8]], community: Community
    ) async throws -> [ItemOutcome] {
        let examining = Examining(context, community: community)
        let lapsed = LapsedProofs(context: context, community: community)
        var answers: [SequenceNumber: ItemAnswer] = [:]
        var open = manifest.items
        for _ in 0..<Self.maximumRounds where !open.isEmpty {
            let proposals = try await propose(
                open, envelopes: envelopes, from: manifest.sender, examining: examining, lapsed: lapsed)
            let results = try await context.ledger.receive(
                proposals, from: manifest.sender, limits: context.limits, now: context.now)
            for (item, result) in zip(open, results) {
                switch result {
                case .kept(let kept): answers[item.item.number] = ItemAnswer(kept)
                case .later(let code, let detail): answers[item.item.number] = .later(code, detail: detail.shortened)
                case .changed: break
                }
            }
            open = open.filter { answers[$0.item.number] == nil }
        }
        return manifest.items.map { item in
            ItemOutcome(
                number: item.item.number,
                answer: answers[item.item.number] ?? .later(.internalFault, detail: "contended; send again"))
        }
    }

    private func decode(
        _ body: [UInt8], from peer: OIN, community: Community
    ) throws(RequestError) -> (Batch, Manifest) {
        do {
            let batch = try Batch(wireBytes: body)
            let statement = try SignedStatement.verify(
                batch.signedManifest, kind: .manifest, in: context.verification(in: community))
            let manifest = try Manifest(wireBytes: statement.payload)
            guard manifest.sender == statement.signerOIN, manifest.sender == peer else {
                throw RequestError(.partnerMismatch, "connection, signature and manifest name different organisations")
            }
            guard manifest.recipient == context.oin else {
                throw RequestError(.recipientMismatch, "the manifest is for \(manifest.recipient)")
            }
            let expected = manifest.items.count(where: \.kind.hasEnvelope)
            guard batch.envelopes.count == expected else {
                throw RequestError(
                    .requestMalformed, "\(expected) items announce an envelope and \(batch.envelopes.count) are here")
            }
            return (batch, manifest)
        } catch {
            throw RequestError(verifying: error)
        }
    }

    private func checkNumbers(of manifest: Manifest) async throws {
        let received = try await context.ledger.account(with: manifest.sender).received.number
        guard let last = manifest.items.last?.item.number,
            last.value <= received.value + ProtocolLimits.channelMaximumGap
        else { throw RequestError(.gapTooWide, "the last number without a hole before it is \(received)") }
    }

    /// An incarnation that was never announced by a tally is noted, so that its successor can be held against it.
    private func noteIncarnation(of manifest: Manifest) async throws {
        let facts = try await context.ledger.incarnationFacts(
            manifest.incarnation, after: [], of: manifest.sender)
        try facts.demandRunning()
        guard !facts.isSeen else { return }
        guard facts.latest == nil else {
            throw RequestError(.incarnationUnknown, "exchange tallies first: this incarnation is new here")
        }
        try await context.ledger.keepIncarnation(
            SeenIncarnation(
                incarnation: manifest.incarnation, predecessor: nil, highest: .start, firstSeen: context.now.wall),
            skipping: [], of: manifest.sender)
    }

    private static func envelopes(of batch: Batch, for manifest: Manifest) -> [SequenceNumber: [UInt8]] {
        let numbers = manifest.items.filter(\.kind.hasEnvelope).map(\.item.number)
        return Dictionary(uniqueKeysWithValues: zip(numbers, batch.envelopes))
    }

    /// A verdict for each item, with the signature that it needs. Duplicates end before any decryption. All items are
    /// examined at once: one after the other each would wait for the disk by itself, with the key of its case.
    private func propose(
        _ items: [ManifestItem], envelopes: [SequenceNumber: [UInt8]], from sender: OIN, examining: Examining,
        lapsed: LapsedProofs
    ) async throws -> [ReceptionProposal] {
        let known = try await context.ledger.receptionFacts(
            items.map { ReceptionQuery(item: $0.item) }, from: sender)
        let findings = try await Array(zip(items, known)).mapConcurrently { item, facts in
            await finding(
                for: item, facts: facts, envelope: envelopes[item.item.number], from: sender, examining: examining,
                lapsed: lapsed)
        }
        let queries = zip(items, findings).map { ReceptionQuery($0.item, $1.examination) }
        let facts = try await context.ledger.receptionFacts(queries, from: sender)
        return try await Array(zip(queries, zip(findings, facts))).mapConcurrently { query, pair in
            let (finding, facts) = pair
            let verdict = Reception.decide(
                query.item, finding.examination, facts: facts, limits: context.limits, now: context.now)
            return ReceptionProposal(
                query: query, examination: finding.examination, verdict: verdict,
                answer: try sign(verdict, of: query.item, from: sender, verified: finding.verified))
        }
    }

    private func finding(
        for item: ManifestItem, facts: ReceptionFacts, envelope: [UInt8]?, from sender: OIN, examining: Examining,
        lapsed: LapsedProofs
    ) async -> Examining.Finding {
        let triage = Reception.triage(item.item, facts: facts, limits: context.limits, now: context.now)
        guard triage == .examine else {
            if case .repeat(let kept) = triage,
                let finding = await lapsed.finding(for: kept, to: item.item, from: sender)
            {
                return finding
            }
            // The core repeats or refuses without looking inside.
            return Examining.Finding(examination: .notExamined, verified: nil)
        }
        guard item.kind.hasEnvelope, let envelope else {
            return Examining.Finding(
                examination: .declared(item.kind, reason: item.reason), verified: nil)
        }
        let found = await examining.examine(envelope, as: item.item, from: sender)
        return item.kind == .again ? found.mayBeRepeated : found
    }

    private func sign(
        _ verdict: ReceptionVerdict, of item: ChannelItem, from sender: OIN, verified: VerifiedMessage?
    ) throws -> KeptAnswer? {
        switch verdict {
        case .receipt, .reissue(.receipt):
            guard let verified else { preconditionFailure("only a verified message is receipted") }
            return .receipt(try SignedReceipt.sign(for: verified, by: try context.signer(), at: context.now.wall))
        case .refuse(let code, let detail):
            let refusal = Refusal(
                sender: sender, recipient: context.oin, item: item, code: code, detail: detail.shortened,
                at: context.now.wall)
            return .refusal(code, try context.sign(refusal, as: .refusal))
        case .reissue(.refusal(let code, let old)):
            let before = try Refusal(wireBytes: SignedStatement.unverifiedPayload(old, kind: .refusal))
            let refusal = Refusal(
                sender: sender, recipient: context.oin, item: item, code: code, detail: before.detail,
                at: context.now.wall)
            return .refusal(code, try context.sign(refusal, as: .refusal))
        case .note(let kind, let reason): return .noted(kind, reason: reason)
        case .repeat, .reissue(.noted), .later, .examine: return nil
        }
    }
}

extension ReceptionQuery {
    init(_ item: ChannelItem, _ examination: Examination) {
        guard case .verified(let message) = examination else {
            self.init(item: item)
            return
        }
        self.init(
            item: item, predecessor: message.predecessor, acknowledged: message.acknowledgement?.messageID,
            shared: message.word?.messageID ?? (message.summary.isHandedOver ? item.messageID : nil))
    }
}

extension ItemAnswer {
    init(_ kept: KeptAnswer) {
        self =
            switch kept {
            case .receipt(let bytes): .receipt(bytes)
            case .refusal(_, let bytes): .refusal(bytes)
            case .noted: .noted
            }
    }
}

extension NodeContext {
    /// A partner's statement that cannot be judged now holds everything from that partner, and one whose signer is not
    /// trusted may be a thief's: somebody must look.
    func alarm(of error: any Error, from partner: OIN) async throws {
        guard let error = error as? RequestError, let code = error.alarm else { return }
        try await ledger.raise(
            Alarm(
                code: code, partner: partner, messageID: nil, detail: error.detail, at: now.wall))
    }
}

extension RequestError {
    /// What is answered where a body cannot be read, or its statement does not verify.
    init(verifying error: any Error) {
        switch error {
        case let error as RequestError: self = error
        case let error as WireError: self.init(error)
        case let error as CMSError: self.init(statement: error)
        default: self.init(.requestMalformed, "\(error)")
        }
    }

    private init(statement error: CMSError) {
        let detail = error.message.shortened
        guard error.code.mayPass else {
            self.init(.statementInvalid, detail, alarm: error.code == .signerUntrusted ? .signerNotTrusted : nil)
            return
        }
        self.init(.statementUndecided, detail, alarm: LaterCode(error.code).alarmOfStatement)
    }
}

extension IncarnationFacts {
    /// - Throws: ``RequestError`` `incarnation-fenced`.
    func demandRunning() throws(RequestError) {
        guard isFenced, let running else { return }
        throw RequestError(
            .incarnationFenced,
            "another node of yours runs, with incarnation \(running): stop the one that is a copy. Where this is the right "
                + "one, start it again")
    }
}
