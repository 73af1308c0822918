package io.stipend.metering.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that appear whole. */
class WholeFileTest {
  @TempDir Path folder;

  @Test
  void aFileIsItsOwnersAloneAlsoWhereAnEnginePutItsOwnInThePlace() throws Exception {
    Path file = folder.resolve("usage.parquet");
    WholeFile.write(
        file,
        temporary -> {
          Files.delete(temporary);
          Files.writeString(temporary, "rows", StandardOpenOption.CREATE_NEW);
          Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rw-r--r--"));
        });

    assertThat(file).hasContent("rows");
    assertThat(Files.getPosixFilePermissions(file))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
  }
}
