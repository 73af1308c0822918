/**
 * What {@code stipend demo} shows: a provider that is made up, and the gateway in front of it.
 *
 * <p>Start reading at {@link io.stipend.gateway.demo.FakeProvider}; the tests of the whole gateway
 * use it as their provider double.
 */
@NullMarked
package io.stipend.gateway.demo;

import org.jspecify.annotations.NullMarked;
