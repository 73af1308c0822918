package io.stipend.gateway.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.handler.codec.http.HttpMethod;
import io.stipend.gateway.dialect.AnswerReader;
import io.stipend.gateway.dialect.Dialect;
import io.stipend.gateway.dialect.Dialects;
import io.stipend.gateway.http.Fields;
import io.stipend.gateway.server.RequestHead;
import io.stipend.metering.UsageReport;
import io.stipend.metering.tokens.TokenCounter;
import io.stipend.metering.tokens.TokenCounters;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What is done to the bytes of an exchange: bodies of 2 KiB, a stream of 100 events. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class BodyBenchmark {
  private static final Dialect.ReaderLimits LIMITS = new Dialect.ReaderLimits(8 << 20, 512);
  private static final int EVENTS = 100;

  private Dialect dialect;
  private RequestHead head;
  private ByteBuf plain;
  private ByteBuf streamed;
  private Dialect.Peeked plainPeek;
  private Dialect.Peeked streamPeek;
  private ByteBuf json;
  private ByteBuf event;
  private ByteBuf last;
  private TokenCounter counter;
  private String text;

  /** Prepares the bodies. */
  @Setup
  public void prepare() {
    dialect = Dialects.at("/v1/chat/completions");
    head =
        new RequestHead(
            HttpMethod.POST,
            "/v1/chat/completions",
            "",
            new Fields(),
            InetAddress.getLoopbackAddress(),
            true);
    plain = heap(new BenchRequest(0, 0, 0).body());
    streamed = heap(new BenchRequest(EVENTS, 0, 0).body());
    plainPeek = (Dialect.Peeked) dialect.peek(head, plain);
    streamPeek = (Dialect.Peeked) dialect.peek(head, streamed);
    json = direct(BenchProviderHandler.json().getBytes(StandardCharsets.US_ASCII));
    event = direct(BenchProviderHandler.CHUNK.getBytes(StandardCharsets.US_ASCII));
    last = direct(BenchProviderHandler.STREAM_END.getBytes(StandardCharsets.US_ASCII));
    counter = new TokenCounters().forModel("gpt-5-mini");
    text = plain.toString(StandardCharsets.UTF_8);
  }

  private static ByteBuf heap(byte[] bytes) {
    return PooledByteBufAllocator.DEFAULT.heapBuffer(bytes.length).writeBytes(bytes);
  }

  private static ByteBuf direct(byte[] bytes) {
    return PooledByteBufAllocator.DEFAULT.directBuffer(bytes.length).writeBytes(bytes);
  }

  /** Frees them. */
  @TearDown
  public void free() {
    plain.release();
    streamed.release();
    json.release();
    event.release();
    last.release();
  }

  /** Finds model, caps, stream and the places to edit. */
  @Benchmark
  public Dialect.Peek peek() {
    return dialect.peek(head, plain);
  }

  /** Sets a lower cap; the copy of the body is part of it. */
  @Benchmark
  public int edit() {
    ByteBuf copy = PooledByteBufAllocator.DEFAULT.heapBuffer(plain.readableBytes());
    copy.writeBytes(plain, plain.readerIndex(), plain.readableBytes());
    ByteBuf edited = dialect.edit(copy, plainPeek, new Dialect.Edit(null, 128));
    int length = edited.readableBytes();
    edited.release();
    return length;
  }

  /** Finds the usage of a plain answer. */
  @Benchmark
  public UsageReport readAnswer() {
    AnswerReader reader = dialect.reader(plainPeek, false, LIMITS);
    reader.read(json.retainedDuplicate(), ByteBuf::release);
    reader.end(ByteBuf::release);
    UsageReport report = reader.usage();
    reader.close();
    return report;
  }

  /** Scans 100 events, each read by itself, and finds the usage behind them. */
  @Benchmark
  public UsageReport readStream() {
    AnswerReader reader = dialect.reader(streamPeek, true, LIMITS);
    for (int i = 1; i < EVENTS; i++) {
      reader.read(event.retainedDuplicate(), ByteBuf::release);
    }
    reader.read(last.retainedDuplicate(), ByteBuf::release);
    reader.end(ByteBuf::release);
    UsageReport report = reader.usage();
    reader.close();
    return report;
  }

  /** Counts the body exactly, as is done only where it can change a decision. */
  @Benchmark
  public long count() {
    return counter.count(text);
  }
}
