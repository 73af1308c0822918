package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.stipend.gateway.dialect.Multipart.Part;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Forms: where their parts stand, and what is refused since two readers could differ about it. */
class MultipartTest {
  private static final String TYPE = "multipart/form-data; boundary=B1";
  private static final Set<String> NAMES = Set.of("model", "n", "stream", "response_format");
  private static final String MODEL = part("name=\"model\"", "whisper-1");

  private static String part(String disposition, String content) {
    return headed("Content-Disposition: form-data; " + disposition, content);
  }

  private static String headed(String headers, String content) {
    return "--B1\r\n" + headers + "\r\n\r\n" + content + "\r\n";
  }

  private static String form(String... parts) {
    return String.join("", parts) + "--B1--\r\n";
  }

  private static FormFields read(String type, String form) throws BadBody {
    byte[] bytes = form.getBytes(StandardCharsets.ISO_8859_1);
    ByteBuf direct = PooledByteBufAllocator.DEFAULT.directBuffer().writeBytes(bytes);
    ByteBuf shifted = Unpooled.buffer().writeBytes(new byte[5]).skipBytes(5).writeBytes(bytes);
    try {
      FormFields fields = FormFields.of(type, shifted, NAMES, Set.of());
      assertThat(FormFields.of(type, direct, NAMES, Set.of()).parts()).isEqualTo(fields.parts());
      assertThat(shifted.readableBytes()).isEqualTo(bytes.length);
      return fields;
    } finally {
      direct.release();
    }
  }

  private static String refused(String type, String form) {
    BadBody bad =
        catchThrowableOfType(
            BadBody.class,
            () -> {
              FormFields fields = read(type, form);
              fields.model();
              fields.bool("stream");
              fields.integer("n", 1, 10, 1);
              fields.text("response_format");
            });
    assertThat(bad).as(form).isNotNull();
    return bad.refusal().message();
  }

  private static String content(String form, Part part) {
    return form.substring(part.value().start(), part.value().end());
  }

