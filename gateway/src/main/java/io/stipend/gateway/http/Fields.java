package io.stipend.gateway.http;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.util.AbstractMap.SimpleImmutableEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The header fields of one head, in order, in two flat arrays. A head has a dozen fields, for which
 * looking at each is cheaper than a hash table's nodes. Names are compared without case.
 *
 * <p>It checks nothing: what reads a head refuses what is malformed, and what writes one must do so
 * too. For one thread.
 */
public final class Fields extends HttpHeaders {
  private static final int FIRST_ROOM = 16;

  private CharSequence[] names;
  private CharSequence[] values;
  private int size;

  /** Without fields. */
  public Fields() {
    this(FIRST_ROOM);
  }

  /**
   * Without fields.
   *
   * @param room for how many fields before its arrays must grow; at least 1
   */
  public Fields(int room) {
    names = new CharSequence[room];
    values = new CharSequence[room];
  }

  /** The same fields as others, in their order. */
  public static Fields copyOf(HttpHeaders others) {
    Fields copy = new Fields();
    copy.add(others);
    return copy;
  }

  /** These fields as such; the same object where they are already. */
  public static Fields of(HttpHeaders headers) {
    return headers instanceof Fields fields ? fields : copyOf(headers);
  }

  /** The name of a field by its place, as it was given. */
  public CharSequence name(int index) {
    return names[index];
  }

  /** The value of a field by its place. */
  public CharSequence value(int index) {
    return values[index];
  }

  /** Whether the field at a place has this name. */
  public boolean is(int index, AsciiString name) {
    return same(names[index], name);
  }

  /** The first value of a name, as it stands in the head; null if there is none. */
  public @Nullable CharSequence first(CharSequence name) {
    int at = indexOf(name, 0);
    return at < 0 ? null : values[at];
  }

  private int indexOf(CharSequence name, int from) {
    for (int i = from; i < size; i++) {
      if (same(names[i], name)) {
        return i;
      }
    }
    return -1;
  }

  private static boolean same(CharSequence one, CharSequence other) {
    return one == other
        || (one.length() == other.length() && AsciiString.contentEqualsIgnoreCase(one, other));
  }

  @Override
  public @Nullable String get(CharSequence name) {
    CharSequence value = first(name);
    return value == null ? null : value.toString();
  }

  @Override
  public @Nullable String get(String name) {
    return get((CharSequence) name);
  }

  @Override
  public List<String> getAll(CharSequence name) {
    List<String> all = new ArrayList<>(1);
    for (int i = indexOf(name, 0); i >= 0; i = indexOf(name, i + 1)) {
      all.add(values[i].toString());
    }
    return all;
  }

  @Override
  public List<String> getAll(String name) {
    return getAll((CharSequence) name);
  }

  @Override
  public boolean contains(CharSequence name) {
    return indexOf(name, 0) >= 0;
  }

  @Override
  public boolean contains(String name) {
    return contains((CharSequence) name);
  }

  @Override
  public boolean contains(CharSequence name, CharSequence value, boolean ignoreCase) {
    return contains(name.toString(), value.toString(), ignoreCase);
  }

  @Override
  public @Nullable Integer getInt(CharSequence name) {
    String value = get(name);
    return value == null ? null : Integer.valueOf(value);
  }

  @Override
  public int getInt(CharSequence name, int otherwise) {
    String value = get(name);
    return value == null ? otherwise : Integer.parseInt(value);
  }

  @Override
  public @Nullable Short getShort(CharSequence name) {
    String value = get(name);
    return value == null ? null : Short.valueOf(value);
  }

  @Override
  public short getShort(CharSequence name, short otherwise) {
    String value = get(name);
    return value == null ? otherwise : Short.parseShort(value);
  }

  @Override
  public Long getTimeMillis(CharSequence name) {
    throw new UnsupportedOperationException("dates are not read");
  }

  @Override
  public long getTimeMillis(CharSequence name, long otherwise) {
    throw new UnsupportedOperationException("dates are not read");
  }

