/**
 * One class per wire format: routes, reading a request, editing it in place, reading usage,
 * refusing.
 *
 * <p>Start reading at {@link io.stipend.gateway.dialect.Dialect}, then {@link
 * io.stipend.gateway.dialect.Dialects}, where each is registered. {@code OpenAiChat} shows what one
 * is made of: {@code ChatBody} reads and edits requests over {@code BodyScan}; {@code ChatStream}
 * reads answers over {@code EventStream}, and {@code WholeBody} those that do not stream; {@code
 * RefusalTable} holds the words of refusals. {@code Gemini} is the one whose model stands in the
 * path ({@code ModelPath}). Images and audio ({@code OpenAiMedia}) are asked for in forms, too
 * ({@code Multipart}, {@code FormFields}), and answered with what no text shows ({@code
 * MediaAnswer}). {@link io.stipend.gateway.dialect.HeaderRules} says which headers pass.
 */
@NullMarked
package io.stipend.gateway.dialect;

import org.jspecify.annotations.NullMarked;
