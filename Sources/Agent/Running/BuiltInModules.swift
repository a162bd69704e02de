import ExportingModules

/// The exporting modules that the program offers.
enum BuiltInModules {
    /// All of them by name.
    static var catalogue: ModuleCatalogue { .standard }
}
