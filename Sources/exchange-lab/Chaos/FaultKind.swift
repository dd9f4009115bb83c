/// What is done to the nodes and to what lies between them.
///
/// A kind is a case here, and what plays it: ``Killers`` what is done to processes, ``Troublers`` what is done to the
/// network, ``DiskFaults`` what is done to a node's disk.
enum FaultKind: String, CaseIterable, Sendable {
    /// SIGKILL of a node at work.
    case kill
    /// SIGKILL of a node that has not said yet that it listens.
    case killAtStart = "kill-at-start"
    /// SIGSTOP for a while: connections are taken, and nothing is answered.
    case hang
    /// No connection between two nodes, in both directions.
    case partition
    /// One node cannot call the other, which can still call it.
    case oneWay = "one-way-cut"
    /// What one node asks waits; the connection is open.
    case heldRequests = "held-requests"
    /// What is answered to one node waits: the other has done what was asked, and nobody hears of it.
    case heldAnswers = "held-answers"
    /// Everything on one way takes longer.
    case slow
    /// A connection ends in the middle of a request.
    case severedRequest = "severed-request"
    /// A connection ends in the middle of an answer.
    case severedAnswer = "severed-answer"
    /// The node is killed in mid-traffic, and its store is that of an older backup.
    case restore
    /// No room for what the node writes, for a while.
    case fullDisk = "full-disk"
    /// A write of the node fails, and it does not go on.
    case failingDisk = "failing-disk"

    /// Those of processes.
    static let ofProcesses: [FaultKind] = [.kill, .killAtStart, .hang]
    /// Those of the network.
    static let troubles = allCases.filter { !ofProcesses.contains($0) && !ofDisks.contains($0) }
    /// Those of disks.
    static let ofDisks: [FaultKind] = [.restore, .fullDisk, .failingDisk]
}
