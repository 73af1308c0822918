package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.multipart.Attribute;
import io.netty.handler.codec.http.multipart.DefaultHttpDataFactory;
import io.netty.handler.codec.http.multipart.FileUpload;
import io.netty.handler.codec.http.multipart.HttpPostMultipartRequestDecoder;
import io.netty.handler.codec.http.multipart.HttpPostRequestDecoder.ErrorDataDecoderException;
import io.netty.handler.codec.http.multipart.InterfaceHttpData;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/**
 * Forms that are broken at random: each is read or refused, and whatever is read another decoder,
 * Netty's, reads the same.
 */
class MultipartFuzzTest {
  private static final int ROUNDS = Boolean.getBoolean("stipend.tests.full") ? 500_000 : 15_000;
  private static final String TYPE = "multipart/form-data; boundary=B";
  private static final Set<String> NAMES = Set.of("model", "n", "stream");

  /** What is put in, taken out or doubled. */
  private static final String[] PIECES = {
    "\r\n",
    "\n",
    "\r",
    "--B",
    "--B--",
    "--",
    "\r\n--B\r\n",
    "\"",
    "\\",
    ";",
    ":",
    " ",
    "\t",
    "=",
    "name",
    "model",
    "filename",
    "Content-Disposition",
    "Content-Type: text/plain\r\n",
    "Content-Length: 3\r\n",
    "form-data",
    "\0",
    "\u00e9",
    "%",
    "*",
    "'",
    ",",
    "B",
    "M",
    "Content-Transfer-Encoding: base64\r\n",
    "; name=\"model\"",
    "; filename=\"x\""
  };

  private static final String FORM =
      "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n"
          + "Content-Type: audio/wav\r\n\r\nRIFF\r\n\r\n--b\r\n"
          + "--B\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n"
          + "--B\r\ncontent-disposition: form-data; name=n\r\nContent-Type: text/plain\r\n\r\n2\r\n"
          + "--B\r\nContent-Disposition: form-data; name=\"prompt\"\r\n\r\nA\r\nb\r\n--B--\r\n";

  private final Random random = new Random(20261129);

  private String broken() {
    StringBuilder form = new StringBuilder(FORM);
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      int at = random.nextInt(form.length() + 1);
      String piece = PIECES[random.nextInt(PIECES.length)];
      switch (random.nextInt(4)) {
        case 0 -> form.insert(at, piece);
        case 1 -> form.delete(at, Math.min(form.length(), at + 1 + random.nextInt(4)));
        case 2 -> form.replace(at, Math.min(form.length(), at + piece.length()), piece);
        default -> {
          int from = form.indexOf("--B", at);
          int to = from < 0 ? -1 : form.indexOf("--B", from + 3);
          if (to > 0) {
            form.insert(to, form.substring(from, to));
          }
        }
      }
    }
    return form.toString();
  }

  @Test
  void whatIsReadIsReadTheSameByAnotherDecoder() throws Exception {
    int read = 0;
    int agreed = 0;
    for (int round = 0; round < ROUNDS; round++) {
      String form = broken();
      List<String> ours = ours(form);
      if (ours == null) {
        continue;
      }
      read++;
      List<String> theirs = theirs(form);
      if (theirs != null) {
        assertThat(theirs).as("round %d: %s", round, form).isEqualTo(ours);
        agreed++;
      }
    }
    assertThat(read).isGreaterThan(ROUNDS / 20);
    assertThat(agreed).isGreaterThan(read / 2);
  }

  /** Whether policy goes by a field of this name, or by one that some reader takes for it. */
  private static boolean matters(String name) {
    return NAMES.stream().anyMatch(known -> name.toLowerCase(Locale.ROOT).contains(known));
  }

  /** Each part that matters as name and content; null if the form is refused. */
  private static List<String> ours(String form) {
    ByteBuf body = Unpooled.copiedBuffer(form, StandardCharsets.ISO_8859_1);
    try {
      FormFields fields = FormFields.of(TYPE, body, NAMES, Set.of());
      fields.model();
      List<String> parts = new ArrayList<>();
      for (Multipart.Part part : fields.parts()) {
        if (matters(part.name())) {
          String content = form.substring(part.value().start(), part.value().end());
          parts.add((part.file() ? "file " : "") + part.name() + "=" + content);
        }
      }
      return parts;
    } catch (BadBody e) {
      assertThat(e.refusal().message()).contains("(expected: ").hasSizeLessThan(400);
      return null;
    }
  }

  private static List<String> theirs(String form) throws IOException {
    FullHttpRequest request =
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1,
            HttpMethod.POST,
            "/",
            Unpooled.copiedBuffer(form, StandardCharsets.ISO_8859_1));
    request.headers().set("content-type", TYPE);
    HttpPostMultipartRequestDecoder decoder = null;
    try {
      decoder =
          new HttpPostMultipartRequestDecoder(
              new DefaultHttpDataFactory(false), request, StandardCharsets.ISO_8859_1);
      List<String> parts = new ArrayList<>();
      for (InterfaceHttpData data : decoder.getBodyHttpDatas()) {
        if (!matters(data.getName())) {
          continue;
        }
        if (data instanceof FileUpload file) {
          byte[] content = file.get();
          parts.add(
              "file " + file.getName() + "=" + new String(content, StandardCharsets.ISO_8859_1));
        } else if (data instanceof Attribute field) {
          parts.add(field.getName() + "=" + field.getString(StandardCharsets.ISO_8859_1));
        }
      }
      return parts;
    } catch (ErrorDataDecoderException e) {
      return null;
    } finally {
      if (decoder != null) {
        decoder.destroy();
      }
      request.release();
    }
  }
}
