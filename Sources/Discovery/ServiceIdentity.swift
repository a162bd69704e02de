/// What two services of one source may not share: otherwise it could not be said which one was meant.
struct ServiceIdentity: Hashable {
    var name: String
    var address: String
    var port: Int?

    init(_ service: Service) {
        name = service.name
        address = service.address
        port = service.port
    }
}
