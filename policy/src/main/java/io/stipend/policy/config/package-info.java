/**
 * The quota file: its records, and the loader that reports all problems at once.
 *
 * <p>Start reading at {@link io.stipend.policy.config.QuotaFile}.
 */
@NullMarked
package io.stipend.policy.config;

import org.jspecify.annotations.NullMarked;
