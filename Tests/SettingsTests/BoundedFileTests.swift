import Glibc
import Settings
import Testing

struct BoundedFileTests {
    @Test func `a file at the limit is read and one beyond is not`() throws {
        let folder = try TemporaryFolder()
        try folder.write("12345", to: "a")
        #expect(try BoundedFile.read(folder.path + "/a", maximumLength: 5) == "12345")
        let error = #expect(throws: BoundedFileError.self) {
            try BoundedFile.read(folder.path + "/a", maximumLength: 4)
        }
        #expect(error?.isAboutContent == true)
    }

    @Test func `what is no regular file is refused without waiting`() throws {
        let folder = try TemporaryFolder()
        #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
        for path in [folder.path, folder.path + "/pipe", "/dev/zero"] {
            let error = #expect(throws: BoundedFileError.self) { try BoundedFile.read(path, maximumLength: 10) }
            #expect(error?.message == "not a regular file")
        }
    }

    @Test func `what is missing or no text says so`() throws {
        let folder = try TemporaryFolder()
        #expect(throws: BoundedFileError.self) { try BoundedFile.read(folder.path + "/x", maximumLength: 10) }
        let missing = #expect(throws: BoundedFileError.self) { try BoundedFile.read("/none/x", maximumLength: 10) }
        #expect(missing?.isMissing == true)
        try folder.write(bytes: [0xFF, 0xFE], to: "b")
        let error = #expect(throws: BoundedFileError.self) {
            try BoundedFile.read(folder.path + "/b", maximumLength: 10)
        }
        #expect(error?.message == "not valid UTF-8")
    }
}
