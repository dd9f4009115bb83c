@_spi(Measuring) import ExchangeTesting
import Foundation

/// What the kernel counts of a node's process.
struct ProcessFigures: Sendable {
    /// Of all its threads, in user mode and in the kernel.
    let processorTime: Duration
    let residentBytes: Int
    /// The most that was ever resident.
    let residentMaximumBytes: Int

    /// - Throws: where the node does not run.
    init(of node: LocalNode) async throws {
        guard let identifier = await node.processIdentifier else { throw Missing(node: node.name) }
        try self.init(identifier)
    }

    /// Of this process, which measures.
    static var own: ProcessFigures {
        do { return try ProcessFigures(getpid()) } catch {
            preconditionFailure("a process cannot see itself: \(error)")
        }
    }

    private init(_ identifier: Int32) throws {
        // proc(5): the name in parentheses may hold anything; utime and stime are the 14th and 15th field.
        let stat = try String(contentsOfFile: "/proc/\(identifier)/stat", encoding: .utf8)
        let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
        let ticks = fields.count > 13 ? (Int(fields[12]) ?? 0) + (Int(fields[13]) ?? 0) : 0
        processorTime = .seconds(1) * ticks / max(sysconf(Int32(_SC_CLK_TCK)), 1)
        let status = try String(contentsOfFile: "/proc/\(identifier)/status", encoding: .utf8)
        func kibibytes(_ name: String) -> Int {
            let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
            return line?.split(whereSeparator: { " \t".contains($0) }).dropFirst().first.flatMap { Int($0) } ?? 0
        }
        residentBytes = kibibytes("VmRSS") * 1024
        residentMaximumBytes = kibibytes("VmHWM") * 1024
    }

    struct Missing: Error, CustomStringConvertible {
        let node: String
        var description: String { "\(node) does not run" }
    }
}

extension LocalNode {
    /// The store's files. A node that was stopped has put everything into the first.
    var storeBytes: Int {
        ["", "-wal"].map { suffix in
            let attributes = try? FileManager.default.attributesOfItem(atPath: store.path + suffix)
            return attributes?[.size] as? Int ?? 0
        }.reduce(0, +)
    }
}
