package import Foundation

/// A disk of its own, of a few megabytes, for one folder: a file system in memory, in a mount namespace that a process of
/// ours holds. It needs no privilege where users may make namespaces.
///
/// Only what is started through ``launcher`` sees it in the folder's place. It ends with us.
package struct SmallDisk: Sendable {
    /// Put before a command that is to see the disk; the command keeps the process.
    package let launcher: [String]
    private let holder: ChildProcess
    private let folder: URL
    private let mountPoint: URL

    package enum Contents: Sendable {
        /// Nothing, whatever lies in the folder.
        case nothing
        /// What lies in the folder, which nobody may use meanwhile; the room is beside it.
        case copy
    }

    package struct Failure: Error, CustomStringConvertible {
        let said: String
        package var description: String { "a small disk could not be made or used: \(said)" }
    }

    /// Returns when the disk is there.
    ///
    /// - Parameters:
    ///   - folder: in whose place it is seen. Beside it an empty folder is made, as its mount point.
    ///   - roomMegabytes: how much it takes, beyond what is copied.
    /// - Throws: ``Failure`` where no namespace can be made.
    package init(over folder: URL, roomMegabytes: Int, with contents: Contents) async throws {
        self.folder = folder
        mountPoint = folder.appendingPathExtension("small")
        try FileManager.default.createDirectory(at: mountPoint, withIntermediateDirectories: true)
        let script = """
            used=0
            if [ "$4" = copy ]; then used=$(du -sk "$1" | cut -f1); fi
            mount -t tmpfs -o "size=$((used + $3 * 1024))k" none "$2" &&
                if [ "$4" = copy ]; then cp -a "$1/." "$2"; fi &&
                mount --bind "$2" "$1" && echo mounted && read -r end
            """
        holder = try ChildProcess(
            URL(filePath: "/usr/bin/unshare"),
            [
                "-rm", "sh", "-c", script, "sh", folder.path, mountPoint.path, "\(roomMegabytes)",
                contents == .copy ? "copy" : "nothing",
            ], output: .lines, errors: .lines)
        launcher = [
            "nsenter", "--target", "\(holder.identifier)", "--user", "--mount", "--preserve-credentials",
        ]
        var said: [String] = []
        for await line in holder.lines {
            if line == "mounted" { return }
            said.append(line)
        }
        throw Failure(said: said.joined(separator: "\n"))
    }

    /// Takes all the room that is left.
    package func fill() async throws {
        // `dd` ends with an error when the disk is full, which is what it is for.
        _ = try await Command.run("dd", ["if=/dev/zero", "of=\(filler)", "bs=4096"])
    }

    /// Gives the room back.
    package func clear() async throws { try await run("rm", filler) }

    /// Puts what is on the disk into the folder that it hid, and ends the disk. Nobody may use it any more.
    package func moveBack() async throws {
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            try FileManager.default.removeItem(at: folder.appending(path: name))
        }
        try await run("cp", "-a", seenFromOutside + "/.", folder.path)
        holder.closeInput()
        _ = try await holder.waitForEnd()
        try FileManager.default.removeItem(at: mountPoint)
    }

    private func run(_ name: String, _ arguments: String...) async throws {
        let command = try await Command.run(name, arguments)
        guard command.succeeded else { throw Failure(said: command.said) }
    }

    /// Through the process that holds it.
    private var seenFromOutside: String { "/proc/\(holder.identifier)/root\(folder.path)" }
    private var filler: String { seenFromOutside + "/filler" }

    /// Whether this user may make mount namespaces here.
    package static let isPossible: Bool = {
        guard
            let probe = try? Process.run(
                URL(filePath: "/usr/bin/unshare"), arguments: ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"])
        else { return false }
        probe.waitUntilExit()
        return probe.terminationStatus == 0
    }()
}
