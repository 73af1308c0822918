package io.stipend.gateway.coding;

import com.github.luben.zstd.util.Native;
import io.netty.util.AsciiString;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A content coding of RFC 9110 that is undone here. {@code br} and {@code zstd} are native code:
 * their libraries are loaded when the first body needs them, from the jar by way of the folder
 * {@code java.io.tmpdir}.
 */
public enum ContentCoding {
  /** RFC 1952, several members included. */
  GZIP(List.of("gzip", "x-gzip"), () -> new ZlibDecoder(true), null),
  /** RFC 1950: deflate in zlib's frame, which is what HTTP calls deflate. */
  DEFLATE(List.of("deflate"), () -> new ZlibDecoder(false), null),
  /** RFC 7932. */
  BROTLI(List.of("br"), BrotliDecoder::new, BrotliDecoder::load),
  /** RFC 8878, several frames included; windows within the 8 MB of RFC 9659. */
  ZSTD(List.of("zstd"), ZstdDecoder::new, Native::load);

  /** What a client may name, for messages. */
  public static final String ACCEPTED = "gzip, deflate, br, zstd";

  private final List<AsciiString> names;
  private final Supplier<BodyDecoder> decoders;
  private final @Nullable Runnable loader;
  private @Nullable CompletableFuture<Void> loaded;

  ContentCoding(List<String> names, Supplier<BodyDecoder> decoders, @Nullable Runnable loader) {
    this.names = names.stream().map(AsciiString::cached).toList();
    this.decoders = decoders;
    this.loader = loader;
  }

  /** The coding of this name, in any case; null if it is none of these, or more than one. */
  public static @Nullable ContentCoding named(CharSequence name) {
    for (ContentCoding coding : values()) {
      for (AsciiString known : coding.names) {
        if (known.contentEqualsIgnoreCase(name)) {
          return coding;
        }
      }
    }
    return null;
  }

  /** Its name on the wire. */
  public String label() {
    return names.get(0).toString();
  }

  /**
   * Loads what it needs, once and on a thread of its own.
   *
   * @return completes when {@link #open} may be called; exceptionally where this system has no
   *     library for it
   */
  public synchronized CompletableFuture<Void> load() {
    CompletableFuture<Void> known = loaded;
    if (known == null) {
      known = loader == null ? CompletableFuture.completedFuture(null) : begin(loader);
      loaded = known;
    }
    return known;
  }

  private CompletableFuture<Void> begin(Runnable library) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                library.run();
                done.complete(null);
              } catch (LinkageError | RuntimeException e) {
                done.completeExceptionally(e);
              }
            },
            "stipend-coding-" + label());
    thread.setDaemon(true);
    thread.start();
    return done;
  }

  /** A decoder for one body. */
  public BodyDecoder open() {
    return decoders.get();
  }
}
