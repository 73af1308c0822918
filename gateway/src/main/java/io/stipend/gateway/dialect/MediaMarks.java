package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import io.stipend.gateway.dialect.Multipart.Part;
import io.stipend.metering.Units;
import org.jspecify.annotations.Nullable;

/**
 * Where the model stands in a request for images, speech or a transcript, and what its answer is
 * priced by beside tokens.
 *
 * @param json of a body in JSON; null if it is a form
 * @param form of a form; null if it is JSON
 * @param asked what the request asks for, where its answer does not count it again
 * @param variant which price of it holds
 */
record MediaMarks(
    PlainBody.@Nullable Marks json, @Nullable Part form, Units asked, @Nullable String variant) {
  /**
   * The body with the model that policy sets.
   *
   * @param body ownership passes to the result
   */
  ByteBuf edit(ByteBuf body, Dialect.Edit edit) {
    if (json != null) {
      return PlainBody.edit(body, json, edit);
    }
    return form == null ? body : FormFields.withModel(body, form, edit.model());
  }
}
