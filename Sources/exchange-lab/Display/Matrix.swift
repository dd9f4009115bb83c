import ExchangeCore
import ExchangeTesting

/// The matrix message × organisation: who has been told of what, and what came of it.
struct Matrix: Sendable {
    let entries: [Board.Entry]
    let palette: Palette

    private static let cellColumns = 10

    var lines: [String] {
        let head = TextColumn.left("", 10) + Cast.allCases.map { TextColumn.left($0.name, Self.cellColumns) }.joined()
        let rows = entries.enumerated().map { index, entry in
            TextColumn.right("\(index + 1)", 2) + " " + TextColumn.left(entry.message.type, 7)
                + Cast.allCases.map { cell(entry, $0) }.joined()
        }
        return [palette(head, .bold)] + rows
    }

    private func cell(_ entry: Board.Entry, _ cast: Cast) -> String {
        func padded(_ text: String, _ style: Style) -> String { palette(TextColumn.left(text, Self.cellColumns), style) }
        guard cast != entry.message.sender else { return padded("sender", .dim) }
        guard let delivery = entry.delivery(to: cast) else { return padded("·", .dim) }
        switch (delivery.followUp, delivery.isReceipted) {
        case (.concluded, _): return padded("concluded", .green)
        case (.declined, _): return padded("declined", .yellow)
        case (.owned, _): return padded("owned", .blue)
        case (.none, true): return padded("✓ told", .green)
        case (.none, false): return padded("… waiting", .red)
        }
    }
}
