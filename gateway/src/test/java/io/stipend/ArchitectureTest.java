package io.stipend;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The modules depend in one direction, and only one of them knows the network. */
class ArchitectureTest {
  private static final String METERING = "io.stipend.metering..";
  private static final String POLICY = "io.stipend.policy..";
  private static final String GATEWAY = "io.stipend.gateway..";

  private static JavaClasses product;

  @BeforeAll
  static void readClasses() {
    product =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.stipend");
  }

  @Test
  void allThreeModulesAreLookedAt() {
    for (String name :
        new String[] {
          "io.stipend.metering.TokenUsage",
          "io.stipend.policy.PolicyEngine",
          "io.stipend.gateway.dialect.Dialect"
        }) {
      assertThat(product.contain(name)).as(name).isTrue();
    }
  }

  @Test
  void everythingBelongsToAModule() {
    classes().should().resideInAnyPackage(METERING, POLICY, GATEWAY).check(product);
  }

  @Test
  void meteringKnowsNeitherPolicyNorGateway() {
    noClasses()
        .that()
        .resideInAPackage(METERING)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(POLICY, GATEWAY)
        .check(product);
  }

  @Test
  void policyDoesNotKnowTheGateway() {
    noClasses()
        .that()
        .resideInAPackage(POLICY)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(GATEWAY)
        .check(product);
  }

  @Test
  void onlyTheGatewayKnowsNettyHttpProcessesAndCommands() {
    noClasses()
        .that()
        .resideOutsideOfPackage(GATEWAY)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.netty..", "java.net.http..", "picocli..", "com.sun.net..")
        .check(product);
  }

  @Test
  void onlyMeteringKnowsTheDatabase() {
    noClasses()
        .that()
        .resideOutsideOfPackage(METERING)
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("java.sql..", "org.sqlite..")
        .check(product);
  }

  @Test
  void packagesHaveNoCycles() {
    slices().matching("io.stipend.(**)").should().beFreeOfCycles().check(product);
  }
}
