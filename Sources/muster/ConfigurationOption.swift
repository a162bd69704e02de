import ArgumentParser

/// The option that every command has.
struct ConfigurationOption: ParsableArguments {
    @Option(name: [.long, .short], help: "The configuration file.")
    var config = "config/muster.yaml"
}
