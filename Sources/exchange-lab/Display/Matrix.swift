import ExchangeCore
import ExchangeTesting

/// The matrix message × organisation: who has been told of what, and what came of it.
struct Matrix: Sendable {
    let entries: [Board.Entry]
    let palette: Palette

    private static let cellColumns = 10

    var lines: [String] {
        let head = [("", 10)] + Cast.allCases.map { ($0.name, Self.cellColumns) }
        let rows = entries.enumerated().map { index, entry in
            TextColumn.right("\(index + 1)", 2) + " " + TextColumn.left(entry.message.type, 7)
                + joined(Cast.allCases.map { cell(entry, $0) })
        }
        return [palette(head.map { TextColumn.left($0.0, $0.1) }.joined(), .bold)] + rows
    }

    /// The last cell ends with its text.
    private func joined(_ cells: [(text: String, style: Style)]) -> String {
        cells.enumerated().map { index, cell in
            let padding = index == cells.count - 1 ? 0 : max(0, Self.cellColumns - cell.text.count)
            return palette(cell.text, cell.style) + String(repeating: " ", count: padding)
        }.joined()
    }

    private func cell(_ entry: Board.Entry, _ cast: Cast) -> (text: String, style: Style) {
        guard cast != entry.message.sender else { return ("sender", .dim) }
        guard let delivery = entry.delivery(to: cast) else { return ("·", .dim) }
        return switch (delivery.followUp, delivery.isReceipted) {
        case (.concluded, _): ("concluded", .green)
        case (.declined, _): ("declined", .yellow)
        case (.owned, _): ("owned", .blue)
        case (.none, true): ("✓ told", .green)
        case (.none, false): ("… waiting", .red)
        }
    }
}
