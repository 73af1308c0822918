package io.stipend.metering.reconcile;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The pages of a report as an API gives them, one after another or in an array: {@code
 * {"data":[BUCKET…],"has_more":…,"next_page":…}}, where each bucket has {@code results}. A page
 * that says that more follow must be followed, and no result may stand there twice.
 */
final class JsonPages {
  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .build();

  private JsonPages() {}

  /**
   * A result and the bucket that holds it.
   *
   * @param bucket with its times
   * @param result with its figures; null where the bucket has none
   */
  record Result(JsonFields bucket, @Nullable JsonFields result) {}

  /**
   * Reads a file.
   *
   * @param seen the results of the files before with their places; those of this one are added
   */
  static List<Result> read(String file, byte[] bytes, Map<List<Object>, String> seen) {
    List<JsonFields> pages = pages(file, bytes);
    List<Result> results = new ArrayList<>();
    for (int i = 0; i < pages.size(); i++) {
      boolean last = i + 1 == pages.size();
      if (last && pages.get(i).node().path("has_more").asBoolean()) {
        throw pages.get(i).problem("has_more", "true (expected: the page that follows, too)");
      }
      for (JsonFields bucket : children(pages.get(i), "data")) {
        String name = bucket.has("results") ? "results" : "result";
        List<JsonFields> inBucket = children(bucket, name);
        if (inBucket.isEmpty()) {
          results.add(new Result(bucket, null));
        }
        for (JsonFields result : inBucket) {
          String start = String.valueOf(bucket.node().path("start_time"));
          start += bucket.node().path("starting_at") + "/" + bucket.node().path("end_time");
          String before = seen.put(List.of(start, result.node()), result.place(""));
          if (before != null) {
            throw result.problem("", "stands at " + before + " too (expected: each page once)");
          }
          results.add(new Result(bucket, result));
        }
      }
    }
    return results;
  }

  private static List<JsonFields> pages(String file, byte[] bytes) {
    List<JsonFields> pages = new ArrayList<>();
    try (JsonParser parser = JSON.createParser(new String(bytes, StandardCharsets.UTF_8));
        MappingIterator<JsonNode> values = JSON.readerFor(JsonNode.class).readValues(parser)) {
      while (values.hasNextValue()) {
        JsonNode value = values.nextValue();
        for (JsonNode page : value.isArray() ? value : List.of(value)) {
          pages.add(new JsonFields(page, file + ": page " + (pages.size() + 1)));
        }
      }
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      String line = at == null ? "" : ": line " + at.getLineNr() + " column " + at.getColumnNr();
      throw new ProviderFileException(file + line, "no JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new ProviderFileException(file, "cannot be read: " + e, e);
    }
    if (pages.isEmpty()) {
      throw new ProviderFileException(file, "empty (expected: a page of a report)");
    }
    return pages;
  }

  private static List<JsonFields> children(JsonFields parent, String name) {
    JsonNode list = parent.node().path(name);
    if (!list.isArray()) {
      throw parent.problem(name, "expected a list");
    }
    List<JsonFields> children = new ArrayList<>();
    for (int i = 0; i < list.size(); i++) {
      children.add(new JsonFields(list.get(i), parent.place(name) + "[" + i + "]"));
    }
    return children;
  }
}
