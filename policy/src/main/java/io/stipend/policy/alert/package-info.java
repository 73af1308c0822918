/**
 * Alerts, the deciding part: which budget reached which threshold, and which will not last. Owns
 * when an alert is raised and that it is raised once; sending it is the gateway's part.
 *
 * <p>Start reading at {@link io.stipend.policy.alert.LevelWatch}.
 */
@NullMarked
package io.stipend.policy.alert;

import org.jspecify.annotations.NullMarked;
