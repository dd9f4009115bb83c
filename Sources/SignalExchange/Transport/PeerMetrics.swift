import CoreMetrics

/// What the transport counts.
enum PeerMetrics {
    static let refusedConnections = Counter(label: "exchange_connections_refused_total")
    static let refusedRequests = Counter(label: "exchange_requests_refused_total")
}
