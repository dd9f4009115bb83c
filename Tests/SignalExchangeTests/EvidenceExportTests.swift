import ExchangeCatalogue
import ExchangeCore
import ExchangeStore
import ExchangeTesting
import Dispatch
import Foundation
import Logging
import Synchronization
import Testing

@testable import SignalExchange

extension Nodes {
    /// What an export costs the node, in this process and without its listening faces.
    @Suite(.community(running: "avim", "nidos")) struct EvidenceExportTests {
        let avim: NodeHandle

        init() throws { avim = try #require(Stage.community)[slug: "avim"] }

        /// A receipted message of a node that has stopped, with the node's parts.
        private func withReceiptedMessage(_ body: (NodeContext, MessageID) async throws -> Void) async throws {
            let id = try await avim.api.submit(
                .object(ExampleSignal.submission(to: [.guardian])), key: "export-\(UInt32.random(in: .min ... .max))")
            try await avim.api.waitForAnswers(to: id)
            #expect(try await avim.process.stop() == .exited(status: 0))
            try await withNode(avim) { try await body($0, id) }
            try await avim.process.start()
        }

        @Test func `lists that are too large for one answer are left out, and the text says so`() async throws {
            try await withReceiptedMessage { context, id in
                let files = try await EvidenceExport(context: context, thenMaximumBytes: 100).files(of: id)
                #expect(files.all.allSatisfy { !$0.name.hasPrefix("then/") })
                #expect(try !EvidenceIndex.decode(files["index.json"] ?? []).hasAllJudgements)
                let text = String(decoding: files["README.txt"] ?? [], as: UTF8.self)
                #expect(text.contains("The lists of some are left out"), "\(text)")
                let whole = try await EvidenceExport(context: context).files(of: id)
                #expect(whole["then/1.pem"] != nil)
                #expect(try EvidenceIndex.decode(whole["index.json"] ?? []).hasAllJudgements)
            }
        }

        @Test func `an export runs where it takes no thread from the rest of the node`() async throws {
            try await withReceiptedMessage { context, id in
                let executor = CountingExecutor()
                let views = LocalViews(
                    context: context, links: PartnerLinks(context), changes: ChangeBell(),
                    keyBackup: KeyBackup(of: avim.folder), evidenceExecutor: executor)
                _ = try await views.partners()
                #expect(executor.count == 0)
                _ = try await views.evidence(of: id)
                #expect(executor.count > 0)
            }
        }

        @Test func `a watched folder is looked at where that takes no thread from the rest of the node`() async throws {
            try await withReceiptedMessage { context, _ in
                let executor = CountingExecutor()
                let views = LocalViews(
                    context: context, links: PartnerLinks(context), changes: ChangeBell(),
                    keyBackup: KeyBackup(of: avim.folder))
                let folder = WatchedFolder(
                    reach: AgencyReach(
                        context: context, consumers: ConsumerViews(views: views),
                        alarm: AgencyAlarm(.agencyUnreachable, saying: "not reached"),
                        name: .watchedFolder, feed: .inbox),
                    submitting: Submitting(context),
                    places: FolderPlaces(path: avim.folder.file("watched"), access: nil), executor: executor)
                let running = Task { try await folder.run() }
                _ = try await within(.seconds(20), "the folder to be made") {
                    try await poll { FileManager.default.fileExists(atPath: folder.places.inbox) ? true : nil }
                }
                running.cancel()
                try await running.value
                #expect(executor.count > 0)
            }
        }
    }
}

/// What holds a thread there holds none that others need, and comes one after another.
@Suite struct SerialTaskExecutorTests {
    @Test(.timeLimit(.minutes(1))) func `work that blocks there keeps nothing else from running`() async throws {
        let executor = SerialTaskExecutor("blocked")
        let gate = DispatchSemaphore(value: 0)
        let order = Order()
        // More than there are threads for everybody.
        let blocked = (0..<ProcessInfo.processInfo.activeProcessorCount * 4).map { number in
            Task(executorPreference: executor) {
                if number == 0 { gate.wait() }
                order.append(number)
            }
        }
        for _ in 0..<100 { await Task.detached {}.value }
        #expect(order.numbers.isEmpty, "the first of them holds the rest")
        gate.signal()
        for task in blocked { await task.value }
        #expect(order.numbers == Array(blocked.indices), "one after another")
    }
}

private final class Order: Sendable {
    private let taken = Mutex<[Int]>([])

    var numbers: [Int] { taken.withLock { $0 } }

    func append(_ number: Int) { taken.withLock { $0.append(number) } }
}

/// Counts what it is given to run.
private final class CountingExecutor: TaskExecutor {
    private let jobs = Mutex(0)
    private let queue = DispatchQueue(label: "counting")

    var count: Int { jobs.withLock { $0 } }

    func enqueue(_ job: consuming ExecutorJob) {
        jobs.withLock { $0 += 1 }
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
