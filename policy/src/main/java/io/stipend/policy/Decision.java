package io.stipend.policy;

/** The answer to a model call. */
public sealed interface Decision permits Permit, Refusal {}
