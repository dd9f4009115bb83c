import ExchangeCore
import ExchangeTesting
import Testing

/// Each rule is given a history that keeps it, and by hand the smallest that breaks it.
@Suite struct CheckerTests {
    private static func id(_ number: UInt64) -> MessageID {
        MessageID(at: Timestamp(milliseconds: 1), random: Bytes16(high: number, low: number))
    }

    private static func digest(_ byte: UInt8) -> Digest {
        guard let digest = Digest([UInt8](repeating: byte, count: Digest.byteCount)) else {
            preconditionFailure("a digest has its length")
        }
        return digest
    }

    private static func item(_ number: UInt64, _ digest: UInt8 = 1) -> ChannelItem {
        ChannelItem(number: SequenceNumber(number), messageID: id(number), messageDigest: Self.digest(digest))
    }

    private static func submission(
        _ number: UInt64, priority: Priority = .asap, caseNumber: Int = 0, isAtClone: Bool = false
    ) -> History.Submission {
        var submission = History.Submission(
            seat: 0, key: "s\(number)", recipients: [1], priority: priority, caseNumber: caseNumber,
            isAtClone: isAtClone)
        submission.answers = [id(number)]
        return submission
    }

    private static func handOver(
        _ number: UInt64, digest: UInt8 = 1, isFlagged: Bool = false, wasConfirmed: Bool = false
    ) -> History.HandOver {
        History.HandOver(
            seat: 1, message: id(number), digest: Self.digest(digest), sender: 0, isFlagged: isFlagged,
            wasConfirmed: wasConfirmed)
    }

    /// That seat 1 takes the first message.
    private static func owed(
        _ steps: [EscalationStep] = [], due: [EscalationStep] = [], isWatched: Bool = true, isAlarmed: Bool = false
    ) -> OwedOnDisk {
        OwedOnDisk(
            message: id(1), level: .ownership, debtor: nil, isWatched: isWatched, steps: steps, due: due,
            isAlarmed: isAlarmed)
    }

    /// Two messages of one case from seat 0 to seat 1: accepted, receipted, handed over, confirmed.
    private static var sound: History {
        var history = History()
        history.submissions = [submission(1), submission(2)]
        history.handOvers = [handOver(1), handOver(2)]
        history.announcements = [1, 2].map { History.Announcement(from: 0, to: 1, item: item($0), isOnDisk: true) }
        history.proofs = [1, 2].map {
            History.Proof(from: 1, to: 0, item: item($0), isReceipt: true, bytes: [UInt8($0)], isOnDisk: true)
        }
        let position = ChannelPosition(number: SequenceNumber(2), runningDigest: digest(7))
        history.claims = [
            History.Claim(from: 0, about: 1, issued: position, received: .start),
            History.Claim(from: 1, about: 0, issued: .start, received: position),
        ]
        history.auditMarks = [History.AuditMark(seat: 0, leaves: 1, head: digest(1))]
        history.errands = [History.Errand(from: 0, to: 1, took: .seconds(1))]
        var (sender, recipient) = (DiskAtEnd(isHealed: true), DiskAtEnd(isHealed: true))
        sender.outgoing[1] = [1, 2].map {
            DiskAtEnd.Outgoing(item: item($0), transport: .receipted, isShown: false)
        }
        sender.audit = [digest(1), digest(2)]
        recipient.incoming[0] = [1, 2].map { DiskAtEnd.Incoming(item: item($0), answer: .receipt) }
        recipient.inbox = [id(1): digest(1), id(2): digest(1)]
        history.ends = [sender, recipient]
        return history
    }

    private static func changed(_ body: (inout History) -> Void) -> History {
        var history = sound
        body(&history)
        return history
    }

    @Test func `a history in which everything is as it should be breaks no rule`() {
        #expect(Checkers.violations(of: Self.sound) == [])
    }

