package io.stipend.metering.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.stipend.metering.export.FocusExport.FocusOptions;
import io.stipend.metering.export.FocusFacts.Fact;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.Progress;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The project's table of columns against the models of the specification, and a file of 1.2 against
 * the rules that its validator runs, where these lie beside the project.
 */
class FocusModelTest {
  private static final Path MODELS = Path.of("../../shared/data/focus");
  private static final Path MODEL_14 = MODELS.resolve("focus_1_4_model.json");
  private static final Path MODEL_12 = MODELS.resolve("focus-1.2-requirements-model.json");
  private static final JsonMapper JSON = new JsonMapper();

  @TempDir Path folder;

  @BeforeEach
  void modelsAreThere() {
    assumeTrue(
        Files.isRegularFile(MODEL_14) && Files.isRegularFile(MODEL_12),
        "no models in " + MODELS + ": the tables of columns were compared with nothing");
  }

  @Test
  void theTableOf14IsThatOfTheModel() throws Exception {
    JsonNode model = JSON.readTree(MODEL_14.toFile());
    JsonNode parents = model.get("service_subcategory_parents");
    Map<String, Fact> facts = new TreeMap<>();
    model
        .at("/datasets/Cost and Usage/columns")
        .properties()
        .forEach(
            column -> {
              JsonNode said = column.getValue();
              Map<String, String> allowed = new HashMap<>();
              boolean subcategory = column.getKey().equals("ServiceSubcategory");
              for (JsonNode value : said.get("allowed_values")) {
                String text = value.textValue();
                allowed.put(text, subcategory ? parents.get(text).textValue() : "");
              }
              facts.put(
                  column.getKey(),
                  new Fact(
                      column.getKey(),
                      said.get("data_type").textValue(),
                      said.get("allows_nulls").booleanValue(),
                      said.get("feature_level").textValue(),
                      allowed));
            });
    assertThat(facts).hasSize(65);
    assertThat(FocusFacts.of(FocusVersion.V1_4)).isEqualTo(facts);
  }

  @Test
  void theTableOf12IsThatOfTheRules() throws Exception {
    Map<String, Fact> facts = FocusFacts.of(FocusVersion.V1_2);
    FocusRules rules = new FocusRules(JSON.readTree(MODEL_12.toFile()));
    assertThat(rules.types()).hasSize(57);
    Map<String, String> types = new HashMap<>();
    Map<String, String> levels = new HashMap<>();
    Map<String, Boolean> nulls = new HashMap<>();
    Map<String, Set<String>> allowed = new HashMap<>();
    for (Fact fact : facts.values()) {
      types.put(fact.name(), fact.type());
      levels.put(fact.name(), fact.level());
      nulls.put(fact.name(), fact.nulls());
      if (!fact.allowed().isEmpty()) {
        allowed.put(fact.name(), fact.allowed().keySet());
      }
    }
    assertThat(types).isEqualTo(rules.types());
    assertThat(levels).isEqualTo(rules.levels());
    assertThat(nulls).isEqualTo(rules.nulls());
    assertThat(allowed).isEqualTo(rules.allowed());
  }

  @Test
  void aFileOf12KeepsTheRulesOfTheValidatorsModel() throws Exception {
    FocusRules rules = new FocusRules(JSON.readTree(MODEL_12.toFile()));
    for (int seed = 0; seed < 2; seed++) {
      FocusFile file = file(seed);
      assertThat(rules.broken(file)).as("seed %d", seed).isEmpty();
      assertThat(rules.checked()).as("rules that were run").isGreaterThan(150);
      file.rows.get(0).set("ListUnitPrice", "-1.0");
      assertThat(rules.broken(file))
          .anyMatch(said -> said.startsWith("ListUnitPrice-C-008-M"))
          .anyMatch(said -> said.startsWith("ListUnitPrice-C-010-C"));
    }
  }

  private FocusFile file(int seed) throws Exception {
    try (FocusHistory history = new FocusHistory(folder.resolve("seed" + seed), seed).steps(120);
        LedgerReader reader = history.reader()) {
      StringWriter out = new StringWriter();
      new FocusExport(new FocusOptions(FocusVersion.V1_2, Map.of()))
          .write(
              reader,
              FocusHistory.START.minusSeconds(86_400L * 30),
              FocusHistory.END,
              out,
              Progress.NONE);
      return FocusFile.parse(out.toString());
    }
  }
}
