import ExportingModules
import SQLModule

/// The exporting modules that the program offers.
enum BuiltInModules {
    /// All of them by name.
    static var catalogue: ModuleCatalogue {
        var catalogue = ModuleCatalogue.standard
        // Its declaration is checked by its own tests; there is nothing about it that could be wrong only here.
        try? catalogue.add(SQLModule.self)
        return catalogue
    }
}
