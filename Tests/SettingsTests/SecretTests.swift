import Settings
import Testing

struct SecretTests {
    @Test func `a secret does not show itself`() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump([secret], to: &dumped)
        dump(SecretReference.literal(secret), to: &dumped)
        dump(SettingsNode(content: .secret(secret), position: Position(file: "x")), to: &dumped)
        let shown = ["\(secret)", String(describing: secret), String(reflecting: secret), "\([secret])", dumped]
        for text in shown { #expect(!text.contains("hunter2"), "\(text)") }
        #expect(secret.reveal() == "hunter2")
        #expect("\(secret)" == "<secret>")
    }

    @Test func `a secret comes from the environment`() throws {
        let reference = SecretReference.environment("PW")
        #expect(try reference.resolve(environment: ["PW": " x "], directory: "/").reveal() == " x ")
        let error = #expect(throws: SecretError.self) { try reference.resolve(environment: [:], directory: "/") }
        #expect(error?.message == "the environment variable PW is not set")
    }

    @Test func `a secret comes from a file, without the newlines at its end`() throws {
        let folder = try TemporaryFolder()
        try folder.write("p w \n\r\n", to: "pw")
        let reference = SecretReference.file("pw")
        #expect(try reference.resolve(environment: [:], directory: folder.path).reveal() == "p w ")
        #expect(
            try SecretReference.file(folder.path + "/pw").resolve(environment: [:], directory: "/").reveal() == "p w "
        )
        let error = #expect(throws: SecretError.self) {
            try SecretReference.file("none").resolve(environment: [:], directory: folder.path)
        }
        #expect(error?.message.contains("\(folder.path)/none") == true)
    }

    @Test func `a secret's place is read strictly`() throws {
        func read(_ text: String) throws -> (SecretReference?, [String]) {
            let problems = ProblemList()
            let node = try SettingsDocument.parse(text, file: "s")
            return (SecretReference(node: node, problems: problems), problems.problems.map(\.message))
        }
        #expect(try read("{env: A}").0 == .environment("A"))
        #expect(try read("{file: a/b}").0 == .file("a/b"))
        #expect(try read("plain").0 == .literal(Secret("plain")))
        #expect(try read("{env: A, file: b}").1 == ["expected exactly one of {env: NAME} and {file: PATH}"])
        #expect(try read("{evn: A}").1.first == "unknown key; did you mean \"env\"?")
        #expect(try read("[a]").1 == ["expected a string, {env: NAME} or {file: PATH}, found a list"])
    }
}
