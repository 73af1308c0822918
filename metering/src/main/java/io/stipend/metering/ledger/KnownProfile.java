package io.stipend.metering.ledger;

/** A profile that was met before, with what need not be made again for each attempt. */
final class KnownProfile {
  private final Profile profile;
  private final byte[] alone;

  /** Its number in the batches; 0 before its first use. The writer's thread alone sees it. */
  private long number;

  KnownProfile(Profile profile) {
    this.profile = profile;
    ByteWriter out = new ByteWriter(512);
    profile.write(out, NameWriter.INLINE);
    alone = out.toByteArray();
  }

  Profile profile() {
    return profile;
  }

  /** Writes the profile so that it is readable alone. */
  void writeAlone(ByteWriter out) {
    out.raw(alone, alone.length);
  }

  long number() {
    return number;
  }

  void number(long given) {
    number = given;
  }
}
