import ExchangeCMS
import ExchangeCore
import Foundation

/// The authorities and revocation lists of a node's folder, each file as it was last usable.
///
/// Each is read by itself. A list that says that a key was stolen must come into force whatever lies beside it, so that
/// one file that cannot be used costs its own new content alone.
struct TrustFiles: Sendable {
    /// PEM takes four bytes for three, and its lines have ends.
    static let listFileMaximumBytes = CMSLimits.revocationListBytes / 2 * 3

    private struct ListFile: Sendable {
        let digest: Digest
        let list: RevocationList
    }

    let trust: TrustStore
    /// What is wrong with which file; that file's last good content goes on, where there was one.
    let problems: [NodeError]
    private let lists: [String: ListFile]
    /// Lists that were in force, and that no newer one of their authority has replaced.
    private let retained: [RevocationList]

    /// Reads the files at the start of a node.
    ///
    /// - Parameter inForce: the lists of the run before.
    /// - Throws: ``NodeError`` where the authorities cannot be used. A list that cannot is a problem and no error: what
    ///   rests on it is undecided.
    init(_ folder: NodeFolder, goingOnWith inForce: [RevocationList] = [], at now: Timestamp) throws(NodeError) {
        try self.init(folder, after: nil, goingOnWith: inForce, at: now)
    }

    /// Reads the files again.
    func readAgain(_ folder: NodeFolder, at now: Timestamp) -> TrustFiles {
        do {
            return try TrustFiles(folder, after: self, at: now)
        } catch {
            return TrustFiles(trust: trust, problems: [error], lists: lists, retained: retained)
        }
    }

    private init(
        trust: TrustStore, problems: [NodeError], lists: [String: ListFile], retained: [RevocationList]
    ) {
        self.trust = trust
        self.problems = problems
        self.lists = lists
        self.retained = retained
    }

    private init(
        _ folder: NodeFolder, after last: TrustFiles?, goingOnWith earlier: [RevocationList] = [], at now: Timestamp
    ) throws(NodeError) {
        var problems: [NodeError] = []
        let anchors = try Self.authorities(folder.anchors, of: folder, orKeep: last?.trust.anchors, &problems)
        let intermediates = try Self.authorities(
            folder.intermediates, of: folder, orKeep: last?.trust.intermediates, &problems)
        let lists = Self.lists(of: folder, orKeep: last?.lists ?? [:], &problems)
        let present = Self.inOrder(lists)
        let retained = Self.stillInForce(
            last?.trust.revocationLists ?? earlier, beside: present, of: anchors + intermediates, in: folder, at: now,
            &problems)
        if let last, anchors == last.trust.anchors, intermediates == last.trust.intermediates,
            lists.mapValues(\.digest) == last.lists.mapValues(\.digest),
            retained.elementsEqual(last.retained, by: ===)
        {
            // The same store, so that what it remembers of chains is not built anew for a file that stays broken.
            self.init(trust: last.trust, problems: problems, lists: lists, retained: retained)
            return
        }
        func store(_ anchors: [Certificate]) throws(CMSError) -> TrustStore {
            // What none of them signed says nothing, whoever laid it there.
            let signed = present.filter { list in (anchors + intermediates).contains { list.isSigned(by: $0) } }
            return try TrustStore(
                anchors: anchors, intermediates: intermediates, revocationLists: signed + retained)
        }
        let trust: TrustStore
        do {
            trust = try store(anchors)
        } catch {
            let problem = Self.unusable(folder.anchors, error)
            guard let last else { throw problem }
            problems.append(problem)
            do { trust = try store(last.trust.anchors) } catch { throw problem }
        }
        self.init(trust: trust, problems: problems, lists: lists, retained: retained)
    }

    /// The lists that lie in a folder, and what is wrong with which of its files.
    static func lists(of folder: NodeFolder) -> (lists: [RevocationList], problems: [NodeError]) {
        var problems: [NodeError] = []
        let lists = lists(of: folder, orKeep: [:], &problems)
        return (inOrder(lists), problems)
    }

