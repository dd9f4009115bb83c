package import ExchangeCore

/// What of the store an organisation's system can follow.
package enum FeedName: String, CaseIterable, Hashable, Sendable {
    /// Received messages.
    case inbox
    /// How our own messages fare.
    case deliveries
    /// Whom the ladder told that something is late, and that it is over.
    case escalations
}

/// The name of one of the organisation's systems, as it follows a feed: `case-system`, `duty-desk`.
package struct ConsumerName: Hashable, Comparable, Sendable, CustomStringConvertible {
    package static let maximumBytes = 64
    /// Begins with it: a consumer of the node's own, which others neither make nor move.
    private static let ownPrefix = "node-"

    package let text: String

    /// Returns `nil` for a text other than lower-case letters, digits and single hyphens between them, and over
    /// ``maximumBytes``.
    package init?(_ text: String) {
        guard text.utf8.count <= Self.maximumBytes, text.wholeMatch(of: /[a-z0-9]+(-[a-z0-9]+)*/) != nil else {
            return nil
        }
        self.text = text
    }

    private init(own text: String) { self.text = Self.ownPrefix + text }

    package static let inboxHook = ConsumerName(own: "inbox-hook")
    package static let deliveriesHook = ConsumerName(own: "deliveries-hook")
    package static let watchedFolder = ConsumerName(own: "watched-folder")
    package static let escalationsHook = ConsumerName(own: "escalations-hook")
    package static let escalationCommand = ConsumerName(own: "escalation-command")
    package static let escalationMail = ConsumerName(own: "escalation-mail")

    package var isOwn: Bool { text.hasPrefix(Self.ownPrefix) }
    package var description: String { text }
    package static func < (left: Self, right: Self) -> Bool { left.text < right.text }
}

/// How far a feed was read: in each priority, the number of the last entry. An entry presses past all that waits in lower
/// priorities, and so each has a place of its own.
package struct FeedPosition: Hashable, Sendable, CustomStringConvertible {
    package static let start = FeedPosition(numbers: [0, 0, 0, 0])

    /// By ``Priority/rank``.
    private var numbers: [Int64]

    private init(numbers: [Int64]) { self.numbers = numbers }

    /// The place behind an entry in each priority.
    package init(all number: Int64) { self.init(numbers: Priority.allCases.map { _ in number }) }

    package subscript(priority: Priority) -> Int64 {
        get { numbers[priority.rank] }
        set { numbers[priority.rank] = newValue }
    }

    /// The further of both, in each priority.
    package func furthest(_ other: FeedPosition) -> FeedPosition {
        FeedPosition(numbers: zip(numbers, other.numbers).map { max($0, $1) })
    }

    package func isBehind(_ other: FeedPosition) -> Bool { furthest(other) != self }

    package var description: String { numbers.map(String.init).joined(separator: "-") }

    fileprivate init?(_ text: Substring) {
        let numbers = text.split(separator: "-", omittingEmptySubsequences: false).compactMap { Int64($0) }
        guard numbers.count == 4, numbers.allSatisfy({ $0 >= 0 }) else { return nil }
        self.init(numbers: numbers)
        guard description == text else { return nil }
    }
}

/// A place in a feed, for one consumer: what it confirms when it has kept all up to there.
///
/// Its text, such as `6f0c….0-0-12-3`, is opaque to whoever holds it.
package struct FeedCursor: Hashable, Sendable, CustomStringConvertible {
    /// The consumer's own: a cursor of another, or of one of the same name that was removed, moves nothing.
    package let key: Bytes16
    package let position: FeedPosition

    package init(key: Bytes16, position: FeedPosition) {
        self.key = key
        self.position = position
    }

    /// Returns `nil` where the text is not one that ``description`` gave.
    package init?(_ text: String) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let key = [UInt8](hexadecimal: parts[0]).flatMap({ Bytes16($0) }),
            let position = FeedPosition(parts[1])
        else { return nil }
        self.init(key: key, position: position)
        guard description == text else { return nil }
    }

    package var description: String { "\(key.bytes.hexadecimal).\(position)" }
}

/// One of the organisation's systems, and how far it is.
package struct Consumer: Hashable, Sendable {
    package let name: ConsumerName
    package let feed: FeedName
    package let key: Bytes16
    /// The last that it confirmed.
    package let position: FeedPosition
    package let createdAt: Timestamp
    package let confirmedAt: Timestamp?
    /// Who made it.
    package let actor: String

    package init(
        name: ConsumerName, feed: FeedName, key: Bytes16, position: FeedPosition, createdAt: Timestamp,
        confirmedAt: Timestamp?, actor: String
    ) {
        self.name = name
        self.feed = feed
        self.key = key
        self.position = position
        self.createdAt = createdAt
        self.confirmedAt = confirmedAt
        self.actor = actor
    }

    package var cursor: FeedCursor { FeedCursor(key: key, position: position) }
}

package enum ConsumerAddition: Hashable, Sendable {
    case added(Consumer)
    /// It was there, and is as it was.
    case known(Consumer)
    /// There are as many as there may be.
    case tooMany(Int)
}

package enum Confirmation: Hashable, Sendable {
    /// - isRepeated: all of it had been confirmed before.
    case confirmed(Consumer, isRepeated: Bool)
    case unknownConsumer
    /// The cursor is another consumer's, or of one that was removed.
    case foreignCursor
    /// The cursor is behind what was ever handed out: it is of a store that is no more.
    case cursorAhead
}

/// One entry of a feed, and the place behind it.
package struct FeedEntry<Entry: Hashable & Sendable>: Hashable, Sendable {
    package let entry: Entry
    package let position: FeedPosition

    package init(entry: Entry, position: FeedPosition) {
        self.entry = entry
        self.position = position
    }

    /// What stands in a feed behind a position, the most pressing first.
    ///
    /// - Parameter range: the entries of one priority behind a number, in their order.
    package static func page(
        after position: FeedPosition, maximumItems: Int,
        _ range: (_ priority: Priority, _ after: Int64, _ atMost: Int) throws -> [(number: Int64, entry: Entry)]
    ) rethrows -> [FeedEntry] {
        var position = position
        var found: [FeedEntry] = []
        for priority in Priority.allCases.sorted(by: >) where found.count < maximumItems {
            for (number, entry) in try range(priority, position[priority], maximumItems - found.count) {
                position[priority] = number
                found.append(FeedEntry(entry: entry, position: position))
            }
        }
        return found
    }
}
