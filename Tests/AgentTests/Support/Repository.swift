import Foundation

/// The folder that the package is in.
enum Repository {
    static let path: String = {
        // Tests/AgentTests/Support/Repository.swift
        let file = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath()
        return (0..<4).reduce(file) { url, _ in url.deletingLastPathComponent() }.path
    }()
}
