package io.stipend.gateway;

import io.netty.handler.ssl.OpenSsl;
import io.stipend.gateway.server.Transport;
import io.stipend.metering.ledger.SqliteLedger;
import java.security.GeneralSecurityException;
import javax.net.ssl.TrustManagerFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads what a start needs last while it reads its files: the native libraries of the ledger, of
 * sockets and of TLS, and the classes that know authorities. Nothing depends on it but the time
 * that a start takes.
 */
final class Preload {
  private static final Logger LOG = LoggerFactory.getLogger(Preload.class);

  private Preload() {}

  static void begin() {
    Thread thread = new Thread(Preload::load, "stipend-preload");
    thread.setDaemon(true);
    thread.start();
  }

  private static void load() {
    SqliteLedger.preload();
    Transport.Kind.best();
    OpenSsl.isAvailable();
    try {
      TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    } catch (GeneralSecurityException e) {
      LOG.debug("TLS cannot be preloaded", e);
    }
  }
}
