/// Rows of text in columns that are as wide as they must be; all but the first are set to the right.
struct Table: Sendable {
    let head: [String]
    let rows: [[String]]

    func lines(_ palette: Palette) -> [String] {
        let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
        func line(_ cells: [String]) -> String {
            zip(cells, widths).enumerated().map { column, cell in
                column == 0 ? TextColumn.left(cell.0, cell.1) : TextColumn.right(cell.0, cell.1)
            }.joined(separator: "  ")
        }
        return [palette(line(head), .bold)] + rows.map(line)
    }
}
