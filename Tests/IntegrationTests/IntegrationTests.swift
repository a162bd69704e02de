import Testing

/// The real program, real servers, real files. One test after the other, because they watch the clock.
@Suite(.serialized) enum IntegrationTests {}
