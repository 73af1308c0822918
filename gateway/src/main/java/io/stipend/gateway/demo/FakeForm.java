package io.stipend.gateway.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.buffer.ByteBufUtil;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.multipart.Attribute;
import io.netty.handler.codec.http.multipart.DefaultHttpDataFactory;
import io.netty.handler.codec.http.multipart.FileUpload;
import io.netty.handler.codec.http.multipart.HttpPostRequestDecoder;
import io.netty.handler.codec.http.multipart.InterfaceHttpData;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** The fields of a request, in JSON or as a form. */
final class FakeForm {
  /** What some SDKs send without a file name. */
  private static final Set<String> FILES = Set.of("file", "image", "image[]", "mask");

  private final Map<String, String> texts = new HashMap<>();
  private final Map<String, Integer> lists = new HashMap<>();
  private int files;
  private long fileBytes;

  private FakeForm() {}

  static FakeForm of(FullHttpRequest request) {
    FakeForm form = new FakeForm();
    String type = request.headers().get(HttpHeaderNames.CONTENT_TYPE, "");
    if (type.startsWith("multipart/form-data")) {
      form.decode(request);
    } else {
      JsonNode json = FakeJson.read(ByteBufUtil.getBytes(request.content()));
      for (Map.Entry<String, JsonNode> field : json.properties()) {
        form.texts.put(field.getKey(), field.getValue().asText(""));
        form.lists.put(field.getKey(), FakeMedia.size(field.getValue()));
      }
    }
    return form;
  }

  private void decode(FullHttpRequest request) {
    HttpPostRequestDecoder decoder = null;
    try {
      decoder = new HttpPostRequestDecoder(new DefaultHttpDataFactory(false), request);
      for (InterfaceHttpData data : decoder.getBodyHttpDatas()) {
        if (data instanceof FileUpload file) {
          files++;
          fileBytes += file.length();
          texts.putIfAbsent(file.getName(), "");
        } else if (data instanceof Attribute field && FILES.contains(field.getName())) {
          files++;
          fileBytes += field.length();
          texts.putIfAbsent(field.getName(), "");
        } else if (data instanceof Attribute field) {
          texts.put(field.getName(), field.getValue());
        }
      }
    } catch (HttpPostRequestDecoder.ErrorDataDecoderException | IOException e) {
      throw new FakeProblem(400, "the form cannot be read: " + e.getMessage());
    } finally {
      if (decoder != null) {
        decoder.destroy();
      }
    }
  }

  boolean has(String name) {
    return texts.containsKey(name);
  }

  /** Empty if there is no such field. */
  String text(String name) {
    return texts.getOrDefault(name, "");
  }

  /** How many stand in a list; 0 if it is none. */
  int size(String name) {
    return lists.getOrDefault(name, 0);
  }

  /** The least where there is no such field. */
  int number(String name, int min, int max) {
    String text = text(name);
    if (text.isEmpty()) {
      return min;
    }
    try {
      int number = Integer.parseInt(text);
      if (number >= min && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw new FakeProblem(400, name + ": " + text + " (expected: " + min + ".." + max + ")");
    }
    throw new FakeProblem(400, name + ": " + text + " (expected: " + min + ".." + max + ")");
  }

  int files() {
    return files;
  }

  long fileBytes() {
    return fileBytes;
  }
}
