/**
 * What a running gateway delivers of its record, beside its work and never in its way: usage as it
 * happens to webhooks, and by day into folders.
 *
 * <p>Start reading at {@link io.stipend.gateway.delivery.Deliveries}.
 */
@NullMarked
package io.stipend.gateway.delivery;

import org.jspecify.annotations.NullMarked;
