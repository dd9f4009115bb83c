import Foundation

/// On what a figure was taken.
struct Machine: Codable, Sendable {
    let processor: String
    let processors: Int
    let memoryMebibytes: Int
    let system: String
    let kernel: String
    /// Of the folder in which the nodes keep their stores.
    let fileSystem: String
    /// What other work there was: the mean number of runnable processes in the minute before the run.
    let load: Double

    init() {
        let information = Self.text("/proc/cpuinfo").split(separator: "\n")
        processor =
            information.first { $0.hasPrefix("model name") }?.split(separator: ":").last.map {
                $0.trimmingCharacters(in: .whitespaces)
            } ?? "unknown"
        processors = ProcessInfo.processInfo.activeProcessorCount
        memoryMebibytes = Int(ProcessInfo.processInfo.physicalMemory >> 20)
        let release = Self.text("/etc/os-release").split(separator: "\n").first { $0.hasPrefix("PRETTY_NAME=") }
        system = release.map { $0.dropFirst(12).filter { $0 != "\"" } } ?? "unknown"
        kernel = Self.text("/proc/sys/kernel/osrelease").trimmingCharacters(in: .whitespacesAndNewlines)
        fileSystem = Self.fileSystem(of: FileManager.default.temporaryDirectory.path)
        load = Double(Self.text("/proc/loadavg").split(separator: " ").first ?? "") ?? 0
    }

    var description: String {
        """
        \(processor), \(processors) processors, \(memoryMebibytes) MiB; \(system), Linux \(kernel); stores on \
        \(fileSystem); load before \(load)
        """
    }

    private static func text(_ path: String) -> String { (try? String(contentsOfFile: path, encoding: .utf8)) ?? "" }

    /// The type of the file system that is mounted closest above a path (proc_pid_mountinfo(5)).
    private static func fileSystem(of path: String) -> String {
        var best = (place: "", type: "unknown")
        for line in text("/proc/self/mountinfo").split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count > 6, let dash = words.firstIndex(of: "-"), dash + 1 < words.count else { continue }
            let place = String(words[4])
            let isAbove = path == place || path.hasPrefix(place.hasSuffix("/") ? place : place + "/")
            if isAbove, place.count >= best.place.count { best = (place, String(words[dash + 1])) }
        }
        return best.type
    }
}
