import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

/// A node whose store lies on a disk of its own, of a few megabytes: a file system in memory that a process beside the node
/// holds, so that it outlives the node. Nobody else sees it, and it ends with us.
struct SmallDisk {
    let process: NodeProcess
    private let holder: ChildProcess
    private let script: URL
    private let store: String

    /// Returns when the disk is there, with a store that is new.
    ///
    /// - Parameter isFull: the node starts on a disk on which nothing but its store has room.
    init(for node: NodeHandle, sizeMegabytes: Int, isFull: Bool = false) async throws {
        store = node.folder.file("store")
        // A disk that is new has no store: one is begun on it by who knows that.
        let hold = """
            mount -t tmpfs -o size=\(sizeMegabytes)m none "$1" &&
                "$2" new-store --folder "$3" --confirm "$4" >"$1.made" && echo mounted && read -r end
            """
        holder = try ChildProcess(
            URL(filePath: "/usr/bin/unshare"),
            [
                "-rm", "sh", "-c", hold, "sh", store, NodeProcess.builtExecutable.path, node.folder.path,
                node.oin.text,
            ], output: .lines, errors: .lines)
        var (said, isMounted): ([String], Bool) = ([], false)
        for await line in holder.lines {
            isMounted = line == "mounted"
            if isMounted { break }
            said.append(line)
        }
        try #require(isMounted, "\(said)")
        script = URL(filePath: node.folder.file("on-a-small-disk.sh"))
        let text = """
            #!/bin/sh
            exec nsenter --target \(holder.identifier) --user --mount --preserve-credentials \
                "\(NodeProcess.builtExecutable.path)" "$@"
            """
        try Data(text.utf8).write(to: script)
        try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: script.path)
        process = NodeProcess(executable: script, folder: node.folder)
        if isFull { try await fill() }
    }

    /// Runs a command of `exchange-node` that sees this disk.
    func run(_ arguments: String...) async throws -> Command { try await Command.run(script.path, arguments) }

    /// Takes all the room that is left.
    func fill() async throws {
        // `dd` ends with an error when the disk is full, which is what it is for.
        _ = try await Command.run("dd", ["if=/dev/zero", "of=\(filler)", "bs=4096"])
    }

    func clear() async throws {
        let removed = try await Command.run("rm", [filler])
        try #require(removed.succeeded, "\(removed.said)")
    }

    /// Seen from outside through the process that holds the disk.
    private var filler: String { "/proc/\(holder.identifier)/root\(store)/filler" }
}
