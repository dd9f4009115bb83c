import ExchangeCMS
import ExchangeCore
import Foundation

/// The node's keys: readable by their owner alone, each beside its certificate, and copied to another medium.
struct KeyCheck {
    let folder: NodeFolder
    let oin: OIN

    func findings() -> [Finding] {
        var findings: [Finding] = []
        do {
            let keys = try NodeKeys.load(from: folder)
            _ = try TLSMaterial.load(from: folder)
            findings.append(
                keys.signing.oin == oin
                    ? Finding("keys", .ok, "each is its owner's alone, and fits its certificate")
                    : Finding(
                        "keys", .wrong,
                        "the signing certificate is of \(keys.signing.oin), and node.yaml says \(oin); correct "
                            + "`organisation.oin`, or have one issued for it"))
        } catch {
            findings.append(Finding("keys", error))
        }
        let backup = KeyBackup(of: folder).state
        findings.append(
            backup.warning.map { Finding("key backup", .warning, $0) }
                ?? Finding("key backup", .ok, "a copy of the keys as they are was confirmed"))
        return findings
    }
}
