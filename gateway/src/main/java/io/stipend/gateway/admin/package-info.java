/**
 * Administration: balances, keys, grants and corrections, in the process or over the admin
 * listener.
 *
 * <p>Start reading at {@link io.stipend.gateway.admin.AdminService}. The gateway serves a {@link
 * io.stipend.gateway.admin.LocalAdmin} through {@link io.stipend.gateway.admin.AdminHandler}; a
 * command uses either that over {@link io.stipend.gateway.admin.AdminClient}, or its own.
 */
@NullMarked
package io.stipend.gateway.admin;

import org.jspecify.annotations.NullMarked;
