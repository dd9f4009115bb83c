import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import SignalExchange

/// A partner with keys and a place in the directory, whose software is not ours: it signs two messages under one id, and
/// brings both to the same nodes, or one to each of two that both list; and it sends a message under the digest of another.
struct Equivocator: Sendable {
    let seat: Int
    private let world: SimulationWorld
    private let network: SimulatedNetwork
    private let lots: Lots
    private let incarnation: IncarnationID

    init(_ world: SimulationWorld, seat: Int, network: SimulatedNetwork) {
        self.world = world
        self.seat = seat
        self.network = network
        lots = world.lots("equivocator")
        incarnation = IncarnationID(lots.draw { $0.bytes16() })
    }

    func begin(against seats: [Int]) {
        let victims = lots.draw { random in Array(seats.shuffled(using: &random).prefix(random.within(1...2))) }
        for victim in victims {
            world.loop.begin {
                // After the healing, for whom it is not yet, the test of who is honest goes on.
                await self.deceive(victim)
            }
        }
        guard victims.count == 2 else { return }
        world.loop.begin { await self.showDifferently(to: victims) }
    }

    private struct Parcel: Sendable {
        let item: ChannelItem
        let envelope: [UInt8]
    }

    private func deceive(_ victim: Int) async {
        let id = MessageID(at: world.community.start, random: lots.draw { $0.bytes16() })
        let reference = CaseReference(random: lots.draw { $0.bytes16() })
        do {
            let parcels = try ["one", "other"].enumerated().map { index, text in
                try parcel(id, reference, text, number: UInt64(index + 1), for: victim)
            }
            // In one batch, or in two: the second may come while the first is decided.
            let batches = lots.draw { $0.chance(50) } ? [parcels] : parcels.map { [$0] }
            for batch in batches { await bring(batch, to: victim) }
            let forged = try forged(number: UInt64(parcels.count + 1), for: victim)
            world.witness.write { $0.forgeries.append(History.Forgery(recipient: victim, item: forged.item)) }
            await bring([forged], to: victim)
            guard !world.isOver else { return }
            world.count(.equivocated)
            world.witness.write { $0.twins.append(History.Twin(sender: seat, message: id, recipient: victim)) }
        } catch {
            preconditionFailure("what is forged cannot be made: \(error)")
        }
    }

    /// One id, two messages that list both, and each is brought one.
    private func showDifferently(to victims: [Int]) async {
        let id = MessageID(at: world.community.start, random: lots.draw { $0.bytes16() })
        let reference = CaseReference(random: lots.draw { $0.bytes16() })
        for (victim, text) in zip(victims, ["to the one", "to the other"]) {
            do {
                // Behind what else it is brought.
                let parcel = try parcel(id, reference, text, number: 4, for: victim, listing: victims)
                await bring([parcel], to: victim)
            } catch {
                preconditionFailure("what is shown cannot be made: \(error)")
            }
        }
        guard !world.isOver else { return }
        world.count(.shownDifferently)
        world.witness.write {
            $0.divergences.append(History.Divergence(sender: seat, message: id, seats: victims))
        }
    }

    /// Until it is answered with something that lasts.
    private func bring(_ parcels: [Parcel], to victim: Int) async {
        while !world.isOver {
            do {
                let answer = try await network.ask(
                    .batch(try batch(parcels, for: victim)), on: SimulatedNetwork.Path(from: seat, to: victim),
                    by: nil)
                let outcomes = try BatchAnswer(wireBytes: answer).outcomes
                let isPutOff = outcomes.contains { if case .later = $0.answer { true } else { false } }
                if !isPutOff { return }
            } catch {
                // It tries again, as an honest partner would.
            }
            try? await world.loop.wait(lots.draw { $0.span(500...10_000) })
        }
    }

    private func parcel(
        _ id: MessageID, _ reference: CaseReference, _ text: String, number: UInt64, for victim: Int,
        listing listed: [Int]? = nil
    ) throws -> Parcel {
        let (me, other) = (world.community.seats[seat], world.community.seats[victim])
        guard let type = MessageType(code: "SIG-01"), let purpose = PurposeURI("https://register.example/processing")
        else {
            preconditionFailure("both have the form that they must have")
        }
        var body = ExampleSignal.body(explanation: text)
        body["detectedAt"] = .string((world.community.start + .hours(-2)).description)
        let created = world.community.start
        let content = SignedContent(
            id: id, type: type, sender: me.party,
            recipients: (listed ?? [victim]).map { Recipient(world.community.seats[$0].party) }, caseRef: reference,
            conversation: id, created: created, priority: .asap, purpose: purpose, legalBasis: ["wpg:8"],
            handling: .amber, body: body)
        let community = world.directory[1]
        guard let member = community.directory.member(other.party.oin) else {
            preconditionFailure("a seat is a member")
        }
        let recipient = try community.recipientCertificate(of: member, now: created)
        let sealed = try Sealer().seal(
            content: try ContentCodec.encode(content), messageID: id, signingTime: created, signer: me.keys.signing,
            recipients: [recipient], storageKey: CaseStorageKey())
        return Parcel(
            item: ChannelItem(number: SequenceNumber(number), messageID: id, messageDigest: sealed.digest),
            envelope: try UnverifiedEnvelope.trimmed(
                sealed.envelope, to: recipient.certificate.subjectKeyIdentifier))
    }

    /// A sound envelope, announced as what it is not.
    private func forged(number: UInt64, for victim: Int) throws -> Parcel {
        let id = MessageID(at: world.community.start, random: lots.draw { $0.bytes16() })
        let reference = CaseReference(random: lots.draw { $0.bytes16() })
        let sound = try parcel(id, reference, "sound", number: number, for: victim)
        let item = ChannelItem(
            number: sound.item.number, messageID: id, messageDigest: sha256(sound.item.messageDigest.bytes))
        return Parcel(item: item, envelope: sound.envelope)
    }

    private func batch(_ parcels: [Parcel], for victim: Int) throws -> [UInt8] {
        let now = world.community.start + Milliseconds(world.loop.now.milliseconds)
        let manifest = Manifest(
            sender: world.oin(seat), recipient: world.oin(victim), incarnation: incarnation, created: now,
            items: parcels.map { ManifestItem(item: $0.item, kind: .message) }, runningDigest: .zero)
        return Batch(
            signedManifest: try SignedStatement.sign(
                manifest.wireBytes, kind: .manifest, by: world.community.seats[seat].keys.signing, at: now),
            envelopes: parcels.map(\.envelope)
        ).wireBytes
    }
}
