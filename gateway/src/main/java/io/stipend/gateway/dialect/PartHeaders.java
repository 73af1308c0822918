package io.stipend.gateway.dialect;

import io.stipend.gateway.dialect.Multipart.Part;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The headers of one part of a form, read strictly: what two readers could take apart is refused.
 */
final class PartHeaders {
  private static final String DISPOSITION = "Content-Disposition";
  private static final String TYPE = "Content-Type";
  private static final String LENGTH = "Content-Length";
  private static final String TRANSFER_ENCODING = "Content-Transfer-Encoding";

  /** Those that leave the bytes as they are. */
  private static final Set<String> IDENTITIES = Set.of("7bit", "8bit", "binary");

  /** What a name has besides letters and digits: about all else some readers differ. */
  private static final String NAME_MARKS = "_-.[]";

  /** A field that changes how some readers decode all others (RFC 7578, 4.6). */
  private static final String CHARSET_FIELD = "_charset_";

  /** Readers that search for the name without minding quotes, as multer's does, find it here. */
  private static final Pattern NAME_WITHIN = Pattern.compile("(?i)\\bname\\s*=");

  /** The longest Content-Length that is read. */
  private static final int MAX_DIGITS = 10;

  private @Nullable String name;
  private boolean file;
  private @Nullable String type;
  private @Nullable String transferEncoding;
  private @Nullable Span length;
  private long lengthSaid;

  /**
   * Takes one line.
   *
   * @param offset where the body begins in the array
   */
  void add(byte[] bytes, int offset, int from, int to) throws BadBody {
    String line = new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    int colon = line.indexOf(':');
    if (colon < 1 || !line.chars().limit(colon).allMatch(HeaderParameters::isToken)) {
      // A line that begins with space would go on with the one before it.
      throw bad("header of a part", line, "Name: value");
    }
    if (!line.chars().allMatch(c -> c == '\t' || (c >= ' ' && c != 0x7F))) {
      throw bad("header of a part", line, "no control characters");
    }
    String value = line.substring(colon + 1).strip();
    switch (line.substring(0, colon).toLowerCase(Locale.ROOT)) {
      case "content-disposition" -> disposition(value);
      case "content-type" -> type(value);
      case "content-transfer-encoding" ->
          transferEncoding = once(TRANSFER_ENCODING, transferEncoding, value);
      case "content-length" -> {
        once(LENGTH, length == null ? null : "", value);
        lengthSaid = number(value);
        int start = from - offset + line.indexOf(value, colon + 1);
        length = new Span(start, start + value.length());
      }
      default -> {}
    }
  }

  private static String once(String header, @Nullable String before, String value) throws BadBody {
    if (before != null) {
      throw bad(header, value, "once in a part");
    }
    return value;
  }

  private void type(String value) throws BadBody {
    type = once(TYPE, type, value);
    HeaderParameters parameters = HeaderParameters.of(TYPE, value);
    if (parameters.get("name") != null
        || parameters.get("filename") != null
        || parameters.extended()) {
      // Some readers look for the name of the part in any of its headers.
      throw bad(TYPE, value, "no name but that of " + DISPOSITION);
    }
    String media = HeaderParameters.mediaType(value);
    int slash = media.indexOf('/');
    if (slash < 1 || !media.chars().allMatch(c -> c == '/' || HeaderParameters.isToken(c))) {
      throw bad(TYPE, value, "a media type such as audio/wav");
    }
    if (media.startsWith("multipart/")) {
      throw bad(TYPE, value, "no form within a part");
    }
  }

  private void disposition(String value) throws BadBody {
    HeaderParameters parameters = HeaderParameters.of(DISPOSITION, value);
    String given = parameters.get("name");
    boolean named = parameters.get("filename") != null;
    boolean encoded = parameters.get("filename*") != null;
    int known = (given == null ? 0 : 1) + (named ? 1 : 0) + (encoded ? 1 : 0);
    if (given == null
        || !HeaderParameters.mediaType(value).equals("form-data")
        || parameters.size() != known) {
      throw bad(DISPOSITION, value, "form-data; name= and perhaps filename=");
    }
    if (!isPlain(given)) {
      throw bad(DISPOSITION, value, "a name of letters, digits and " + NAME_MARKS);
    }
    if (named && NAME_WITHIN.matcher(String.valueOf(parameters.get("filename"))).find()) {
      throw bad(DISPOSITION, value, "no name= within the file's name");
    }
    name = once(DISPOSITION, name, given);
    file = named || encoded;
  }

  private static boolean isPlain(String name) {
    return !name.isEmpty()
        && !name.equals(CHARSET_FIELD)
        && name.chars()
            .allMatch(c -> HeaderParameters.isAlphanumeric(c) || NAME_MARKS.indexOf(c) >= 0);
  }

  private static long number(String digits) throws BadBody {
    boolean plain = !digits.isEmpty() && digits.length() <= MAX_DIGITS;
    if (!plain || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
      throw bad(LENGTH, digits, "the bytes of the part");
    }
    return Long.parseLong(digits);
  }

  /** The part that they head, with its content. */
  Part part(Span value) throws BadBody {
    String field = name;
    if (field == null) {
      throw bad("headers of a part", "no name", DISPOSITION + ": form-data; name=");
    }
    if (transferEncoding != null
        && !IDENTITIES.contains(transferEncoding.toLowerCase(Locale.ROOT))) {
      throw bad(TRANSFER_ENCODING, transferEncoding, "none, 7bit, 8bit or binary");
    }
    if (length != null && lengthSaid != value.length()) {
      throw bad(LENGTH, "" + lengthSaid, value.length() + ", the bytes of the part");
    }
    return new Part(field, file, type, value, length);
  }

  private static BadBody bad(String header, String found, String expected) {
    return BadBody.of(header + ": " + BodyScan.shown(found) + " (expected: " + expected + ")");
  }
}
