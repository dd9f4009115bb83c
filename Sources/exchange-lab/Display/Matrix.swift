import ExchangeCore
import ExchangeTesting

/// The matrix organisation × message: who has been told of what, and what came of it.
struct Matrix: Sendable {
    let entries: [Board.Entry]
    let palette: Palette

    /// What the words of the cells mean.
    static let legend = [
        "done: concluded (L3); said no: declined, with a reason; owned: L2; told: L1,",
        "where no more is asked; no L1, L2, L3: not there yet; ·: takes no part in it",
    ]

    var lines: [String] {
        let cells = entries.map { entry in Cast.allCases.map { Self.words(entry.cell(of: $0)) } }
        let widths = Cast.allCases.indices.map { column in
            ([Cast.allCases[column].columnName] + cells.map { $0[column].text }).map(\.count).max() ?? 0
        }
        // The last cell ends with its text.
        let names = zip(Cast.allCases, widths.dropLast() + [0]).map { TextColumn.left($0.columnName, $1) }
        let head = TextColumn.left("", 10) + names.joined(separator: " ")
        let rows = zip(entries.indices, cells).map { index, row in
            TextColumn.right("\(index + 1)", 2) + " " + TextColumn.left(entries[index].message.type, 7)
                + zip(row, widths.dropLast() + [0]).map { palette(TextColumn.left($0.text, $1), $0.style) }
                .joined(separator: " ")
        }
        return [palette(head, .bold)] + rows + Self.legend.map { palette($0, .dim) }
    }

    private static func words(_ cell: CaseCell) -> (text: String, style: Style) {
        switch cell {
        case .sender: ("sender", .dim)
        case .noPart: ("·", .dim)
        case .told: ("told", .green)
        case .owned: ("owned", .green)
        case .concluded: ("done", .green)
        case .declined: ("said no", .yellow)
        case .missing(let level): ("no L\(level.rawValue)", .red)
        }
    }
}
