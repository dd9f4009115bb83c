import Foundation

/// One measured value.
struct Figure: Codable, Sendable {
    let section: String
    let name: String
    let value: Double
    let unit: String
    let goal: Goal?

    /// What the value should be.
    enum Goal: Codable, Sendable {
        case atLeast(Double)
        case under(Double)

        func isReached(by value: Double) -> Bool {
            switch self {
            case .atLeast(let bound): value >= bound
            case .under(let bound): value < bound
            }
        }

        var words: String {
            switch self {
            case .atLeast(let bound): "at least \(Figure.number(bound))"
            case .under(let bound): "under \(Figure.number(bound))"
            }
        }
    }

    var isReached: Bool? { goal?.isReached(by: value) }

    /// Three digits that count.
    static func number(_ value: Double) -> String {
        switch abs(value) {
        case 100...: String(format: "%.0f", value)
        case 10..<100: String(format: "%.1f", value)
        default: String(format: "%.2f", value)
        }
    }
}

/// All that one run found.
struct Report: Sendable {
    let machine: Machine
    let notices: String
    let isQuick: Bool
    let startedAt = Date()
    private(set) var figures: [Figure] = []

    /// Adds a figure, and tells it at once.
    mutating func add(_ section: String, _ name: String, _ value: Double, _ unit: String, _ goal: Figure.Goal? = nil) {
        let figure = Figure(section: section, name: name, value: value, unit: unit, goal: goal)
        figures.append(figure)
        tell("  \(name): \(Figure.number(value)) \(unit)\(Self.verdict(on: figure))")
    }

    private static func verdict(on figure: Figure) -> String {
        guard let goal = figure.goal, let isReached = figure.isReached else { return "" }
        return " (goal: \(goal.words); \(isReached ? "reached" : "NOT reached"))"
    }

    var table: String {
        var lines = ["", machine.description, "notices: \(notices)"]
        if isQuick { lines.append("A quick run: its figures say nothing.") }
        var section = ""
        let width = figures.map(\.name.count).max() ?? 0
        for figure in figures {
            if figure.section != section { lines += ["", figure.section] }
            section = figure.section
            let value = Figure.number(figure.value)
            let indent = String(repeating: " ", count: max(width - figure.name.count + 10 - value.count, 1))
            lines.append("  \(figure.name)\(indent)\(value) \(figure.unit)\(Self.verdict(on: figure))")
        }
        return (lines + [""]).joined(separator: "\n")
    }

    private struct File: Encodable {
        struct Row: Encodable {
            let section, name: String
            let value: Double
            let unit: String
            let atLeast, under: Double?
            let isReached: Bool?
        }

        let version = 1
        let startedAt: String
        let isQuick: Bool
        let notices: String
        let machine: Machine
        let figures: [Row]
    }

    /// Writes the results as JSON; `Benchmarks/README.md` tells how to read it.
    func write(to url: URL) throws {
        let rows = figures.map { figure in
            var (atLeast, under): (Double?, Double?) = (nil, nil)
            switch figure.goal {
            case .atLeast(let bound): atLeast = bound
            case .under(let bound): under = bound
            case nil: break
            }
            return File.Row(
                section: figure.section, name: figure.name, value: figure.value, unit: figure.unit, atLeast: atLeast,
                under: under, isReached: figure.isReached)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let file = File(
            startedAt: startedAt.formatted(.iso8601), isQuick: isQuick, notices: notices, machine: machine,
            figures: rows)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try encoder.encode(file).write(to: url)
    }
}
