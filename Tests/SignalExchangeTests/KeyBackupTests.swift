import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

/// A copy of the keys is confirmed where it is one, and only for these keys.
@Suite struct KeyBackupTests {
    /// A node's folder with keys of its own, and a place beside it for a copy.
    private func withKeys(_ body: (NodeFolder, _ copy: String) throws -> Void) async throws {
        let place = FileManager.default.temporaryDirectory.appending(path: "xk-\(UInt32.random(in: .min ... .max))")
        defer { try? FileManager.default.removeItem(at: place) }
        let folder = NodeFolder(place.appending(path: "node").path)
        let plan = try FolderMaker.Plan(
            oin: "00000099000000001000", name: "Nidos (test)", host: "127.0.0.1", port: 8443, usesRSA: false)
        try await FolderMaker(folder: folder, plan: plan).make()
        try body(folder, place.appending(path: "copy").path)
    }

    private func copy(_ source: String, to target: String) throws {
        try? FileManager.default.removeItem(atPath: target)
        try FileManager.default.copyItem(atPath: source, toPath: target)
    }

    private func expectUnusable(
        _ folder: NodeFolder, copyAt path: String, saying word: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(sourceLocation: sourceLocation) {
            _ = try KeyBackup(of: folder).confirm(copyAt: path, at: .current)
        } throws: { error in
            (error as? NodeError)?.code == .keyCopyUnusable && "\(error)".contains(word)
        }
        #expect(!KeyBackup(of: folder).state.isConfirmed, sourceLocation: sourceLocation)
    }

    @Test func `an equal copy is confirmed, until a key changes`() async throws {
        try await withKeys { folder, copy in
            #expect(KeyBackup(of: folder).state == .neverConfirmed)
            try self.copy(folder.keys, to: copy)
            let moment = Timestamp.current
            let found = try KeyBackup(of: folder).confirm(copyAt: copy, at: moment)
            #expect(found.fileCount == 4)
            #expect(KeyBackup(of: folder).state == .confirmed(at: moment))
            #expect(KeyBackup(of: folder).state.warning == nil)

            // A new key, a retired one, or one that is gone: none of them is in the copy that was shown.
            let key = try folder.read(folder.key(.agreement))
            let changes: [(String, [UInt8]?)] = [
                (folder.key(.agreement), key + [UInt8(ascii: "\n")]), (folder.retiredKeys + "/2026-11.key", key),
                (folder.archiveKey, nil),
            ]
            for (path, bytes) in changes {
                let before = try? folder.read(path)
                if let bytes { try NodeFolder.write(bytes, to: path) } else { unlink(path) }
                #expect(KeyBackup(of: folder).state == .keysChanged(since: moment), "\(path)")
                if let before { try NodeFolder.write(before, to: path) } else { unlink(path) }
                #expect(KeyBackup(of: folder).state == .confirmed(at: moment), "\(path)")
            }
        }
    }

    @Test func `a copy that differs or lacks a file is not confirmed, and the file is named`() async throws {
        try await withKeys { folder, copy in
            try NodeFolder.write([1, 2, 3], to: folder.retiredKeys + "/2026-11.key")
            try self.copy(folder.keys, to: copy)
            for name in ["archive.key", "agreement.key", "retired/2026-11.key"] {
                let bytes = try folder.read(folder.keys + "/" + name)
                var changed = bytes
                changed[changed.count - 1] ^= 1
                try NodeFolder.write(changed, to: copy + "/" + name)
                expectUnusable(folder, copyAt: copy, saying: name)
                unlink(copy + "/" + name)
                expectUnusable(folder, copyAt: copy, saying: name)
                try NodeFolder.write(bytes, to: copy + "/" + name)
            }
            #expect(try KeyBackup(of: folder).confirm(copyAt: copy, at: .current).fileCount == 5)
        }
    }

    @Test func `the node's own folder and links to its files are no copy`() async throws {
        try await withKeys { folder, copy in
            expectUnusable(folder, copyAt: folder.keys, saying: "no copy")
            expectUnusable(folder, copyAt: folder.path, saying: "no copy")
            let files = FileManager.default
            try files.createSymbolicLink(atPath: copy, withDestinationPath: folder.keys)
            expectUnusable(folder, copyAt: copy, saying: "no copy")

            try self.copy(folder.keys, to: copy)
            let archive = copy + "/archive.key"
            unlink(archive)
            try files.createSymbolicLink(atPath: archive, withDestinationPath: folder.archiveKey)
            expectUnusable(folder, copyAt: copy, saying: "archive.key")
            unlink(archive)
            try files.linkItem(atPath: folder.archiveKey, toPath: archive)
            expectUnusable(folder, copyAt: copy, saying: "archive.key")
        }
    }

    @Test func `what is noted and what is said holds nothing of a key`() async throws {
        try await withKeys { folder, copy in
            try self.copy(folder.keys, to: copy)
            _ = try KeyBackup(of: folder).confirm(copyAt: copy, at: .current)
            let mark = try folder.readText(folder.keyBackupMark)
            #expect(mark.contains(/^\{"confirmed":"[^"]+","keys":"[0-9a-f]{64}"\}\n$/))
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.keyBackupMark)
            #expect(attributes[.posixPermissions] as? Int == 0o600)
        }
    }
}

extension Nodes {
    @Suite(.community()) struct KeyBackupCommandTests {
        @Test func `a node warns until the copy of its keys is confirmed, and status says so`() async throws {
            let community = try #require(Stage.community)
            let avim = community[slug: "avim"]
            let copy = community.folder.appending(path: "keys-of-avim").path
            func isConfirmed() async throws -> Bool? {
                try await avim.api.client.get("/v1/status")["keyBackupConfirmed"]?.flag
            }
            try await avim.process.start()
            try await avim.waitForLog("exchange-node keys confirm-backup")
            #expect(try await isConfirmed() == false)

            let missing = try await avim.command("keys", "confirm-backup", copy)
            #expect(missing.exitStatus == 2)
            #expect(missing.said.contains("key-copy-unusable"), "\(missing.said)")
            try FileManager.default.copyItem(atPath: avim.folder.keys, toPath: copy)
            let confirmed = try await avim.command("keys", "confirm-backup", copy)
            #expect(confirmed.exitStatus == 0, "\(confirmed.said)")
            // The copy of a test is on the disk of the node; on another it would not say so.
            #expect(confirmed.said.contains("same disk"), "\(confirmed.said)")
            #expect(try await isConfirmed() == true)

            try await avim.process.stop()
            try FileManager.default.removeItem(at: avim.process.log)
            try await avim.process.start()
            #expect(try !String(contentsOf: avim.process.log, encoding: .utf8).contains("confirm-backup"))
        }

        @Test func `init ends with what to copy and how to confirm it`() async throws {
            let community = try #require(Stage.community)
            let path = community.folder.appending(path: "new").path
            let made = try await Command.run(
                NodeProcess.builtExecutable.path,
                ["init", "--folder", path, "--oin", "00000099000000001000", "--name", "Nidos (test)"])
            #expect(made.exitStatus == 0, "\(made.said)")
            #expect(made.said.contains("copy \(path)/keys"), "\(made.said)")
            #expect(made.said.contains("exchange-node keys confirm-backup COPY_FOLDER --folder \(path)"))
        }
    }
}
