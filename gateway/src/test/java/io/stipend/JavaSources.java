package io.stipend;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.LineMap;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.PrimitiveTypeTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.lang.model.type.TypeKind;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;

/** Java files as the compiler's parser sees them. */
final class JavaSources {
  private final List<Method> methods = new ArrayList<>();
  private final List<String> floats = new ArrayList<>();

  /** A method or constructor, from its first modifier to its last brace. */
  record Method(Path file, String name, long line, long lines) {
    @Override
    public String toString() {
      return name + ": " + lines + " lines";
    }
  }

  private JavaSources() {}

  static JavaSources parse(List<Path> files) {
    JavaSources sources = new JavaSources();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager manager =
        compiler.getStandardFileManager(null, null, StandardCharsets.UTF_8)) {
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null,
                  manager,
                  null,
                  List.of("-proc:none"),
                  null,
                  manager.getJavaFileObjectsFromPaths(files));
      SourcePositions positions = Trees.instance(task).getSourcePositions();
      for (CompilationUnitTree unit : task.parse()) {
        sources.new Reader(unit, positions).scan(unit, null);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return sources;
  }

  List<Method> methods() {
    return methods;
  }

  /** Every place that names the type {@code double} or {@code float}, as {@code file:line}. */
  List<String> floats() {
    return floats;
  }

  private final class Reader extends TreeScanner<Void, Void> {
    private final CompilationUnitTree unit;
    private final SourcePositions positions;
    private final LineMap lines;
    private final Path file;

    Reader(CompilationUnitTree unit, SourcePositions positions) {
      this.unit = unit;
      this.positions = positions;
      this.lines = unit.getLineMap();
      this.file = Path.of(unit.getSourceFile().toUri());
    }

    @Override
    public Void visitMethod(MethodTree method, Void nothing) {
      long first = line(positions.getStartPosition(unit, method));
      long last = line(positions.getEndPosition(unit, method));
      methods.add(new Method(file, method.getName().toString(), first, last - first + 1));
      return super.visitMethod(method, nothing);
    }

    @Override
    public Void visitPrimitiveType(PrimitiveTypeTree type, Void nothing) {
      TypeKind kind = type.getPrimitiveTypeKind();
      if (kind == TypeKind.DOUBLE || kind == TypeKind.FLOAT) {
        floats.add(file.getFileName() + ":" + lineOf(type));
      }
      return super.visitPrimitiveType(type, nothing);
    }

    private long lineOf(Tree tree) {
      return line(positions.getStartPosition(unit, tree));
    }

    private long line(long position) {
      return lines.getLineNumber(position);
    }
  }
}
