import Dispatch

/// Where what looks at files runs: a file system that hangs, as one over a network may, must keep no other part of the node
/// from a thread.
final class FolderThread: TaskExecutor {
    private let queue = DispatchQueue(label: "watched-folder")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
