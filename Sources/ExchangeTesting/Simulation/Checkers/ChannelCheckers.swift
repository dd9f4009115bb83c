import ExchangeCore

/// A channel between two nodes that were healed has no hole at its end, and both disks hold the same list.
package struct ListsWithoutHoles: Checker {
    package static let name = "both disks hold the same list, without holes"
    package init() {}

    package func objections(to history: History) -> [String] {
        history.ends.enumerated().flatMap { seat, end -> [String] in
            (end?.incoming ?? [:]).sorted { $0.key < $1.key }.flatMap { sender, rows in
                objections(to: rows, from: sender, at: seat, in: history)
            }
        }
    }

    private func objections(
        to rows: [DiskAtEnd.Incoming], from sender: Int, at seat: Int, in history: History
    ) -> [String] {
        guard let there = history.end(of: sender), let here = history.end(of: seat), history.canKnow(sender, seat)
        else { return [] }
        let sent = Dictionary(
            (there.outgoing[seat] ?? []).map { ($0.item.number, $0.item) }, uniquingKeysWith: { $1 })
        let way = "n\(sender) to n\(seat)"
        var found = rows.filter { sent[$0.item.number] != $0.item }
            .map { "\(way): number \($0.item.number) is another message on each side" }
        guard here.isHealed, there.isHealed else { return found }
        let numbers = Set(rows.map(\.item.number))
        found += sent.keys.sorted().filter { !numbers.contains($0) }.map { "\(way): number \($0) never came" }
        return found
    }
}

/// Where two tallies agree at a number, both disks hold the same list up to there.
package struct TalliesTellTheTruth: Checker {
    package static let name = "tallies that agree tell the truth"
    package init() {}

    package func objections(to history: History) -> [String] {
        var found: Set<String> = []
        for claim in history.claims {
            // What it received of the other, which the other can prove.
            guard claim.received.number != .none, history.canKnow(claim.about, claim.from),
                let sender = history.end(of: claim.about),
                let receiver = history.end(of: claim.from)
            else { continue }
            let (number, way) = (claim.received.number, "n\(claim.about) to n\(claim.from)")
            let isClaimed = history.claims.contains {
                $0.from == claim.about && $0.about == claim.from && $0.issued == claim.received
            }
            guard isClaimed else { continue }
            let sent = (sender.outgoing[claim.from] ?? []).prefix { $0.item.number <= number }.map(\.item)
            let held = (receiver.incoming[claim.about] ?? []).prefix { $0.item.number <= number }.map(\.item)
            if sent != held || sent.count != Int(number.value) {
                found.insert("\(way): the tallies agree at \(number), and the disks do not")
            }
        }
        return found.sorted()
    }
}

/// Whoever was brought two messages under one id has an alarm of it.
package struct TwinsAreAlarmed: Checker {
    package static let name = "two messages under one id are an alarm"
    package init() {}

    package func objections(to history: History) -> [String] {
        history.twins.compactMap { twin in
            guard let end = history.end(of: twin.recipient), !history.hasLost(twin.recipient) else { return nil }
            let isAlarmed = end.alarms.contains {
                $0.code == .messageIDConflict && $0.partner == twin.sender
                    && ($0.message ?? twin.message) == twin.message
            }
            return isAlarmed ? nil : "n\(twin.recipient) took two messages of n\(twin.sender) under one id for one"
        }
    }
}

/// Whoever was shown another message than a co-recipient under one id has an alarm of it, once the other took its own.
///
/// But where people withdrew what the other's node had to say: then nothing came.
package struct DivergencesAreFound: Checker {
    package static let name = "two that were shown different messages find out"
    package init() {}

    package func objections(to history: History) -> [String] {
        history.divergences.flatMap { divergence in
            divergence.seats.flatMap { speaker in
                divergence.seats.filter { $0 != speaker }.compactMap { seat in
                    objection(to: divergence, takenBy: speaker, at: seat, in: history)
                }
            }
        }
    }

    private func objection(
        to divergence: History.Divergence, takenBy speaker: Int, at seat: Int, in history: History
    ) -> String? {
        guard history.takings.contains(History.Taking(seat: speaker, message: divergence.message)),
            let end = history.end(of: seat), end.isHealed, history.end(of: speaker)?.isHealed == true,
            !history.isInDoubt(seat), !history.isInDoubt(speaker),
            !history.hasWithdrawnWords(of: speaker, to: seat)
        else { return nil }
        let isAlarmed = end.alarms.contains {
            $0.code == .messagesDiffer && $0.partner == divergence.sender && $0.message == divergence.message
        }
        return isAlarmed ? nil : "n\(seat) has not found that n\(speaker) was shown another message"
    }
}

/// Whoever took an account of a second node of a partner has an alarm of it, when the first has spoken to it since.
///
/// But for a node whose own clock was set: it knows by that clock alone what was overtaken (`IncarnationHistory.judge`).
package struct ClonesAreAlarmed: Checker {
    package static let name = "two nodes of one organisation are an alarm"
    package init() {}

    package func objections(to history: History) -> [String] {
        Set(history.clonesHeard).sorted { ($0.seat, $0.partner) < ($1.seat, $1.partner) }.compactMap { heard in
            guard let end = history.end(of: heard.partner), end.isHealed, history.end(of: heard.seat)?.isHealed == true,
                history.mustNotice(heard, at: heard.partner)
            else { return nil }
            let isAlarmed = end.alarms.contains { $0.code == .partnerCloned && $0.partner == heard.seat }
            return isAlarmed ? nil : "n\(heard.partner) took two nodes of n\(heard.seat) for one"
        }
    }
}

/// A partner that can be reached is told in time, whoever else is dead.
package struct NobodyIsDelayed: Checker {
    package static let name = "a dead partner delays nobody"
    package init() {}

    package func objections(to history: History) -> [String] {
        history.errands.filter { $0.took == nil }.map { "n\($0.from) did not get through to n\($0.to) in time" }
    }
}
