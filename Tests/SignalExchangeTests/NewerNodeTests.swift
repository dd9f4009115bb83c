import ExchangeCatalogue
import ExchangeTesting
import Foundation
import SignalExchange
import Testing

extension Nodes {
    /// A program that is older than the node that it speaks to.
    @Suite(.community()) struct NewerNodeTests {
        @Test(arguments: [
            (status: 409, code: "code-unknown", exit: Int32(3)), (503, "store-unavailable", 5),
            (500, "internal-fault", 1),
        ])
        func `a code that a program does not know is shown as the node said it, and the status tells what to do`(
            status: Int, code: String, exit: Int32
        ) async throws {
            let avim = try #require(Stage.community)[slug: "avim"]
            let problem = #"{"title":"consumer-asleep","status":\#(status),"detail":"wake it with a call"}"#
            let listed = try await RawServer.run(
                onSocket: avim.folder.file("node.sock"),
                serving: { connection in
                    var asked = ""
                    while !asked.contains("\r\n\r\n"), let part = try await connection.read() { asked += part }
                    try await connection.write(
                        "HTTP/1.1 \(status) Later\r\ncontent-type: application/problem+json\r\n"
                            + "content-length: \(problem.utf8.count)\r\nconnection: close\r\n\r\n" + problem)
                }
            ) { try await avim.command("inbox", "list") }
            #expect(listed.exitStatus == exit, "\(listed.said)")
            for word in ["exchange-node: \(code): ", "`consumer-asleep`", "status \(status)", "wake it with a call"] {
                #expect(listed.said.contains(word), "\(word): \(listed.said)")
            }
        }
    }
}
