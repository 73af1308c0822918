package io.stipend.metering.report.page;

/** A part of a report, in the order of reading. */
public sealed interface Block permits Table, Chart {}
