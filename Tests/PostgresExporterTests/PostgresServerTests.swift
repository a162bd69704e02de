import ExporterKit
import Exposition
import PostgresClient
import Settings
import TestSupport
import Testing
import Transport

@testable import PostgresExporter

@Suite(.serialized, .enabled(if: Requirement.postgres.isMet), .timeLimit(.minutes(5))) struct PostgresServerTests {
    @Test func aWrongQueryCostsOnlyItself() async throws {
        let cluster = try await PostgresCluster.start()
        let bench = try Bench()
        let exporter = try bench.exporter(
            bench.configuration(cluster),
            queryFile([
                "first": "SELECT 1 AS x", "missing": "SELECT x FROM no_such_table", "syntax": "SELEC 1",
                "zero": "SELECT 1/0 AS x", "column": "SELECT 1 AS y", "two": "SELECT 1 AS x; SELECT 2 AS x",
                "last": "SELECT 2 AS x -- and a comment",
            ])
        )
        try await exporter.setUp()
        let batch = try await exporter.collectAll()
        #expect(batch.serviceAnswered == true)
        #expect(batch.value("first") == 1)
        #expect(batch.value("last") == 2)
        #expect(batch.value("pg_up") == 1)
        #expect(Set(batch.errors.keys) == ["missing", "syntax", "zero", "column", "two"])
        #expect(batch.errors["missing"]?.contains("42P01") == true)
        #expect(batch.errors["zero"]?.contains("division by zero") == true)
        #expect(batch.errors["column"]?.contains("test.yaml") == true)
        #expect(batch.parts.allSatisfy { $0.name == "pg_up" || $0.duration != nil || $0.error != nil })
        await exporter.close()
    }

    /// As it is for every exporter: what is left out is counted as dropped and named in the API, by way of the part.
    @Test func whatCannotBeExportedIsNamed() async throws {
        let cluster = try await PostgresCluster.start()
        let bench = try Bench()
        let file = """
            queries:
            - name: words
              query: SELECT * FROM (VALUES (1, 'good', '2'), (2, 'bad', 'many'), (3, 'worse', 'more')) AS t (k, l, v)
              labels: [l]
              metrics: [{name: words, kind: gauge, value: v}]
            """
        let exporter = try bench.exporter(bench.configuration(cluster), file)
        try await exporter.setUp()
        let part = try #require(try await exporter.collectAll().parts.first { $0.name == "words" })
        #expect(part.error == nil)
        #expect(part.families.first?.metrics.count == 1)
        #expect(part.problems.map(\.reason) == [.wrongValue])
        #expect(part.problems.first?.count == 2)
        await exporter.close()
    }

    @Test func labelsOfAllTypesFollowTheRowsFromCollectionToCollection() async throws {
        let cluster = try await PostgresCluster.start()
        let columns = "t text, i bigint, n numeric, r float8, b bool, a int[], m timestamptz, c char(4)"
        try await cluster.psql("CREATE TABLE t (k serial, \(columns))")
        let names = ["t", "i", "n", "r", "b", "a", "m", "c"]
        let file = """
            queries:
            - name: all
              query: SELECT * FROM t ORDER BY k
              labels: [\(names.joined(separator: ", "))]
              metrics: [{name: all_k, kind: gauge, value: k}]
            """
        let steps = [
            "INSERT INTO t VALUES (1, 'x', 1, 1.50, 1.5, true, '{1,2}', '2026-01-01 00:00+00', 'a')",
            "INSERT INTO t VALUES (2)",
            "SELECT 1",
            "UPDATE t SET t = 'é', i = -1, n = 1.5, r = 'NaN', b = false, a = '{}', m = 'infinity', c = '' WHERE k = 1",
            "INSERT INTO t VALUES (0, '', 0, 0, 0, NULL, '{NULL}', NULL, 'zero')",
            "UPDATE t SET t = NULL WHERE k = 0",
        ]
        let bench = try Bench()
        let keeping = try bench.exporter(bench.configuration(cluster), file)
        try await keeping.setUp()
        for step in steps {
            try await cluster.psql(step)
            let fresh = try bench.exporter(bench.configuration(cluster), file)
            try await fresh.setUp()
            let (kept, new) = (try await keeping.collectAll(), try await fresh.collectAll())
            #expect(kept.errors == [:])
            #expect(kept.parts.last?.families == new.parts.last?.families, "after \(step)")
            #expect(kept.parts.last?.families.first?.metrics.isEmpty == false)
            await fresh.close()
        }
        await keeping.close()
    }

    @Test func writingIsRefused() async throws {
        let cluster = try await PostgresCluster.start()
        try await cluster.psql("CREATE TABLE t (x int)")
        let bench = try Bench()
        for pipeline in [true, false] {
            var configuration = bench.configuration(cluster)
            configuration.usesPipeline = pipeline
            let exporter = try bench.exporter(
                configuration,
                queryFile(["insert": "INSERT INTO t VALUES (1) RETURNING x", "count": "SELECT count(*) AS x FROM t"])
            )
            try await exporter.setUp()
            let batch = try await exporter.collectAll()
            #expect(batch.errors["insert"]?.contains("25006") == true, "\(batch.errors)")
            #expect(batch.value("count") == 0)
            await exporter.close()
        }
    }

    @Test func passwordsWithSpecialCharactersLogIn() async throws {
        let password = "a&b 'c\"d\\e #%41=host@x/?:;$(x)"
        let cluster = try await PostgresCluster.start(.init(password: password))
        let bench = try Bench()
        let exporter = try bench.exporter(bench.configuration(cluster), queryFile(["good": "SELECT 1 AS x"]))
        try await exporter.setUp()
        #expect(try await exporter.collectAll().value("good") == 1)
        await exporter.close()

        var wrong = bench.configuration(cluster)
        wrong.password = Secret("not it & secret")
        let refused = try bench.exporter(wrong, queryFile(["good": "SELECT 1 AS x"]))
        let error = await #expect(throws: PostgresError.self) { try await refused.setUp() }
        #expect(error?.code == .cannotConnect)
        #expect(error?.message.contains("password authentication failed") == true)
        #expect(error?.message.contains("secret") == false)
        await refused.close()
    }

    @Test func databasesAndUsersMayHaveAnyName() async throws {
        let cluster = try await PostgresCluster.start()
        try await cluster.psql("CREATE ROLE \"it's & me\" LOGIN; CREATE DATABASE \"sslmode=disable host='x' %20\"")
        let bench = try Bench()
        var configuration = bench.configuration(cluster)
        configuration.user = "it's & me"
        configuration.database = "sslmode=disable host='x' %20"
        let exporter = try bench.exporter(
            configuration,
            queryFile(["good": "SELECT (current_database() = 'sslmode=disable host=''x'' %20')::int AS x"])
        )
        try await exporter.setUp()
        #expect(try await exporter.collectAll().value("good") == 1)
        await exporter.close()
    }

    @Test func unixSocketsAndNamesWork() async throws {
        let cluster = try await PostgresCluster.start()
        let bench = try Bench { name in
            // The first address has no server; the second has.
            name == "db.test" ? .success(["127.0.0.2", "127.0.0.1"]) : .success([])
        }
        var configuration = bench.configuration(cluster)
        configuration.host = cluster.socketFolder
        let local = try bench.exporter(
            configuration,
            queryFile(["local": "SELECT (inet_server_addr() IS NULL)::int AS x"])
        )
        try await local.setUp()
        #expect(try await local.collectAll().value("local") == 1)
        await local.close()
        configuration.host = "db.test"
        let named = try bench.exporter(configuration, queryFile(["port": "SELECT inet_server_port() AS x"]))
        try await named.setUp()
        #expect(try await named.collectAll().value("port") == Double(cluster.port))
        await named.close()
    }

    @Test func everyTypeIsDecoded() async throws {
        let cluster = try await PostgresCluster.start()
        let bench = try Bench()
        let columns = [
            "int": "42::smallint", "big": "-9007199254740991::bigint", "real": "0.1::float4", "double": "1e300::float8",
            "numeric": "123.456::numeric", "nan": "'NaN'::float8", "infinity": "'-Infinity'::float8", "bool": "true",
            "time": "'2026-11-21 18:29:00.5+02'::timestamptz", "naive": "'2026-11-21 18:29:00'::timestamp",
            "date": "'1970-01-02'::date", "interval": "'1 day 2 hours -3.5 seconds'::interval", "text": "'7.25'::text",
            "position": "'16/B374D848'::pg_lsn", "oid": "'pg_class'::regclass::oid", "null": "NULL::int",
        ].sorted { $0.key < $1.key }
        let list = columns.map { "\($0.value) AS \"\($0.key)\"" }.joined(separator: ", ")
        let metrics = columns.map { "- {name: t_\($0.key), kind: gauge, value: \"\($0.key)\"}" }
        let exporter = try bench.exporter(
            bench.configuration(cluster),
            """
            queries:
            - name: types
              query: SELECT \(list)
              metrics:
              \(metrics.joined(separator: "\n  "))
            - name: shape
              query: |
                SELECT ARRAY[0.5, 1]::float8[] AS h, ARRAY[1, 3]::bigint[] AS h_bucket, 2.5 AS h_sum, 4 AS h_count,
                  'a"b' || chr(10) AS l
              labels: [l]
              metrics: [{name: t_h, kind: histogram, value: h}]
            """
        )
        try await exporter.setUp()
        let batch = try await exporter.collectAll()
        #expect(batch.errors == [:])
        let expected: [String: Double] = [
            "int": 42, "big": -9_007_199_254_740_991, "double": 1e300, "numeric": 123.456, "infinity": -.infinity,
            "bool": 1, "time": 1_795_278_540.5, "naive": 1_795_285_740, "date": 86_400, "interval": 93_596.5,
            "text": 7.25, "position": 97_500_059_720, "oid": 1259,
        ]
        for (name, value) in expected { #expect(batch.value("t_\(name)") == value, "\(name)") }
        #expect(batch.value("t_real").map { abs($0 - 0.1) < 1e-6 } == true)
        #expect(batch.value("t_nan")?.isNaN == true)
        #expect(batch.value("t_null") == nil)
        let histogram = try #require(batch.part(named: "shape")?.families.first?.metrics.first)
        #expect(histogram.labels["l"] == "a\"b\n")
        #expect(
            histogram.value
                == .histogram(
                    .init(
                        buckets: [
                            .init(upperBound: 0.5, cumulativeCount: 1), .init(upperBound: 1, cumulativeCount: 3),
                        ],
                        sum: 2.5,
                        count: 4
                    )
                )
        )
        await exporter.close()
    }

    @Test func textThatIsNotUTF8IsRepaired() async throws {
        let cluster = try await PostgresCluster.start()
        try await cluster.psql(
            "CREATE DATABASE raw ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'"
        )
        let bench = try Bench()
        var configuration = bench.configuration(cluster)
        configuration.database = "raw"
        let exporter = try bench.exporter(
            configuration,
            """
            queries:
            - name: raw
              query: SELECT E'a\\xFFb' AS l, 1 AS x
              labels: [l]
              metrics: [{name: raw, kind: gauge, value: x}]
            """
        )
        try await exporter.setUp()
        let batch = try await exporter.collectAll()
        #expect(batch.errors == [:])
        #expect(batch.value("raw", ["l": "a\u{FFFD}b"]) == 1)
        await exporter.close()
    }

    @Test func closingLeavesNoConnection() async throws {
        let cluster = try await PostgresCluster.start()
        let bench = try Bench()
        for _ in 0..<20 {
            let exporter = try bench.exporter(bench.configuration(cluster), queryFile(["good": "SELECT 1 AS x"]))
            try await exporter.setUp()
            _ = try await exporter.collectAll()
            await exporter.close()
            await #expect(throws: PostgresError.closed) { try await exporter.collectAll() }
        }
        try await waitUntil("no connection is left") {
            try await cluster.psql("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'muster'") == "0"
        }
        #expect(bench.reactor.waiterCount == 0)
    }
}
