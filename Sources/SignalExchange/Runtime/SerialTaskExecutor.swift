import Dispatch

/// Where work runs that may hold a thread for long, one piece after another: looking at a file system that hangs, or at
/// revocation lists of many megabytes. No other part of the node waits for a thread then.
final class SerialTaskExecutor: TaskExecutor {
    private let queue: DispatchQueue

    init(_ label: String) { queue = DispatchQueue(label: label) }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