    private static func inOrder(_ lists: [String: ListFile]) -> [RevocationList] {
        lists.sorted { $0.key < $1.key }.map(\.value.list)
    }

    /// What was revoked stays so: a list that was taken away, or replaced by an older one, goes on until there is a newer
    /// one of its authority. Old lists bear good signatures, and whoever has a key that was revoked has them too.
    ///
    /// A list whose authority is not there now, or that is from the future by this clock, goes on too: it says nothing until
    /// that is mended, and would be forgotten by a file that is read half-written, or by a clock that is off for once.
    private static func stillInForce(
        _ inForce: [RevocationList], beside lists: [RevocationList], of authorities: [Certificate],
        in folder: NodeFolder, at now: Timestamp, _ problems: inout [NodeError]
    ) -> [RevocationList] {
        // One from the future is not heeded yet, and takes no other's place.
        func isHeeded(_ list: RevocationList) -> Bool { list.thisUpdate <= now + CMSLimits.clockSkew }
        let present = lists.filter(isHeeded)
        return inForce.enumerated().filter { index, list in
            guard !lists.contains(where: { $0 === list }) else { return false }
            guard let issuer = authorities.first(where: { list.isSigned(by: $0) }) else { return true }
            guard !present.contains(where: { $0.thisUpdate >= list.thisUpdate && $0.isSigned(by: issuer) }),
                // Of several that are gone, the newest of their authority stands for them all.
                !inForce.enumerated().contains(where: { other, rival in
                    isHeeded(rival) && (rival.thisUpdate, other) > (list.thisUpdate, index)
                        && rival.isSigned(by: issuer)
                })
            else { return false }
            guard isHeeded(list) else { return true }
            problems.append(
                NodeError(
                    .certificateUnusable,
                    "\(folder.revocationLists) has no list of \(issuer.subject) that is as new as the one in use, of "
                        + "\(list.thisUpdate), which goes on; put the newest there"))
            return true
        }.map(\.element)
    }

    private static func authorities(
        _ path: String, of folder: NodeFolder, orKeep last: [Certificate]?, _ problems: inout [NodeError]
    ) throws(NodeError) -> [Certificate] {
        do {
            return try Certificate.all(pem: try folder.readText(path))
        } catch {
            let problem = unusable(path, error)
            guard let last else { throw problem }
            problems.append(problem)
            return last
        }
    }

    private static func lists(
        of folder: NodeFolder, orKeep last: [String: ListFile], _ problems: inout [NodeError]
    ) -> [String: ListFile] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: folder.revocationLists)
                .filter { $0.hasSuffix(".crl") }.sorted()
        } catch {
            problems.append(unusable(folder.revocationLists, error))
            return last
        }
        var lists: [String: ListFile] = [:]
        for name in names {
            let path = folder.revocationLists + "/" + name
            do {
                lists[name] = try list(path, of: folder, unlessIs: last[name])
            } catch {
                problems.append(unusable(path, error))
                lists[name] = last[name]
            }
        }
        return lists
    }

    private static func list(
        _ path: String, of folder: NodeFolder, unlessIs last: ListFile?
    ) throws -> ListFile {
        let size = FileStamp(of: path)?.byteCount ?? 0
        guard size <= listFileMaximumBytes else {
            throw NodeError(
                .certificateUnusable, "\(path) has \(size) bytes; a list's file may have \(listFileMaximumBytes)")
        }
        let bytes = try folder.read(path)
        let digest = sha256(bytes)
        if let last, last.digest == digest { return last }
        return ListFile(digest: digest, list: try RevocationList(pem: String(decoding: bytes, as: UTF8.self)))
    }

    private static func unusable(_ path: String, _ error: any Error) -> NodeError {
        error as? NodeError
            ?? NodeError(
                .certificateUnusable, "\(path) cannot be used; put a good one in its place, or take it away",
                cause: "\(error)")
    }
}