  @Test
  void everyPartIsFoundWithItsNameAndItsBytes() throws Exception {
    String audio = "RIFF\r\n--B\r\n\r\n-- B1\r\n--b1\r\r\n\n--B0--\0\u00ff --B1 --B1--";
    String form =
        form(
            headed(
                "content-disposition: form-data; filename=\"a \u00fc;b.wav\"; name=\"file\"\r\n"
                    + "Content-Type: audio/wav\r\nX-More: yes",
                audio),
            part("name=model", "whisper-1"),
            part("name=\"timestamp_granularities[]\"", "word"),
            part("name=\"timestamp_granularities[]\"", "segment"),
            part("name=\"prompt\"", ""),
            headed(
                "Content-Disposition: form-data; name=\"stream\"\r\n"
                    + "Content-Type: text/plain; charset=UTF-8\r\nContent-Length: 4\r\n"
                    + "Content-Transfer-Encoding: 8bit",
                "true"));
    FormFields fields = read(TYPE, form);
    List<Part> parts = fields.parts();
    assertThat(parts).extracting(p -> content(form, p)).startsWith(audio, "whisper-1", "word");
    assertThat(parts)
        .extracting(Part::name)
        .containsExactly(
            "file",
            "model",
            "timestamp_granularities[]",
            "timestamp_granularities[]",
            "prompt",
            "stream");
    assertThat(parts.get(0).file()).isTrue();
    assertThat(parts.get(0).type()).isEqualTo("audio/wav");
    assertThat(content(form, parts.get(4))).isEmpty();
    assertThat(fields.model()).isEqualTo("whisper-1");
    assertThat(fields.bool("stream")).isTrue();
    assertThat(fields.integer("n", 1, 10, 3)).isEqualTo(3);
    assertThat(fields.text("response_format")).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "multipart/form-data; boundary=B1",
        "Multipart/Form-Data;boundary=\"B1\"",
        "multipart/form-data; charset=utf-8; Boundary=B1"
      })
  void theBoundaryComesFromTheContentType(String type) throws Exception {
    assertThat(Multipart.is(type)).isTrue();
    assertThat(read(type, form(MODEL)).model()).isEqualTo("whisper-1");
    assertThat(read(type, form(MODEL).stripTrailing()).model()).isEqualTo("whisper-1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=B1; boundary=B2",
        "multipart/form-data; boundary=B1; BOUNDARY=B1",
        "multipart/form-data; boundary=\"B1",
        "multipart/form-data; boundary=\"B1\\\"\"",
        "multipart/form-data; boundary=B1 B2",
        "multipart/form-data; boundary=\"B 1\"",
        "multipart/form-data; boundary=B1, text/plain",
        "multipart/form-data; boundary=B1; boundary*=utf-8''B2",
        "multipart/form-data; boundary=B1; boundary*0=B; boundary*1=2",
        "multipart/form-data; boundary=B1; charset=utf-7",
        "multipart/form-data; boundary=B1; charset=utf-8; charset*=utf-8''utf-16"
      })
  void aContentTypeWithoutOneClearBoundaryIsRefused(String type) {
    assertThat(refused(type, form(MODEL))).startsWith("Content-Type: multipart/form-data");
    assertThat(refused("multipart/form-data; boundary=" + "b".repeat(71), form(MODEL)))
        .contains("1..70");
  }

  @Test
  void aFormThatBreaksOffAnywhereIsRefused() throws Exception {
    String form = form(part("name=\"file\"; filename=\"a\"", "x\r\ny"), MODEL);
    int whole = form.length() - 2;
    for (int end = 0; end < whole; end++) {
      assertThat(refused(TYPE, form.substring(0, end))).as("cut at %s", end).isNotEmpty();
    }
    assertThat(read(TYPE, form.substring(0, whole)).model()).isEqualTo("whisper-1");
    assertThat(refused(TYPE, form.substring(0, whole + 1))).contains("at byte " + whole);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "preamble\\r\\n--B1\\r\\n | at byte 0",
        "\\r\\n--B1\\r\\n | at byte 0",
        "--B1--\\r\\n | no part",
        "--B1 \\r\\n | at byte 4",
        "--B1\\n | at byte 4",
        "--B1x\\r\\n | at byte 4",
      })
  void theFirstBoundaryStandsAtTheBeginning(String begin, String where) {
    String form = begin.replace("\\r", "\r").replace("\\n", "\n");
    String rest = "Content-Disposition: form-data; name=\"model\"\r\n\r\nm\r\n--B1--\r\n";
    assertThat(refused(TYPE, form.endsWith("--\r\n") ? form : form + rest)).contains(where);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x\n--B1\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nother",
        "x\r--B1--",
        "x\r\n--B1 \r\ny",
        "x\r\n--B1x",
        "x\r\n--B1-",
        "x\r\n--B1--\r\nepilogue",
        "x\r\n--B1--\r\n\r\n",
        "\n--B1",
        "--B1",
        "--B1--",
      })
  void aBoundaryThatOnlySomeReadersSeeIsRefused(String content) {
    assertThat(refused(TYPE, form(MODEL, part("name=\"file\"; filename=\"a\"", content))))
        .startsWith("body: ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "form-data",
        "attachment; name=\"model\"",
        "form-data; filename=\"a\"",
        "form-data; name=\"\"",
        "form-data; name=\"model\"; name=\"prompt\"",
        "form-data; name=\"prompt\"; Name=\"model\"",
        "form-data; name*=utf-8''model",
        "form-data; name=\"model\"; name*=utf-8''prompt",
        "form-data; name=\"model\"; size=4",
        "form-data; name=\"a\"; filename=\"b\"; filename=\"c\"",
        "form-data; name=\"a\\\"; name=\"model\"",
        "form-data; name=\"a\"; filename=\"b\\\"; name=\\\"model\"",
        "form-data; name=\"mod\\el\"",
        "form-data; name=\"mod%65l\"",
        "form-data; name=\";model\"",
        "form-data; name=\"model:\"",
        "form-data; name='model'",
        "form-data; name=\"model ",
        "form-data; name=\" model\"",
        "form-data; name=mo\u00f6del",
        "form-data; name = \"model\"",
        "form-data name=\"model\"",
        "form-data; name=\"_charset_\"",
        "form-data; name=\"model\",form-data; name=\"b\"",
        "form-data; name=\"model\"\r\n filename=\"folded\"",
        "form-data; name=\"model\"\r\n; filename=\"folded\"",
        "form-data; name=\"model\"\r\nContent-Disposition: form-data; name=\"n\"",
        "form-data; name=\"model\"\nX: bare",
        "form-data; name=\"model\"\rX: bare",
        "form-data; name=\"mod\0el\"",
        "form-data; name=\"model\"\r\nContent-Type: text/plain\r\nContent-Type: text/html",
        "form-data; name=\"a\"\r\nContent-Type: multipart/mixed; boundary=C",
        "form-data; name=\"a\"\r\nContent-Type: text/plain; name=\"model\"",
        "form-data; name=\"a\"\r\nContent-Type: ; name=\"model\"x",
        "form-data; name=\"a\"\r\nContent-Type: text/plain; name*0=model",
        "form-data; name=\"a\"\r\nContent-Type: text/plain; charset*=utf-8''utf-7",
        "form-data; filename=\"a; name=model; b\"; name=\"a\"",
        "form-data; name=\"a\"; filename=\"a b; NAME =model\"",
        "form-data; name=\"a\"\r\nContent-Type: name=\"model\"dio/wav",
        "form-data; name=\"a\"\r\nContent-Type: text",
        "form-data; name=\"model\"\r\nContent-Type: application/json",
        "form-data; name=\"model\"\r\nContent-Type: text/plain; charset=utf-16",
        "form-data; name=\"model\"\r\nContent-Transfer-Encoding: base64",
        "form-data; name=\"model\"\r\nContent-Length: 3",
        "form-data; name=\"model\"\r\nContent-Length: -1",
        "form-data; name=\"model\"\r\nContent-Length: 1\r\nContent-Length: 1",
        "form-data; name=\"model\"\r\nX Y: 1",
        "form-data; name=\"model\"\r\n: 1",
        "form-data; name=\"model\"; filename=\"m\"",
        "form-data; name=\"model\"; filename*=utf-8''m",
        "form-data; name=\"Model\"",
        "form-data; name=\"model[]\"",
        "form-data; name=\"RESPONSE_FORMAT[0]\""
      })
  void aNameThatTwoReadersCouldReadDifferentlyIsRefused(String disposition) {
    String form = form(headed("Content-Disposition: " + disposition, "m"), part("name=\"n\"", "1"));
    assertThat(refused(TYPE, form)).contains("(expected: ");
    assertThat(refused(TYPE, form(MODEL) + form)).isNotEmpty();
    String beside = form(MODEL, headed("Content-Disposition: " + disposition, "m"));
    assertThat(refused(TYPE, beside)).contains("(expected: ");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "name='model' | a | model: stands twice",
        "name='n' | 0 | n: 0 (expected: an integer in 1..10)",
        "name='n' | +1 | n: +1",
        "name='n' | 1.0 | n: 1.0",
        "name='n' | 99999999999 | n: 99999999999",
        "name='stream' | True | stream: True (expected: true or false)",
        "name='stream' | 1 | stream: 1",
      })
  void aValueThatIsNoneIsNamed(String disposition, String value, String message) {
    assertThat(refused(TYPE, form(MODEL, part(disposition.replace('\'', '"'), value))))
        .startsWith(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " m", "m\t", "m\r\nx", "m\u0001", "\u00ff\u00fe"})
  void aModelThatIsNoNameIsRefused(String model) {
    assertThat(refused(TYPE, form(part("name=\"model\"", model)))).startsWith("model: ");
    assertThat(refused(TYPE, form(part("name=\"prompt\"", "a"))))
        .isEqualTo("model: missing (expected: the name of a model)");
  }

  @Test
  void latinTextIsNotTakenForUtf8() {
    String latin =
        headed(
            "Content-Disposition: form-data; name=\"model\"\r\n"
                + "Content-Type: text/plain; charset=ISO-8859-1",
            "\u00c3\u00bc");
    assertThat(refused(TYPE, form(latin))).startsWith("model: no valid UTF-8");
  }

  @Test
  void whatIsBoundedIsRefusedAboveItsBound() throws Exception {
    assertThat(refused(TYPE, form(MODEL, part("name=\"n\"", "1".repeat(1_025))))).contains("1024");
    String[] parts = new String[Multipart.MAX_PARTS];
    java.util.Arrays.fill(parts, part("name=\"image[]\"; filename=\"a\"", "x"));
    parts[7] = MODEL;
    assertThat(read(TYPE, form(parts)).model()).isEqualTo("whisper-1");
    assertThat(refused(TYPE, form(form(parts).replace("--B1--\r\n", ""), MODEL)))
        .contains("too many parts");
    String longHeader = "X: " + "y".repeat(Multipart.MAX_HEADER_BYTES);
    assertThat(refused(TYPE, form(headed(longHeader, "m")))).contains("long headers");
  }

  @ParameterizedTest
  @ValueSource(strings = {"m", "a-much-longer-name/of-a-model", "gr\u00fc\u00df"})
  void anotherModelIsPutInPlaceAndAllElseStays(String model) throws Exception {
    for (String length : new String[] {"", "\r\nContent-Length: 9"}) {
      String headers = "Content-Disposition: form-data; name=\"model\"" + length;
      String file = part("name=\"file\"; filename=\"a\"", "a\r\n\0b");
      String form = form(file, headed(headers, "whisper-1"), part("name=\"n\"", "2"));
      Part part = read(TYPE, form).part("model");
      byte[] utf8 = model.getBytes(StandardCharsets.UTF_8);
      String expected =
          form(
                  file,
                  headed(headers.replace("9", "" + utf8.length), "\u0001"),
                  part("name=\"n\"", "2"))
              .replace("\u0001", new String(utf8, StandardCharsets.ISO_8859_1));
      for (String padding : new String[] {"", "x".repeat(20_000)}) {
        ByteBuf body = Unpooled.buffer().writeBytes(new byte[3]).skipBytes(3);
        body.writeCharSequence(form + padding, StandardCharsets.ISO_8859_1);
        ByteBuf edited = FormFields.withModel(body, part, model);
        assertThat(edited.toString(StandardCharsets.ISO_8859_1)).isEqualTo(expected + padding);
        edited.release();
        assertThat(body.refCnt()).isZero();
      }
    }
  }

  @Test
  void aLargeFormIsReadWhereverItsLinesEnd() throws Exception {
    Random random = new Random(7);
    byte[] noise = new byte[1 << 20];
    random.nextBytes(noise);
    String file = new String(noise, StandardCharsets.ISO_8859_1);
    for (String content : new String[] {file, "\r\n--B".repeat(50_000), "\n".repeat(50_000)}) {
      String form = form(part("name=\"file\"; filename=\"a\"", content), MODEL);
      FormFields fields = read(TYPE, form);
      assertThat(fields.model()).isEqualTo("whisper-1");
      assertThat(content(form, fields.parts().get(0)).equals(content)).isTrue();
    }
  }
}
