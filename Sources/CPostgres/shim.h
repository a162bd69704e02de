#ifndef MUSTER_CPOSTGRES_SHIM_H
#define MUSTER_CPOSTGRES_SHIM_H

#include <libpq-fe.h>

// Queues the end of a pipeline segment. From libpq 17 on it is only queued; before, every one is a system call.
static inline int muster_pq_queue_pipeline_sync(PGconn *connection) {
#ifdef LIBPQ_HAS_SEND_PIPELINE_SYNC
    return PQsendPipelineSync(connection);
#else
    return PQpipelineSync(connection);
#endif
}

// A field of an error, named here because character constants do not reach Swift as the int that libpq wants.
static inline const char *muster_pq_error_state(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_SQLSTATE);
}
static inline const char *muster_pq_error_severity(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_SEVERITY);
}
static inline const char *muster_pq_error_message(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
}
static inline const char *muster_pq_error_position(const PGresult *result) {
    return PQresultErrorField(result, PG_DIAG_STATEMENT_POSITION);
}

#endif
