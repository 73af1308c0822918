/**
 * The content codings in which request bodies may come, each undone in small steps: compressed
 * bytes go in as they arrive, and no step gives more than it is asked for, whatever the ratio.
 *
 * <p>Start reading at {@link io.stipend.gateway.coding.ContentCoding}.
 */
@NullMarked
package io.stipend.gateway.coding;

import org.jspecify.annotations.NullMarked;
