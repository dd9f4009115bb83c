/// Clocks of a second and less than three for the whole ladder of a `stat` message, as sections of `node.yaml`.
enum CompressedClocks {
    static let sections = """

        clocks:
          statReceipt: 1s
          statReceiptAlarm: 1s
          statOwnership: 1s
          statOutcome: 1h
          statDeputy: 1s
          statManagement: 2s
        roster:
          onDuty: duty desk, +31200000000
          deputy: deputy of the duty desk, +31200000001
          management: team management, +31200000002
          dutyOfficer: duty officer, +31200000003

        """
}
