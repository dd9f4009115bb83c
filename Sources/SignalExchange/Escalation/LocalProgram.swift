package import ExchangeCore
import Foundation
import Subprocess
import SystemPackage

#if canImport(CDispatch)
    import CDispatch
#endif

/// A program of this machine that the node runs, with fixed arguments: no shell reads them, and nothing of a message is among
/// them. What it is to know it reads from standard input.
package struct LocalProgram: Hashable, Sendable {
    package static let argumentsMaximum = 16
    package static let argumentMaximumBytes = 256
    /// What is kept of what it writes: the end, for the log.
    package static let outputMaximumBytes = 2048
    /// Between being asked to end and being ended.
    private static let endingTime = Duration.seconds(2)
    /// All that it finds: nothing of the node's own, whose variables may name files and addresses.
    private static let environment: [Environment.Key: String] = [
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8",
    ]
    /// Writing to a program that has ended must be an error, and not the end of the node. A handler, unlike a signal that is
    /// ignored, is not handed on to the program.
    private static let outlivesClosedPipes: Void = { signal(SIGPIPE) { _ in } }()

    package let path: String
    package let arguments: [String]

    package init(path: String, arguments: [String] = []) {
        self.path = path
        self.arguments = arguments
    }

    /// How it ended.
    package struct End: Hashable, Sendable {
        package let isSuccess: Bool
        /// In words, such as `exited with status 1`.
        package let text: String
        /// The end of what it wrote to standard output and standard error.
        package let output: String
    }

    /// Runs it to its end. It and all that it starts is a process group of its own, which is ended where the time is over or the
    /// task is cancelled.
    ///
    /// - Parameters:
    ///   - input: given on standard input, which ends with it.
    ///   - limit: how long it may take.
    /// - Throws: ``NodeError`` `program-failed` where it cannot be started or is over its limit; `CancellationError`.
    package func run(input: [UInt8], within limit: Milliseconds, clock: NodeClock) async throws -> End {
        _ = Self.outlivesClosedPipes
        return try await withThrowingTaskGroup(of: End?.self) { group in
            group.addTask { try await execute(input) }
            group.addTask {
                try await clock.wait(until: clock.now.monotonic + limit)
                return nil
            }
            defer { group.cancelAll() }
            guard let end = try await group.next() ?? nil else {
                throw NodeError(
                    .programFailed,
                    "\(path) was not done within \(limit.wholeSeconds) seconds and was ended; mend it, or raise "
                        + "limits.escalationRunSeconds")
            }
            return end
        }
    }

    private func execute(_ input: [UInt8]) async throws -> End {
        var options = PlatformOptions()
        options.processGroupID = 0
        options.teardownSequence = [
            .send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: Self.endingTime)
        ]
        do {
            let result = try await Subprocess.run(
                .path(FilePath(path)), arguments: Arguments(arguments), environment: .custom(Self.environment),
                workingDirectory: "/", platformOptions: options, input: .inputWriter, output: .sequence,
                error: .combinedWithOutput
            ) { execution in
                // One that does not read what it is given is judged by how it ends, and by that alone.
                _ = try? await execution.standardInputWriter.write(input)
                try? await execution.standardInputWriter.finish()
                var end: [UInt8] = []
                for try await buffer in execution.standardOutput {
                    end += buffer.withUnsafeBytes { Array($0.suffix(Self.outputMaximumBytes)) }
                    end = end.suffix(Self.outputMaximumBytes)
                }
                return end
            }
            let text =
                switch result.terminationStatus {
                case .exited(let status): "exited with status \(status)"
                case .signaled(let signal): "was ended by signal \(signal)"
                }
            return End(
                isSuccess: result.terminationStatus.isSuccess, text: text,
                output: String(decoding: result.closureResult, as: UTF8.self))
        } catch let error as SubprocessError {
            try Task.checkCancellation()
            throw NodeError(
                .programFailed, "\(path) could not be run; look whether it is there and starts by hand",
                cause: "\(error)")
        }
    }
}

// MARK: Whose it is

extension LocalProgram {
    /// As many links are followed on the way to a program as Linux follows (path_resolution(7)).
    private static let linksMaximum = 40

    /// Whoever can change what the node runs is the node: the file, and all folders and links that lead to it, must be root's or
    /// the node's own user's, and nobody else may write to them.
    ///
    /// - Parameter key: of the configuration, for the error.
    /// - Throws: ``NodeError`` `configuration-invalid`.
    package func demandOwn(_ key: String) throws(NodeError) {
        func invalid(_ what: String) -> NodeError {
            NodeError(.configurationInvalid, "`\(key)`: \(what)", cause: nil)
        }
        guard path.hasPrefix("/"), !path.hasControlCharacters else {
            throw invalid("must be an absolute path, beginning with a slash")
        }
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw invalid("\(path) is not there; install it, or correct the path")
        }
        guard status.st_mode & S_IFMT == S_IFREG, access(path, X_OK) == 0 else {
            throw invalid("\(path) is no file that this user may run; `chmod u+x` it, or name another")
        }
        guard Self.isOwn(status), status.st_mode & 0o022 == 0 else {
            throw invalid(
                "\(path) may be changed by others: it must belong to root or the node's user, and nobody else may write to "
                    + "it; `chown` it, and `chmod go-w` it")
        }
        guard let way = Self.way(to: path) else {
            throw invalid(
                "the folders and links to \(path) cannot be looked at; check their rights, or name the file itself")
        }
        for folder in way.folders {
            var status = stat()
            guard stat(folder, &status) == 0 else { throw invalid("\(folder) cannot be looked at; check its rights") }
            // In a folder such as /tmp, which has the sticky bit, nobody takes another's file away.
            guard Self.isOwn(status), status.st_mode & 0o022 == 0 || status.st_mode & S_ISVTX != 0 else {
                throw invalid(
                    "others may write into \(folder), and so could put another program in the place of \(path); `chown` it, "
                        + "and `chmod go-w` it, or keep the program elsewhere")
            }
        }
        for link in way.links {
            var status = stat()
            guard lstat(link, &status) == 0, Self.isOwn(status) else {
                throw invalid(
                    "\(link) is another's link, who could lead it elsewhere; `chown -h` it, or name the program itself")
            }
        }
    }

    private static func isOwn(_ status: stat) -> Bool { status.st_uid == 0 || status.st_uid == geteuid() }

    /// Each folder in which a name is looked up on the way to a file, and each link that is followed, as the kernel does it.
    ///
    /// - Returns: `nil` where something on the way is not there, or leads over more than ``linksMaximum``.
    private static func way(to path: String) -> (folders: [String], links: [String])? {
        var (folders, links) = (["/"], [String]())
        // The folder that was reached, without the slash behind it.
        var here = ""
        var names = path.split(separator: "/").map(String.init).reversed() as [String]
        while let name = names.popLast() {
            guard name != "." else { continue }
            guard name != ".." else {
                here = here.lastIndex(of: "/").map { String(here[..<$0]) } ?? ""
                continue
            }
            let next = "\(here)/\(name)"
            var status = stat()
            guard lstat(next, &status) == 0 else { return nil }
            switch status.st_mode & S_IFMT {
            case S_IFLNK:
                guard links.count < linksMaximum,
                    let target = try? FileManager.default.destinationOfSymbolicLink(atPath: next)
                else { return nil }
                links.append(next)
                if target.hasPrefix("/") { here = "" }
                names += target.split(separator: "/").map(String.init).reversed()
            case S_IFDIR:
                here = next
                folders.append(next)
            default: here = next
            }
        }
        return (folders, links)
    }
}
