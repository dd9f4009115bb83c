import ExchangeCatalogue

/// Rows under a header, each column as wide as its widest cell.
package struct TextTable: Sendable {
    private let header: [String]
    private var rows: [[String]] = []

    package init(_ header: [String]) { self.header = header }

    /// Control characters in a cell are escaped: they are a partner's, or nobody's.
    ///
    /// - Precondition: as many cells as the header has.
    package mutating func add(_ row: [String]) {
        precondition(row.count == header.count, "a cell for each column")
        rows.append(row.map { $0.escapingControls() })
    }

    package var text: String {
        let widths = header.indices.map { column in
            ([header] + rows).map { $0[column].count }.max() ?? 0
        }
        return ([header] + rows).map { row in
            zip(row, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count) }
                .joined(separator: "  ").trimmingTrailingSpaces
        }.joined(separator: "\n")
    }

    /// The table; where it has two columns of ids and more it is wider than most terminals, which break its lines anywhere. Then
    /// each row stands by itself instead, a line for each cell, with an empty line between rows.
    ///
    /// - Parameter width: how many characters a line has room for; `nil` where there is no end, as in a pipe or a file.
    package func text(within width: Int?) -> String {
        let table = text
        guard let width, table.split(separator: "\n").contains(where: { $0.count > width }) else { return table }
        let longest = header.map(\.count).max() ?? 0
        return rows.map { row in
            zip(header, row).map { name, cell in
                name + String(repeating: " ", count: longest - name.count + 2) + cell
            }.joined(separator: "\n")
        }.joined(separator: "\n\n")
    }
}

extension TextTable {
    /// Objects, a row each.
    ///
    /// - Parameter columns: the header of each, and the member that stands in it.
    init(of rows: [JSONValue], columns: [(header: String, member: String)]) {
        self.init(columns.map(\.header))
        for row in rows { add(columns.map { Self.cell(row[$0.member]) }) }
    }

    static func cell(_ value: JSONValue?) -> String {
        switch value {
        case nil, .null: "-"
        case .string(""): "-"
        case .string(let text): text
        case .integer(let number): String(number)
        case .bool(let flag): flag ? "yes" : "no"
        case .array(let elements): elements.isEmpty ? "-" : elements.map { cell($0) }.joined(separator: " ")
        case .object: "…"
        }
    }
}

extension String {
    fileprivate var trimmingTrailingSpaces: String {
        var text = self[...]
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
