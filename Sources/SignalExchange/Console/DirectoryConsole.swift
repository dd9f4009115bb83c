import ExchangeCMS
import ExchangeCatalogue
import ExchangeCore
import Foundation

/// What the `directory` commands do and print.
package struct DirectoryConsole: Sendable {
    private let folder: NodeFolder
    private let printsJSON: Bool

    package init(folder: NodeFolder, printsJSON: Bool) {
        self.folder = folder
        self.printsJSON = printsJSON
    }

    // MARK: Signing

    /// Signs a directory of the cards that are here; installs it in this folder too where that is asked for.
    package func sign(installs: Bool) async throws {
        let configuration = try await NodeConfiguration.load(from: folder)
        let signed = try DirectorySigning(folder, configuration).sign()
        let fingerprint = SpokenFingerprint(of: signed.signer.der)
        if printsJSON {
            var object = Self.object(signed.directory)
            object["signer"] = .string(signed.signer.subject)
            object["signerFingerprint"] = .string(fingerprint.description)
            object["unchanged"] = .bool(signed.isUnchanged)
            object["changesAgreements"] = .bool(signed.changesAgreements)
            object["file"] = .string(folder.signedDirectory)
            ConsoleLine.print(object)
        } else {
            show(signed.directory)
            print(
                signed.isUnchanged
                    ? "Nothing has changed: version \(signed.directory.version) of before stands, in \(folder.signedDirectory)."
                    : "Version \(signed.directory.version) is signed, in \(folder.signedDirectory).")
            if signed.changesAgreements { print("LOOK AT: what is agreed differs from the version before.") }
            if signed.madeKey {
                print(
                    "A key was made for it, keys/directory.key: copy keys/ once more, and confirm the copy (`exchange-node "
                        + "keys confirm-backup`).")
            }
            if !installs || signed.madeKey {
                print(
                    """
                    Who follows this directory needs the signer's certificate once, \(folder.signedDirectorySigner), and its \
                    FINGERPRINT, read out from here:

                        \(fingerprint)

                    """)
            }
        }
        guard installs else { return }
        try await install(
            signed.bytes, named: folder.signedDirectory, by: .own(signed.signer), of: configuration)
    }

    // MARK: Verifying and installing

    /// - Parameters:
    ///   - signerPath: a certificate that is not in the folder.
    ///   - spoken: its fingerprint, as it was read out.
    package func install(_ path: String, signerPath: String?, spoken: String?) async throws {
        let configuration = try await NodeConfiguration.load(from: folder)
        try await install(
            try DirectoryFile.bytes(at: path), named: path, by: try signer(signerPath, spoken: spoken),
            of: configuration)
    }

    private func install(
        _ bytes: [UInt8], named name: String, by signer: DirectoryInstall.Signer, of configuration: NodeConfiguration
    ) async throws {
        let installing = DirectoryInstall(into: folder, of: configuration.oin)
        let file = try installing.verify(bytes, named: name, by: signer)
        let outcome = try installing.outcome(of: file)
        // Also where the very directory is here: its signer's certificate may be new.
        try installing.write(file)
        let use = try await takeIntoUse(configuration)
        let remarks = try remarks(on: file, for: configuration.oin)
        guard !printsJSON else {
            var object = Self.object(file.directory)
            object["outcome"] = outcome == .unchanged ? "unchanged" : "installed"
            object["inUse"] = .bool(use)
            object["remarks"] = .array(remarks.map { .string($0) })
            return ConsoleLine.print(object)
        }
        let version = file.directory.version
        switch outcome {
        case .unchanged: print("Version \(version) is installed already.")
        case .installed(nil): print("Version \(version) is installed.")
        case .installed(let before?): print("Version \(version) is installed, in the place of \(before).")
        }
        print(use ? "The running node uses it." : "The node does not run; it uses it from its next start.")
        tell(remarks)
    }

    /// - Returns: whether a node runs, and has taken it.
    private func takeIntoUse(_ configuration: NodeConfiguration) async throws(NodeError) -> Bool {
        do {
            _ = try await LocalClient(socketPath: configuration.socketPath).post("/v1/directory/_reload")
            return true
        } catch  where error.code == .nodeNotRunning {
            return false
        } catch {
            throw NodeError(
                error.code,
                "the directory is installed, and the running node found this in its files: \(error.message)",
                cause: error.cause)
        }
    }

    /// Says whether a directory could be installed, and changes nothing.
    package func verify(_ path: String, signerPath: String?, spoken: String?) async throws {
        let configuration = try await NodeConfiguration.load(from: folder)
        let installing = DirectoryInstall(into: folder, of: configuration.oin)
        let file = try installing.verify(
            DirectoryFile.bytes(at: path), named: path, by: try signer(signerPath, spoken: spoken))
        let outcome = try installing.outcome(of: file)
        let remarks = try remarks(on: file, for: configuration.oin)
        guard !printsJSON else {
            var object = Self.object(file.directory)
            object["signer"] = .string(file.signer.subject)
            object["installed"] = .bool(outcome == .unchanged)
            object["remarks"] = .array(remarks.map { .string($0) })
            return ConsoleLine.print(object)
        }
        print(
            "Version \(file.directory.version) verifies: \(file.directory.members.count) members, this organisation among "
                + "them, signed at \(file.signedAt) by \(file.signer.subject.escapingControls()).")
        switch outcome {
        case .unchanged: print("It is the one that is installed.")
        case .installed(nil): print("None is installed yet.")
        case .installed(let before?): print("It is newer than version \(before), which is installed.")
        }
        tell(remarks)
    }

    private func signer(_ path: String?, spoken: String?) throws(NodeError) -> DirectoryInstall.Signer {
        guard let path else { return .known }
        return .given(
            try DirectoryFile.certificate(at: path),
            spoken: try spoken.map { text throws(NodeError) in
                try SpokenFingerprint.demand(text)
            })
    }

    private func remarks(on file: DirectoryFile, for own: OIN) throws(NodeError) -> [String] {
        var certificates: [NodeFolder.KeyUse: Certificate] = [:]
        for use in NodeFolder.KeyUse.allCases where FileManager.default.fileExists(atPath: folder.certificate(use)) {
            certificates[use] = try DirectoryFile.certificate(at: folder.certificate(use))
        }
        return file.remarks(
            for: own, certificates: certificates, in: try TrustFiles(folder, at: .current).trust, at: .current)
    }

    private func tell(_ remarks: [String]) {
        for remark in remarks { print("LOOK AT: \(remark)".escapingControls()) }
    }

    // MARK: Showing

    /// - Parameter path: the installed one where it is `nil`.
    package func show(_ path: String?) throws {
        let path = path ?? folder.directory
        let bytes = try DirectoryFile.bytes(at: path)
        let directory = try DirectoryFile.read(bytes, named: path)
        if printsJSON {
            for member in directory.members { ConsoleLine.print(Self.object(member, of: directory)) }
            let agreements = AgreementsDocument.members(of: directory.agreements)
            if !agreements.isEmpty {
                var object = JSONObject()
                object["version"] = .integer(directory.version)
                for (name, value) in agreements { object[name] = value }
                ConsoleLine.print(object)
            }
        } else {
            show(directory)
            print("Version \(directory.version), issued \(directory.issued).")
        }
        // Shown all the same: who asks what a file says must see it, and what it is worth.
        let signer = try DirectoryFile.certificate(at: folder.directorySigner)
        _ = try DirectoryFile.verify(
            bytes, named: path, by: signer, in: try TrustFiles(folder, at: .current).trust, at: .current)
        if !printsJSON { print("It verifies by \(signer.subject.escapingControls()).") }
    }

    private func show(_ directory: Directory) {
        let now = Timestamp.current
        var table = TextTable(["NAME", "OIN", "ROLES", "ENDPOINT", "DAYS LEFT", "DUTY CONTACT", "PHONE"])
        for member in directory.members {
            table.add([
                member.name, member.oin.text, member.roles.map(\.rawValue).joined(separator: " "),
                "\(member.endpoint.host):\(member.endpoint.port)",
                member.certificates.all.map {
                    "\($0.use.rawValue) \($0.certificates.map { $0.daysLeft(at: now) }.max() ?? 0)"
                }
                .joined(separator: ", "),
                member.dutyContact.name, member.dutyContact.phone,
            ])
        }
        print(table.text)
        print("")
        for line in AgreementsConsole.lines(directory.agreements) { print(line) }
        print("")
    }

    private static func object(_ directory: Directory) -> JSONObject {
        var object = JSONObject()
        object["version"] = .integer(directory.version)
        object["issued"] = .string(directory.issued.description)
        object["members"] = .array(directory.members.map { .string($0.oin.text) })
        return object
    }

    private static func object(_ member: Member, of directory: Directory) -> JSONObject {
        var object = JSONObject()
        object["version"] = .integer(directory.version)
        object["oin"] = .string(member.oin.text)
        object["name"] = .string(member.name)
        object["roles"] = .array(member.roles.map { .string($0.rawValue) })
        object["endpoint"] = .string("\(member.endpoint.host):\(member.endpoint.port)")
        for (use, certificates) in member.certificates.all {
            object[use.rawValue] = .array(
                certificates.map {
                    ["sha256": .string($0.sha256Fingerprint.description), "notAfter": .string($0.notAfter.description)]
                })
        }
        object["dutyContact"] = [
            "name": .string(member.dutyContact.name), "phone": .string(member.dutyContact.phone),
        ]
        return object
    }
}
