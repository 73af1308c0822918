/**
 * The attack table: what hostile clients and providers send, byte for byte, to a running gateway,
 * and what must become of it. Start reading at {@link io.stipend.gateway.attacks.Attacks}; {@code
 * docs/security.md} is written from here.
 */
package io.stipend.gateway.attacks;
