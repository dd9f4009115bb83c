package import ExchangeCore

/// Where a page of a list ended: the next page begins behind it, whatever came or went meanwhile.
///
/// Its text, such as `3-1042`, is the cursor of the local API.
package struct ListPosition: Hashable, Sendable, CustomStringConvertible {
    /// ``Priority/rank`` of the page's last entry.
    package let rank: Int
    /// The place of that entry in the order of arrival or acceptance, from 1.
    package let ordinal: Int64

    package init(rank: Int, ordinal: Int64) {
        self.rank = rank
        self.ordinal = ordinal
    }

    /// Returns `nil` where the text is not one that ``description`` gave.
    package init?(_ text: String) {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 2, let rank = Int(parts[0]), let ordinal = Int64(parts[1]), (0...3).contains(rank),
            ordinal > 0, text == "\(rank)-\(ordinal)"
        else { return nil }
        self.init(rank: rank, ordinal: ordinal)
    }

    package var description: String { "\(rank)-\(ordinal)" }
}

/// A part of a list, and where the rest of it begins.
package struct Page<Entry: Sendable>: RandomAccessCollection, Sendable {
    package let entries: [Entry]
    /// Where the next page begins; `nil` where nothing follows.
    package let next: ListPosition?

    /// - Parameters:
    ///   - found: with one entry more than the page holds, where there is one: only so it is known that more follows.
    ///   - maximumItems: 1 or more.
    package init(_ found: some Collection<(position: ListPosition, entry: Entry)>, maximumItems: Int) {
        let shown = found.prefix(maximumItems)
        entries = shown.map(\.entry)
        next = found.count > maximumItems ? shown.map(\.position).last : nil
    }

    /// The most pressing priority first, and in it the lowest ordinal.
    ///
    /// - Parameter range: the entries of one priority behind an ordinal: the lowest ordinals, in any order.
    package static func mostPressing(
        after position: ListPosition?, maximumItems: Int,
        _ range: (_ priority: Priority, _ after: Int64, _ atMost: Int) throws -> [(
            position: ListPosition, entry: Entry
        )]
    ) rethrows -> Page {
        let wanted = maximumItems + 1
        var found: [(position: ListPosition, entry: Entry)] = []
        for priority in Priority.allCases.sorted(by: >) where found.count < wanted {
            guard priority.rank <= position?.rank ?? .max else { continue }
            let ordinal = priority.rank == position?.rank ? position?.ordinal ?? 0 : 0
            let ofPriority = try range(priority, ordinal, wanted - found.count)
            found += ofPriority.sorted { $0.position.ordinal < $1.position.ordinal }.prefix(wanted - found.count)
        }
        return Page(found, maximumItems: maximumItems)
    }

    package var startIndex: Int { entries.startIndex }
    package var endIndex: Int { entries.endIndex }
    package subscript(position: Int) -> Entry { entries[position] }
}
