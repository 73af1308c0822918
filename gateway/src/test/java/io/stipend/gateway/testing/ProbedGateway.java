package io.stipend.gateway.testing;

import io.netty.util.internal.PlatformDependent;
import io.stipend.gateway.Gateway;
import io.stipend.gateway.admin.AdminService.KeyOrder;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A gateway alone in a process that tells how much memory it uses: on each line of its input it
 * collects garbage, and prints what is left.
 */
public final class ProbedGateway implements AutoCloseable {
  private final Process process;
  private final BufferedReader out;
  private final InetSocketAddress address;
  private final String key;

  private ProbedGateway(Process process) throws IOException {
    this.process = process;
    this.out =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    String[] ready = out.readLine().split(" ");
    this.address = new InetSocketAddress("127.0.0.1", Integer.parseInt(ready[1]));
    this.key = ready[2];
  }

  /**
   * Memory in use, in bytes.
   *
   * @param heap reachable objects
   * @param direct buffers outside of the heap, those that pools keep included
   * @param resident what the system counts, compilers and freed pages included, so that it is for
   *     people to read; 0 where the system does not tell
   */
  public record Memory(long heap, long direct, long resident) {
    /** By how much more is in use than before; what became less outweighs nothing. */
    public long moreThan(Memory before) {
      return Math.max(0, heap - before.heap) + Math.max(0, direct - before.direct);
    }
  }

  /** Starts with this quota file, and a key of the person {@code ada}. */
  public static ProbedGateway start(Path folder, String quotas) throws IOException {
    return start(folder, quotas, "");
  }

  /** The same with more keys of the section {@code gateway}, each on a line of its own. */
  public static ProbedGateway start(Path folder, String quotas, String gatewayKeys)
      throws IOException {
    ServedProcess.write(folder, quotas, gatewayKeys);
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // A heap that is resident from the start, so that only other memory can make it grow.
    line.addAll(List.of("-Xms192m", "-Xmx192m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC"));
    // The optimizing compiler takes and frees megabytes of its own while a test looks.
    line.add("-XX:TieredStopAtLevel=1");
    line.addAll(List.of("-Dio.netty.leakDetection.level=disabled"));
    line.addAll(List.of("-cp", ServedProcess.classPath(), ProbedGateway.class.getName()));
    line.add(folder.resolve("stipend.yaml").toString());
    Process process =
        new ProcessBuilder(line).redirectError(folder.resolve("probe.err").toFile()).start();
    try {
      return new ProbedGateway(process);
    } catch (IOException | RuntimeException e) {
      process.destroyForcibly();
      throw new IOException(Files.readString(folder.resolve("probe.err")), e);
    }
  }

  public InetSocketAddress address() {
    return address;
  }

  public String key() {
    return key;
  }

  public Memory memory() throws IOException {
    process.getOutputStream().write('\n');
    process.getOutputStream().flush();
    String[] said = out.readLine().split(" ");
    return new Memory(Long.parseLong(said[0]), Long.parseLong(said[1]), Long.parseLong(said[2]));
  }

  @Override
  public void close() throws IOException {
    process.destroyForcibly();
    out.close();
  }

  /** The child. The argument is the quota file. */
  public static void main(String[] args) throws IOException {
    PrintStream told = System.out;
    System.setOut(System.err);
    Gateway gateway = Gateway.start(Path.of(args[0]), Map.of(), InstantSource.system());
    String key = gateway.admin().createKey(new KeyOrder("ada", null, null, null), "test").key();
    told.println("ready " + gateway.address().getPort() + " " + key);
    BufferedReader asked =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    while (asked.readLine() != null) {
      System.gc();
      long heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
      told.println(heap + " " + direct() + " " + resident());
    }
    Runtime.getRuntime().halt(0);
  }

  /** What any of Netty's allocators holds; as the JDK counts it where Netty asks the JDK for it. */
  private static long direct() {
    long direct = 0;
    for (BufferPoolMXBean pool : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class)) {
      direct += pool.getName().equals("direct") ? pool.getMemoryUsed() : 0;
    }
    return Math.max(direct, PlatformDependent.usedDirectMemory());
  }

  private static long resident() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return 0;
    }
    return Files.readAllLines(status).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1_024)
        .findFirst()
        .orElse(0);
  }
}
