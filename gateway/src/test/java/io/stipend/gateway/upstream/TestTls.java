package io.stipend.gateway.upstream;

import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ServerSocketFactory;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;

/**
 * A self-signed certificate made for one test, by the JDK's own tool.
 *
 * @param certificate PEM
 * @param sockets servers that show it
 * @param context the same, below
 */
public record TestTls(Path certificate, ServerSocketFactory sockets, SSLContext context) {
  private static final String PASSWORD = "changeit";

  public static TestTls make(Path folder, String name) throws Exception {
    Path store = folder.resolve(name + ".p12");
    Path certificate = folder.resolve(name + ".pem");
    keytool(
        store,
        "-genkeypair -keyalg EC -groupname secp256r1 -validity 2 -dname CN=" + name,
        "-ext",
        "san=dns:" + name);
    keytool(store, "-exportcert -rfc", "-file", certificate.toString());
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, PASSWORD.toCharArray());
    }
    var managers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, PASSWORD.toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return new TestTls(certificate, context.getServerSocketFactory(), context);
  }

  /** The server's side of TLS over a socket that stays in the caller's hand. */
  public SSLSocket over(Socket plain) throws IOException {
    SSLSocket secured =
        (SSLSocket) context.getSocketFactory().createSocket(plain, "localhost", 0, true);
    secured.setUseClientMode(false);
    return secured;
  }

  private static void keytool(Path store, String command, String... more) throws Exception {
    List<String> line = new ArrayList<>();
    line.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    line.addAll(List.of(command.split(" ")));
    line.addAll(List.of("-alias", "it", "-storetype", "PKCS12", "-storepass", PASSWORD));
    line.addAll(List.of("-keystore", store.toString()));
    line.addAll(List.of(more));
    Process process =
        new ProcessBuilder(line)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (!process.waitFor(30, TimeUnit.SECONDS) || process.exitValue() != 0) {
      throw new AssertionError("keytool failed: " + line);
    }
  }
}
