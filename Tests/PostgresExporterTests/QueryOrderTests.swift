import Testing

@testable import PostgresExporter

@Suite struct QueryOrderTests {
    @Test func quickQueriesKeepTheOrderOfTheFile() {
        var order = QueryOrder(count: 4)
        order.note(.milliseconds(90), of: 0)
        order.note(.milliseconds(1), of: 1)
        #expect(order.sorted([0, 1, 2, 3]) == [0, 1, 2, 3])
    }

    @Test func slowQueriesRunBehindTheOthersTheSlowestLast() {
        var order = QueryOrder(count: 5)
        order.note(.seconds(9), of: 0)
        order.note(.milliseconds(200), of: 2)
        order.note(QueryOrder.worst, of: 1)
        #expect(order.sorted([0, 1, 2, 3, 4]) == [3, 4, 2, 0, 1])
        order.note(.milliseconds(2), of: 0)
        #expect(order.sorted([0, 1, 2, 3, 4]) == [0, 3, 4, 2, 1])
    }

    @Test func onlyWhatIsDueIsOrdered() {
        var order = QueryOrder(count: 5)
        order.note(.seconds(1), of: 1)
        #expect(order.sorted([1, 4]) == [4, 1])
        #expect(order.sorted([]) == [])
    }
}