    /// One that breaks a rule, and the rule that says so; others may say so too.
    private static let broken: [(rule: String, history: History)] = [
        (NothingAcceptedIsLost.name, changed { $0.ends[0]?.outgoing[1]?.removeFirst() }),
        (NothingAcceptedIsLost.name, changed { $0.ends[1]?.incoming[0]?.removeLast() }),
        (
            NothingAcceptedIsLost.name,
            changed {
                $0.ends[0]?.outgoing[1]?[0] = DiskAtEnd.Outgoing(item: item(1), transport: .open, isShown: false)
            }
        ),
        (
            NothingAcceptedIsLost.name,
            changed {
                $0.ends[0]?.outgoing[1]?[0] = DiskAtEnd.Outgoing(item: item(1), transport: .refused, isShown: true)
            }
        ),
        (OneMessageOfASubmission.name, changed { $0.submissions[0].answers.append(id(9)) }),
        (OneMessageOfASubmission.name, changed { $0.submissions[1].answers = [id(1)] }),
        (
            NumbersAreKept.name,
            changed { $0.announcements.append(History.Announcement(from: 0, to: 1, item: item(1, 9), isOnDisk: true)) }
        ),
        (
            NumbersAreKept.name,
            changed { $0.announcements.append(History.Announcement(from: 0, to: 1, item: item(3), isOnDisk: false)) }
        ),
        (
            ReceiptsAfterTheDisk.name,
            changed {
                $0.proofs.append(
                    History.Proof(from: 1, to: 0, item: item(3), isReceipt: true, bytes: [3], isOnDisk: false))
            }
        ),
        (
            ReceiptsAfterTheDisk.name,
            changed {
                $0.proofs.append(
                    History.Proof(from: 1, to: 0, item: item(1), isReceipt: true, bytes: [9], isOnDisk: true))
            }
        ),
        (
            OnlyTheManifested.name,
            changed { $0.forgeries = [History.Forgery(recipient: 1, item: item(2))] }
        ),
        (
            ProofsHold.name,
            changed {
                $0.ends[0]?.outgoing[1]?[0] = DiskAtEnd.Outgoing(
                    item: item(1), transport: .receipted, isShown: false, objection: "another's")
            }
        ),
        (HandOverQueue.name, changed { $0.handOvers.removeLast() }),
        (HandOverQueue.name, changed { $0.handOvers.append(handOver(9)) }),
        (HandOverQueue.name, changed { $0.handOvers.append(handOver(1, wasConfirmed: true)) }),
        (HandOverQueue.name, changed { $0.handOvers.append(handOver(1, digest: 9)) }),
        (OrderOfACase.name, changed { $0.handOvers.reverse() }),
        (ListsWithoutHoles.name, changed { $0.ends[1]?.incoming[0]?.removeFirst() }),
        (
            ListsWithoutHoles.name,
            changed { $0.ends[1]?.incoming[0]?[1] = DiskAtEnd.Incoming(item: item(2, 9), answer: .receipt) }
        ),
        (TalliesTellTheTruth.name, changed { $0.ends[1]?.incoming[0]?.removeFirst() }),
        (
            TwinsAreAlarmed.name,
            changed { $0.twins = [History.Twin(sender: 2, message: id(5), recipient: 1)] }
        ),
        (
            DivergencesAreFound.name,
            changed { history in
                history.divergences = [History.Divergence(sender: 2, message: id(5), seats: [0, 1])]
                history.takings = [History.Taking(seat: 0, message: id(5))]
            }
        ),
        (
            ClonesAreAlarmed.name,
            changed {
                $0.seatsWithClones = [0]
                $0.clonesHeard = [History.CloneHeard(seat: 0, partner: 1)]
            }
        ),
        (
            // What a partner receipted comes back, also where only the clone had it.
            NothingAcceptedIsLost.name,
            changed { history in
                history.seatsWithClones = [0]
                history.submissions.append(submission(3, isAtClone: true))
                history.proofs.append(
                    History.Proof(from: 1, to: 0, item: item(3), isReceipt: true, bytes: [3], isOnDisk: true))
            }
        ),
        (NobodyIsDelayed.name, changed { $0.errands = [History.Errand(from: 0, to: 1, took: nil)] }),
        (
            NobodyIsAccused.name,
            changed {
                $0.ends[1]?.alarms = [DiskAtEnd.RaisedAlarm(code: .partnerRolledBack, partner: 0, message: nil)]
            }
        ),
        (NothingOwedIsForgotten.name, changed { $0.unwatchedAtStarts[1] = [owed(isWatched: false)] }),
        (NothingOwedIsForgotten.name, changed { $0.ends[1]?.owed = [owed(isWatched: false)] }),
        (NothingOwedIsForgotten.name, changed { $0.ends[1]?.owed = [owed(due: [.remind])] }),
        (NothingOwedIsForgotten.name, changed { $0.ends[1]?.owed = [owed([.remind, .remind], isAlarmed: true)] }),
        (NothingOwedIsForgotten.name, changed { $0.ends[1]?.owed = [owed([.remind])] }),
        (NothingOwedIsForgotten.name, changed { $0.ends[1]?.idleAlarms = [id(1)] }),
        (AuditOnlyGrows.name, changed { $0.ends[0]?.audit = [digest(9), digest(2)] }),
        (AuditOnlyGrows.name, changed { $0.ends[0]?.audit = [] }),
        (AuditOnlyGrows.name, changed { $0.ends[0]?.isAuditIntact = false }),
        (EverythingSettles.name, changed { $0.unsettled = ["n0 to n1: number 1 is open"] }),
    ]

