import Foundation
import Glibc
import Testing

@testable import Discovery

struct InstallationKeyTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private var file: String { folder.path + "/" + InstallationKey.fileName }

    private func mode(_ path: String) -> mode_t {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }

    @Test func `a key is made once and found again, for its owner only`() throws {
        let (made, warning) = try InstallationKey.load(directory: folder.path)
        #expect(warning == nil)
        #expect(mode(file) == 0o600)
        let again = try InstallationKey.load(directory: folder.path)
        #expect(again.key.hexadecimal == made.hexadecimal)
        #expect(again.warning == nil)
        #expect(made.hexadecimal.count == 64)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [InstallationKey.fileName])
    }

    @Test(arguments: [
        "", "zz", "00", String(repeating: "0", count: 63), String(repeating: "é", count: 64),
        String(repeating: "0", count: 5000),
    ])
    func `a file that holds no key is replaced, with a warning`(text: String) throws {
        try folder.write(text, to: InstallationKey.fileName)
        let (made, warning) = try InstallationKey.load(directory: folder.path)
        #expect(warning?.contains("held no key") == true)
        let again = try InstallationKey.load(directory: folder.path)
        #expect(again.key.hexadecimal == made.hexadecimal)
        #expect(again.warning == nil)
        #expect(mode(file) == 0o600)
    }

    @Test func `bytes that are no text are replaced too`() throws {
        try folder.write(bytes: [0xFF, 0x00, 0xFE], to: InstallationKey.fileName)
        #expect(try InstallationKey.load(directory: folder.path).warning != nil)
    }

    @Test func `a key that others can read is closed to them, with a warning`() throws {
        _ = try InstallationKey.load(directory: folder.path)
        #expect(chmod(file, 0o644) == 0)
        #expect(try InstallationKey.load(directory: folder.path).warning?.contains("by others") == true)
        #expect(mode(file) == 0o600)
        #expect(try InstallationKey.load(directory: folder.path).warning == nil)
    }

    @Test func `a folder that is not there, or a folder in the key's place, is an error`() throws {
        #expect(throws: InstallationKeyError.self) { try InstallationKey.load(directory: folder.path + "/none") }
        try folder.makeFolder(InstallationKey.fileName)
        #expect(throws: InstallationKeyError.self) { try InstallationKey.load(directory: folder.path) }
    }

    @Test func `processes that start together agree on one key`() async throws {
        let path = folder.path
        let keys = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<32 { group.addTask { try InstallationKey.load(directory: path).key.hexadecimal } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(keys.count == 1)
    }

    @Test func `a key does not show itself`() {
        let key = InstallationKey()
        var dumped = ""
        dump(key, to: &dumped)
        for text in ["\(key)", String(reflecting: key), dumped] { #expect(!text.contains(key.hexadecimal)) }
    }
}
