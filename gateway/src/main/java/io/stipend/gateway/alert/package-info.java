/**
 * Alerts, the sending part: tells every raised alert to the log and to webhooks, away from the
 * event loops. Owns the form of what is sent, its signature, and how long it is tried.
 *
 * <p>Start reading at {@link io.stipend.gateway.alert.AlertSender}.
 */
@NullMarked
package io.stipend.gateway.alert;

import org.jspecify.annotations.NullMarked;
