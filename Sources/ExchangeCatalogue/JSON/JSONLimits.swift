import ExchangeCore

/// How large a document may be. Checked before and while it is parsed, never after.
package struct JSONLimits: Hashable, Sendable {
    package let byteCount: Int
    /// Containers within each other; the outermost counts as one.
    package let depth: Int

    package init(byteCount: Int, depth: Int) {
        self.byteCount = byteCount
        self.depth = depth
    }

    /// 64 KiB and 16 deep: the limits of signed content and of what an agency hands in (`protocol.md` §3).
    package static let message = JSONLimits(
        byteCount: ProtocolLimits.contentMaximumBytes, depth: ProtocolLimits.contentMaximumDepth)
}
