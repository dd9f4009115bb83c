import ExchangeCore

/// What an agency was told is accepted, on a disk that survived, is receipted by each recipient, or answered otherwise, or
/// stands where people see it.
package struct NothingAcceptedIsLost: Checker {
    package static let name = "nothing accepted is lost"
    package init() {}

    package func objections(to history: History) -> [String] {
        history.submissions.flatMap { submission -> [String] in
            guard let id = submission.answers.first, let disk = history.end(of: submission.seat) else { return [] }
            return submission.recipients.compactMap { recipient in
                let row = disk.outgoing[recipient]?.first { $0.item.messageID == id }
                guard let row else {
                    // What nobody had received is gone with its disk, and its agency was never told that it is secured.
                    let isHeld = history.proofs.contains {
                        $0.isReceipt && $0.item.messageID == id && history.canKnow(submission.seat, $0.from)
                    }
                    guard isHeld || !(submission.isAtClone || history.hasLost(submission.seat)) else { return nil }
                    return "\(submission.key) to n\(recipient) is not in the sender's store"
                }
                switch row.transport {
                case .receipted:
                    // Of a disk that is there, the receipt is no more than a promise.
                    guard let there = history.end(of: recipient) else { return nil }
                    let isThere = there.incoming[submission.seat]?.contains {
                        $0.item.messageID == id && $0.item.messageDigest == row.item.messageDigest
                            && $0.answer == .receipt
                    }
                    return isThere == true || !history.canKnow(submission.seat, recipient)
                        ? nil : "\(submission.key) is receipted, and n\(recipient) does not have it"
                case .open, .held:
                    return row.isShown
                        ? nil : "\(submission.key) to n\(recipient) is \(row.transport), and nobody sees it"
                // What an agency hands in here is sound: each node takes it, sooner or later.
                case .refused: return "\(submission.key) was refused by n\(recipient)"
                case .withdrawn: return nil
                }
            }
        }
    }
}

/// A key stands for one message, however often it is submitted, and two keys never for the same.
package struct OneMessageOfASubmission: Checker {
    package static let name = "one submission is one message"
    package init() {}

    package func objections(to history: History) -> [String] {
        var keys: [MessageID: String] = [:]
        return history.submissions.flatMap { submission -> [String] in
            // A key is forgotten with the store that it was claimed in.
            guard !history.hasLost(submission.seat) else { return [] }
            let messages = Set(submission.answers)
            guard let id = submission.answers.first else { return [] }
            guard messages.count == 1 else { return ["\(submission.key) became \(messages.count) messages"] }
            defer { keys[id] = submission.key }
            return keys[id].map { ["\(submission.key) and \($0) are one message"] } ?? []
        }
    }
}

/// A number of a channel stands on the sender's disk before it is spoken of, and never changes its meaning.
package struct NumbersAreKept: Checker {
    package static let name = "a number is kept, and means one message"
    package init() {}

    private struct Place: Hashable {
        let from: Int
        let to: Int
        let incarnation: IncarnationID?
        let number: SequenceNumber
    }

    package func objections(to history: History) -> [String] {
        var meanings: [Place: ChannelItem] = [:]
        return history.announcements.flatMap { line -> [String] in
            let way = "number \(line.item.number) of n\(line.from) to n\(line.to)"
            // Over a loss, and at two nodes, a number may come to mean another message; within one opening only where the
            // channel is got back in it, and nobody had answered the number.
            let isInDoubt = history.isInDoubt(line.from) || history.isInDoubt(line.to)
            let place = Place(
                from: line.from, to: line.to, incarnation: isInDoubt ? line.incarnation : nil, number: line.item.number)
            var known = meanings[place]
            meanings[place] = line.item
            if isInDoubt, known != line.item {
                let isAnswered = history.proofs.contains {
                    $0.from == line.to && $0.to == line.from && $0.item == known
                }
                if !isAnswered { known = nil }
            }
            // Whose disk cannot be looked at is not one of ours.
            let isOurs = history.end(of: line.from) != nil
            return (known != nil && known != line.item ? ["\(way) changed its meaning"] : [])
                + (isOurs && !line.isOnDisk ? ["\(way) was announced before it was on the disk"] : [])
        }
    }
}

/// No proof leaves a node before its disk has it, and of a receipt also the message; and it is always the same.
package struct ReceiptsAfterTheDisk: Checker {
    package static let name = "no proof before the disk has it"
    package init() {}

    private struct Subject: Hashable {
        let from: Int
        let id: MessageID
        let digest: Digest
    }

    package func objections(to history: History) -> [String] {
        var receipts: [Subject: [UInt8]] = [:]
        return history.proofs.flatMap { proof -> [String] in
            let way = "n\(proof.from) to n\(proof.to), number \(proof.item.number)"
            var found = proof.isOnDisk ? [] : ["\(way): the proof left before the disk had it"]
            guard proof.isReceipt else { return found }
            let subject = Subject(from: proof.from, id: proof.item.messageID, digest: proof.item.messageDigest)
            if let earlier = receipts[subject], earlier != proof.bytes, !history.hasLost(proof.from) {
                found.append("\(way): a second receipt")
            }
            receipts[subject] = proof.bytes
            return found
        }
    }
}

/// What no manifest names is not receipted, whatever envelope comes under it.
package struct OnlyTheManifested: Checker {
    package static let name = "a receipt is of what the manifest names"
    package init() {}

    package func objections(to history: History) -> [String] {
        history.forgeries.compactMap { forgery in
            let isReceipted = history.proofs.contains {
                $0.isReceipt && $0.from == forgery.recipient && $0.item == forgery.item
            }
            return isReceipted ? "n\(forgery.recipient) receipted a digest that no message has" : nil
        }
    }
}

/// A receipt or refusal that a sender keeps verifies, and is of the delivery's own recipient.
package struct ProofsHold: Checker {
    package static let name = "what is kept as proof proves it"
    package init() {}

    package func objections(to history: History) -> [String] {
        history.ends.enumerated().flatMap { seat, end in
            (end?.outgoing ?? [:]).sorted { $0.key < $1.key }.flatMap { partner, rows in
                rows.compactMap { row in row.objection.map { "n\(seat) to n\(partner): \($0)" } }
            }
        }
    }
}
