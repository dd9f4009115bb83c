import ExchangeCMS
import ExchangeCore
import ExchangeStore
import Foundation

/// The store: through the node where it runs, and otherwise by itself, without an incarnation.
struct StoreCheck {
    let folder: NodeFolder
    let node: RunningNodeCheck.Look

    func findings() async -> [Finding] {
        guard !node.isRunning else {
            return [
                node.storeProblem.isEmpty
                    ? Finding("store", .ok, "open in the running node, and its last write reached the disk")
                    : Finding("store", .wrong, "nothing is accepted or receipted: \(node.storeProblem)")
            ]
        }
        do {
            try NewStore(folder).demandStore()
            let archive = try ArchiveKey(try folder.read(folder.archiveKey))
            let check = ArchiveKeyCheck(fresh: try archive.makeCheck()) { _ = try archive.open($0) }
            try await SQLiteLedger.look(at: folder.store, archiveKey: check)
            return [Finding("store", .ok, "can be opened, by the archive key that is here, and is not damaged")]
        } catch {
            let problem = NodeError(opening: error, else: "\(folder.store) cannot be looked at")
            guard problem.code == .alreadyRunning else { return [Finding("store", problem)] }
            // Not "stop it", as for a second node: it is the node, and this is how it is known that it runs.
            return [
                Finding(
                    "store", .wrong,
                    "the node has it, and answers nobody: look at its log, and restart it (\(problem.message))")
            ]
        }
    }
}
