/**
 * What the tests of every package of the gateway stand on.
 *
 * <p>{@link io.stipend.gateway.testing.LeakGuard} is found by JUnit on its own: a test class that
 * leaks a buffer fails.
 */
package io.stipend.gateway.testing;
