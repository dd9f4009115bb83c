import ExchangeCore
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// What teams that integrate with a node get for their own tests (`docs/testing.md`).
    @Suite struct LocalExchangeTests {
        /// Returns when the node says itself that it cannot reach a partner.
        private func waitForProblem(of node: LocalNode, with partner: LocalNode) async throws {
            let (api, oin) = (node.handle.api, partner.handle.member.oin)
            _ = try await within(.seconds(20), "\(node.name) to have called \(partner.name) in vain") {
                try await poll { try await api.partners().first { $0.oin == oin && !$0.problem.isEmpty } }
            }
        }

        @Test func `a signal is receipted, is in the inbox, is owned and concluded`() async throws {
            try await LocalExchange.run(nodes: 2) { exchange in
                let nidos = exchange["nidos"]
                let signal = try await exchange["avim"].send(.signal(to: "guardian"))
                let receipted = try await exchange.wait(for: .receipted, of: signal)
                #expect(receipted.map(\.recipient) == ["nidos"])
                #expect(try await nidos.waitForInbox(signal).contains("AC-TerApel"))

                async let owned = exchange.wait(for: .owned, of: signal, by: "nidos")
                try await nidos.take(signal, as: "duty-guardian")
                #expect(try await owned.map(\.state) == ["owned"])
                async let concluded = exchange.wait(for: .concluded, of: signal, by: "nidos")
                try await nidos.conclude(signal, as: "duty-guardian", outcome: "COA is told.")
                #expect(try await concluded.map(\.state) == ["concluded"])
            }
        }

        @Test func `who declines ends a wait for a conclusion with the reason why it cannot come`() async throws {
            try await LocalExchange.run(nodes: 3) { exchange in
                let signal = try await exchange["avim"].send(.signal(to: "guardian", "immigration"))
                try await exchange["ind"].waitForInbox(signal)
                try await exchange["ind"].decline(signal, as: "duty-officer", because: "known case")
                try await exchange.wait(for: .declined, of: signal, by: "ind")
                await #expect {
                    try await exchange.wait(for: .concluded, of: signal, by: "ind")
                } throws: {
                    ($0 as? LocalExchangeError)?.code == .answeredOtherwise
                }
                #expect(try await exchange.deliveries(of: signal).map(\.recipient) == ["nidos", "ind"])
            }
        }

        @Test func `a message is receipted by a node that was killed and started again`() async throws {
            try await LocalExchange.run(nodes: 2) { exchange in
                let (avim, nidos) = (exchange["avim"], exchange["nidos"])
                try await nidos.kill()
                #expect(await !nidos.isRunning)
                let signal = try await avim.send(.signal(to: "guardian"))
                // Nobody is there to receipt it, however long the wait.
                await #expect(throws: DeadlineExceeded.self) {
                    try await exchange.wait(for: .receipted, of: signal, within: .milliseconds(100))
                }
                try await avim.kill()
                try await nidos.restart()
                try await avim.restart()
                try await exchange.wait(for: .receipted, of: signal)
                try await nidos.waitForInbox(signal)
                await #expect {
                    try await nidos.start()
                } throws: {
                    ($0 as? LocalExchangeError)?.code == .nodeRunning
                }
            }
        }

        @Test func `a partition keeps a message of one pair back, and healing lets it through`() async throws {
            try await LocalExchange.run(nodes: 3) { exchange in
                let avim = exchange["avim"]
                try await exchange.partition("avim", "nidos")
                let signal = try await avim.send(.signal(to: "guardian", "immigration"))
                try await exchange.wait(for: .receipted, of: signal, by: "ind")
                try await waitForProblem(of: avim, with: exchange["nidos"])
                let parted = try await exchange.deliveries(of: signal)
                #expect(parted.map(\.isReceipted) == [false, true])
                try await exchange.heal()
                try await exchange.wait(for: .receipted, of: signal)
            }
        }

        @Test func `a node that is parted from all others is reached by none until it is healed`() async throws {
            try await LocalExchange.run(nodes: 3) { exchange in
                try await exchange.partition("avim")
                let signal = try await exchange["avim"].send(.signal(to: "guardian", "immigration"))
                for other in ["nidos", "ind"] { try await waitForProblem(of: exchange["avim"], with: exchange[other]) }
                #expect(try await exchange.deliveries(of: signal).map(\.isReceipted) == [false, false])
                try await exchange.heal("avim", "ind")
                try await exchange.wait(for: .receipted, of: signal, by: "ind")
                #expect(try await exchange.deliveries(of: signal).map(\.isReceipted) == [false, true])
            }
        }

        @Test func `a node that hangs answers when it goes on`() async throws {
            try await LocalExchange.run(nodes: 2) { exchange in
                try await exchange["nidos"].pause()
                let signal = try await exchange["avim"].send(.signal(to: "guardian"))
                #expect(try await exchange.deliveries(of: signal).map(\.isReceipted) == [false])
                try await exchange["nidos"].resume()
                try await exchange.wait(for: .receipted, of: signal)
            }
        }

        @Test func `a message that is refused is seen as refused, with the code, and a receipt is not waited for`()
            async throws
        {
            try await LocalExchange.run(nodes: 2) { exchange in
                let groundless = try await exchange["nidos"].send(.refusedAcknowledgement(to: "police"))
                let refused = try await exchange.wait(for: .refused, of: groundless)
                #expect(refused.first?.detail.hasPrefix("acknowledgement-mismatch: ") == true)
                await #expect {
                    try await exchange.wait(for: .receipted, of: groundless)
                } throws: {
                    ($0 as? LocalExchangeError)?.code == .answeredOtherwise
                }
                try await exchange["nidos"].waitForAlarm("delivery-refused")
            }
        }

        @Test func `what the own node does not take is an error that names the field`() async throws {
            try await LocalExchange.run(nodes: 2) { exchange in
                await #expect {
                    try await exchange["avim"].send(LocalSubmission(json: #"{"type":"SIG-01"}"#))
                } throws: {
                    let error = $0 as? NodeError
                    return error?.code == .submissionInvalid && error?.message.contains("purpose") == true
                }
                await #expect {
                    // The example is for immigration too, whom this directory does not have.
                    try await exchange["avim"].send(.example("SIG-01"))
                } throws: {
                    ($0 as? NodeError)?.message.contains("recipients[1]") == true
                }
            }
        }

        @Test
        func `an envelope that was damaged in the store is an alarm of its node, and not sent, whichever byte it is`()
            async throws
        {
            try await LocalExchange.run(nodes: 2) { exchange in
                let avim = exchange["avim"]
                try await exchange.partition("avim", "nidos")
                let signal = try await avim.send(.signal(to: "guardian"))
                try avim.corrupt(envelopeOf: signal)
                let other = try await avim.send(.signal(to: "guardian"))
                try avim.corrupt(envelopeOf: other, byte: -1)
                try await exchange.heal()
                try await avim.waitForAlarm("stored-message-unreadable")
                for message in [signal, other] {
                    let delivery = try await within(.seconds(20), "the delivery of \(message.id) to be put off") {
                        try await poll {
                            try await exchange.deliveries(of: message)
                                .first { $0.detail.hasPrefix("stored-message-unreadable") }
                        }
                    }
                    #expect(delivery.state == "accepted")
                }
                #expect(throws: LocalExchangeError.self) {
                    try exchange["nidos"].corrupt(envelopeOf: signal)
                }
            }
        }

        @Test func `a file that was damaged keeps a node from starting, and the error has its log`() async throws {
            try await LocalExchange.run(nodes: 2) { exchange in
                let nidos = exchange["nidos"]
                try await nidos.stop()
                try nidos.corrupt(file: "directory.cms", byte: -1)
                await #expect {
                    try await nidos.start()
                } throws: {
                    let error = $0 as? LocalExchangeError
                    return error?.code == .nodeFailed && error?.message.contains("directory-invalid") == true
                }
                #expect(throws: LocalExchangeError.self) { try nidos.corrupt(file: "nothing.cms", byte: 0) }
            }
        }

        @Test func `seven nodes are up at once, and how long it takes is told`() async throws {
            try await LocalExchange.run(nodes: 7) { exchange in
                let startup = exchange.startup
                print("seven nodes: prepared in \(startup.preparing), started in \(startup.starting)")
                #expect(exchange.nodes.count == 7)
                // Lenient: what it takes on a machine that does other things beside is told, not judged.
                #expect(startup.starting < .seconds(20))
            }
        }

        @Test func `organisations beyond the community's are made up, and exchange messages too`() async throws {
            try await LocalExchange.run(nodes: 9) { exchange in
                let made = exchange.nodes.suffix(2)
                #expect(made.map(\.name) == ["org-8", "org-9"])
                #expect(made.map(\.role) == ["refugee-council", "prosecutor"])
                #expect(Set(exchange.nodes.map(\.oin)).count == 9)
                let partners = try await exchange["org-9"].handle.api.partners().map(\.oin.text)
                #expect(Set(partners) == Set(exchange.nodes.map(\.oin)).subtracting([exchange["org-9"].oin]))
            }
            for count in [0, 1, LocalExchange.maximumNodes + 1] {
                await #expect {
                    try await LocalExchange.run(nodes: count) { _ in }
                } throws: {
                    ($0 as? LocalExchangeError)?.code == .nodeCountInvalid
                }
            }
        }

        // MARK: What is left

        private struct Planned: Error {}

        @Test(arguments: ["a return", "a throw", "a cancellation", "a hanging node"])
        func `nothing runs, listens or lies about after`(end: String) async throws {
            let seen = Latch<(traces: (processes: [Int32], ports: [Int]), folder: URL)>()
            let task = Task {
                try await LocalExchange.run(nodes: 2) { exchange in
                    seen.settle((await exchange.traces, exchange.folder))
                    switch end {
                    case "a throw": throw Planned()
                    case "a cancellation": try await pass(.minutes(10))
                    case "a hanging node": try await exchange["nidos"].pause()
                    default: break
                    }
                }
            }
            let (traces, folder) = try await within(.seconds(60), "the exchange to be up") { try await seen.wait() }
            if end == "a cancellation" { task.cancel() }
            let result = await task.result
            switch (end, result) {
            case ("a throw", .failure(let error)): #expect(error is Planned)
            case ("a cancellation", .failure(let error)): #expect(error is CancellationError)
            case ("a return", .success), ("a hanging node", .success): break
            default: Issue.record("\(end) ended with \(result)")
            }
            #expect(traces.processes.count == 2)
            // Two nodes, and a relay in each direction.
            #expect(traces.ports.count == 4)
            #expect(traces.processes.filter { kill($0, 0) == 0 } == [])
            #expect(traces.ports.filter(isListenedOn) == [])
            #expect(!FileManager.default.fileExists(atPath: folder.path))
        }

        @Test func `every code of an error is explained to who integrates`() throws {
            let text = try String(
                contentsOf: ExamplePKI.packageFolder.appending(path: "docs/testing.md"), encoding: .utf8)
            for code in LocalExchangeError.Code.allCases {
                #expect(text.contains("\n| `\(code.rawValue)` | "), "\(code.rawValue)")
            }
        }

        @Test func `a program that is not there is named before anything is made`() async throws {
            await #expect {
                try await LocalExchange.run(executable: URL(filePath: "/nowhere/exchange-node")) { _ in }
            } throws: {
                let error = $0 as? LocalExchangeError
                return error?.code == .executableMissing && error?.message.contains("/nowhere") == true
            }
        }
    }
}

/// Whether somebody takes connections on a port of the loopback address.
func isListenedOn(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr(PortHolder.host)
    address.sin_port = in_port_t(port).bigEndian
    return withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
        }
    }
}
