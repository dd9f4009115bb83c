import ExchangeCMS
import ExchangeCore
import Testing

@Suite struct `An attachment` {
    static let chunk = AttachmentCipher.chunkBytes

    private func sealed(_ file: [UInt8]) throws -> (descriptor: AttachmentDescriptor, header: [UInt8], [[UInt8]]) {
        var sealer = try AttachmentSealer(sizeInBytes: UInt64(file.count))
        let header = sealer.header
        var chunks: [[UInt8]] = []
        var rest = file[...]
        while let count = sealer.nextChunkBytes {
            chunks.append(try sealer.seal(Array(rest.prefix(count))))
            rest = rest.dropFirst(count)
        }
        return (try sealer.finish(), header, chunks)
    }

    private func opened(
        _ descriptor: AttachmentDescriptor, _ header: [UInt8], _ chunks: [[UInt8]]
    ) throws -> [UInt8] {
        var opener = try AttachmentOpener(descriptor, header: header)
        var file: [UInt8] = []
        for chunk in chunks { file += try opener.open(chunk) }
        try opener.finish()
        return file
    }

    private func file(_ size: Int) -> [UInt8] { (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) } }

    @Test(arguments: [0, 1, 17, chunk - 1, chunk, chunk + 1, 2 * chunk]) func `comes back whole`(size: Int) throws {
        let content = file(size)
        let (descriptor, header, chunks) = try sealed(content)
        #expect(chunks.count == max(1, (size + Self.chunk - 1) / Self.chunk))
        #expect(descriptor.digest == sha256(content))
        #expect(try opened(descriptor, header, chunks) == content)
    }

    @Test func `is refused where chunks are altered, missing, doubled, swapped or cut off`() throws {
        let (descriptor, header, chunks) = try sealed(file(2 * Self.chunk + 5))
        let wrong: [[[UInt8]]] = [
            [chunks[1], chunks[0], chunks[2]], [chunks[0], chunks[0], chunks[2]], [chunks[0], chunks[1]], [chunks[0]],
            [], [chunks[0], chunks[2]], chunks + [chunks[2]], [chunks[0], chunks[1], Array(chunks[2].dropLast())],
        ]
        for (index, chunks) in wrong.enumerated() {
            expectRefused(.attachmentDamaged, "case \(index)") { try opened(descriptor, header, chunks) }
        }
        for index in [0, 5, 20] {
            var altered = chunks
            altered[2][index] ^= 1
            expectRefused(.attachmentDamaged) { try opened(descriptor, header, altered) }
        }
        expectRefused(.attachmentDamaged) { try opened(descriptor, [UInt8](repeating: 0, count: 7), chunks) }
        expectRefused(.attachmentDamaged) { try opened(descriptor, [], chunks) }
    }

    @Test func `cannot be shortened to whole chunks, not even with a shorter size in its description`() throws {
        let content = file(2 * Self.chunk)
        let (descriptor, header, chunks) = try sealed(content)
        let shorter = try AttachmentDescriptor(
            key: descriptor.key, sizeInBytes: UInt64(Self.chunk), chunkSizeInBytes: Self.chunk,
            digest: sha256(Array(content.prefix(Self.chunk))))
        // Its first chunk was not sealed as a last one.
        expectRefused(.attachmentDamaged) { try opened(shorter, header, [chunks[0]]) }
    }

    @Test func `that is not the file of the signed digest is refused at its end`() throws {
        let (descriptor, header, chunks) = try sealed(file(40))
        let other = try AttachmentDescriptor(
            key: descriptor.key, sizeInBytes: 40, chunkSizeInBytes: Self.chunk, digest: sha256([]))
        expectRefused(.attachmentDamaged) { try opened(other, header, chunks) }
    }

    @Test func `has a key of its own each time, which is never printed`() throws {
        let first = try sealed(file(3)).descriptor
        let second = try sealed(file(3)).descriptor
        #expect(first.key != second.key)
        #expect(!"\(first) \(String(reflecting: first))".contains(first.key.hexadecimal))
        #expect(Mirror(reflecting: first).children.allSatisfy { $0.label != "key" })
    }

    @Test func `outside the limits or of another form is refused`() throws {
        expectRefused(.tooLarge) {
            _ = try AttachmentSealer(sizeInBytes: AttachmentCipher.attachmentBytes + 1)
        }
        for (key, size, chunk) in [(31, UInt64(1), Self.chunk), (32, .max, Self.chunk), (32, 1, 16)] {
            expectRefused(.attachmentDamaged) {
                try AttachmentDescriptor(
                    key: [UInt8](repeating: 1, count: key), sizeInBytes: size, chunkSizeInBytes: chunk,
                    digest: sha256([]))
            }
        }
    }

    @Test func `whose file grows or shrinks while it is sealed is an error`() throws {
        expectRefused(.attachmentDamaged) {
            var sealer = try AttachmentSealer(sizeInBytes: 10)
            _ = try sealer.seal([1, 2, 3])
        }
        expectRefused(.attachmentDamaged) {
            let sealer = try AttachmentSealer(sizeInBytes: 10)
            _ = try sealer.finish()
        }
    }
}