    @Test(arguments: broken) func `a history that breaks a rule is rejected by it`(rule: String, history: History) {
        #expect(Checkers.violations(of: history).map(\.rule).contains(rule))
    }

    @Test func `every rule has a history that breaks it`() {
        #expect(Set(Self.broken.map(\.rule)) == Set(Checkers.all.map { $0.name }))
    }

    @Test func `a twin with its alarm, a flag, a message that presses, and a repeated hand-over are no violations`() {
        let history = Self.changed { history in
            history.twins = [History.Twin(sender: 2, message: Self.id(5), recipient: 1)]
            history.ends[1]?.alarms = [
                DiskAtEnd.RaisedAlarm(code: .messageIDConflict, partner: 2, message: Self.id(5))
            ]
            // Before its predecessor, and says so; and once more, before the agency confirmed it.
            history.handOvers = [Self.handOver(2, isFlagged: true), Self.handOver(1), Self.handOver(1)]
        }
        #expect(Checkers.violations(of: history) == [])
        let pressing = Self.changed { history in
            history.submissions[0] = Self.submission(1, priority: .routine)
            history.handOvers.reverse()
        }
        #expect(Checkers.violations(of: pressing) == [])
    }

    @Test func `what is owed and in time, and what is late and told, are no violations`() {
        let history = Self.changed { history in
            history.ends[0]?.owed = [Self.owed()]
            history.ends[1]?.owed = [
                Self.owed([.remind, .deputy], due: [.remind], isAlarmed: true)
            ]
        }
        #expect(Checkers.violations(of: history) == [])
    }

    @Test func `who was shown another message and says so, or whom nobody told, breaks no rule`() {
        let history = Self.changed { history in
            history.divergences = [History.Divergence(sender: 2, message: Self.id(5), seats: [0, 1])]
            history.takings = [History.Taking(seat: 0, message: Self.id(5))]
            history.ends[1]?.alarms = [
                DiskAtEnd.RaisedAlarm(code: .messagesDiffer, partner: 2, message: Self.id(5))
            ]
        }
        #expect(Checkers.violations(of: history) == [])
        // The first is what an agency handed in; the second is what its node had to say, and was withdrawn.
        for (number, isFound) in [(UInt64(1), true), (9, false)] {
            let withdrawn = Self.changed { history in
                history.divergences = [History.Divergence(sender: 2, message: Self.id(5), seats: [0, 1])]
                history.takings = [History.Taking(seat: 0, message: Self.id(5))]
                history.ends[0]?.outgoing[1]?.append(
                    DiskAtEnd.Outgoing(item: Self.item(number), transport: .withdrawn, isShown: false))
            }
            let rules = Checkers.violations(of: withdrawn).map(\.rule)
            #expect(rules.contains(DivergencesAreFound.name) == isFound)
        }
        let silent = Self.changed { history in
            history.divergences = [History.Divergence(sender: 2, message: Self.id(5), seats: [0, 1])]
        }
        #expect(Checkers.violations(of: silent) == [])
    }

    @Test
    func `two nodes of one organisation may number differently, and what nobody has of the second is gone with it`() {
        let history = Self.changed { history in
            history.seatsWithClones = [0]
            history.clonesHeard = [History.CloneHeard(seat: 0, partner: 1)]
            history.submissions.append(Self.submission(3, isAtClone: true))
            history.ends[1]?.alarms = [DiskAtEnd.RaisedAlarm(code: .partnerCloned, partner: 0, message: nil)]
            for (opening, digest) in [(UInt64(1), UInt8(1)), (2, 2)] {
                history.announcements.append(
                    History.Announcement(
                        from: 0, to: 1, item: Self.item(4, digest),
                        incarnation: IncarnationID(Bytes16(high: opening, low: 0)), isOnDisk: true))
            }
        }
        #expect(Checkers.violations(of: history) == [])
    }
}