  @Override
  public List<Map.Entry<String, String>> entries() {
    List<Map.Entry<String, String>> entries = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      entries.add(new SimpleImmutableEntry<>(names[i].toString(), values[i].toString()));
    }
    return entries;
  }

  /** As Netty has it: {@link #iteratorCharSequence} makes no strings. */
  @Deprecated
  @Override
  public Iterator<Map.Entry<String, String>> iterator() {
    return List.copyOf(entries()).iterator();
  }

  @Override
  public Iterator<Map.Entry<CharSequence, CharSequence>> iteratorCharSequence() {
    return new Iterator<>() {
      private int next;

      @Override
      public boolean hasNext() {
        return next < size;
      }

      @Override
      public Map.Entry<CharSequence, CharSequence> next() {
        if (next >= size) {
          throw new NoSuchElementException();
        }
        return new SimpleImmutableEntry<>(names[next], values[next++]);
      }
    };
  }

  @Override
  public boolean isEmpty() {
    return size == 0;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public Set<String> names() {
    Set<String> all = new LinkedHashSet<>();
    for (int i = 0; i < size; i++) {
      all.add(names[i].toString());
    }
    return all;
  }

  /** Adds a field behind all others. */
  public Fields append(CharSequence name, CharSequence value) {
    if (size == names.length) {
      names = Arrays.copyOf(names, 2 * size);
      values = Arrays.copyOf(values, 2 * size);
    }
    names[size] = name;
    values[size++] = value;
    return this;
  }

  @Override
  public HttpHeaders add(CharSequence name, Object value) {
    return append(name, text(value));
  }

  @Override
  public HttpHeaders add(String name, Object value) {
    return append(name, text(value));
  }

  @Override
  public HttpHeaders add(String name, Iterable<?> several) {
    several.forEach(value -> append(name, text(value)));
    return this;
  }

  @Override
  public HttpHeaders add(CharSequence name, Iterable<?> several) {
    return add(name.toString(), several);
  }

  @Override
  public HttpHeaders add(HttpHeaders others) {
    if (others instanceof Fields fields) {
      int more = fields.size;
      for (int i = 0; i < more; i++) {
        append(fields.names[i], fields.values[i]);
      }
    } else {
      others
          .iteratorCharSequence()
          .forEachRemaining(field -> append(field.getKey(), field.getValue()));
    }
    return this;
  }

  @Override
  public HttpHeaders addInt(CharSequence name, int value) {
    return append(name, Integer.toString(value));
  }

  @Override
  public HttpHeaders addShort(CharSequence name, short value) {
    return append(name, Short.toString(value));
  }

  @Override
  public HttpHeaders set(CharSequence name, Object value) {
    int at = indexOf(name, 0);
    if (at < 0) {
      return append(name, text(value));
    }
    names[at] = name;
    values[at] = text(value);
    removeFrom(at + 1, name);
    return this;
  }

  @Override
  public HttpHeaders set(String name, Object value) {
    return set((CharSequence) name, value);
  }

  @Override
  public HttpHeaders set(String name, Iterable<?> several) {
    remove(name);
    return add(name, several);
  }

  @Override
  public HttpHeaders set(CharSequence name, Iterable<?> several) {
    return set(name.toString(), several);
  }

  @Override
  public HttpHeaders setInt(CharSequence name, int value) {
    return set(name, Integer.toString(value));
  }

  @Override
  public HttpHeaders setShort(CharSequence name, short value) {
    return set(name, Short.toString(value));
  }

  @Override
  public HttpHeaders remove(CharSequence name) {
    removeFrom(0, name);
    return this;
  }

  @Override
  public HttpHeaders remove(String name) {
    return remove((CharSequence) name);
  }

  private void removeFrom(int from, CharSequence name) {
    int kept = indexOf(name, from);
    if (kept < 0) {
      return;
    }
    for (int i = kept + 1; i < size; i++) {
      if (!same(names[i], name)) {
        names[kept] = names[i];
        values[kept++] = values[i];
      }
    }
    Arrays.fill(names, kept, size, null);
    Arrays.fill(values, kept, size, null);
    size = kept;
  }

  @Override
  public HttpHeaders clear() {
    Arrays.fill(names, 0, size, null);
    Arrays.fill(values, 0, size, null);
    size = 0;
    return this;
  }

  @Override
  public HttpHeaders copy() {
    return copyOf(this);
  }

  private static CharSequence text(Object value) {
    return value instanceof CharSequence text ? text : value.toString();
  }
}
