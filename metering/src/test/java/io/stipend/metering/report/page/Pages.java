package io.stipend.metering.report.page;

import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;
import org.xml.sax.InputSource;
import org.xml.sax.SAXException;

/** Reads pages as strictly as no browser does. */
public final class Pages {
  /** All that could make a browser ask somebody for something. */
  private static final Pattern REFERENCE =
      Pattern.compile(
          "https?:|url\\(|@import|<(script|link|iframe|img|object|embed|base|form|a)\\b"
              + "|\\b(src|href|srcset|action|on[a-z]+)\\s*=",
          Pattern.CASE_INSENSITIVE);

  private Pages() {}

  /** A report in a format. */
  public static String written(Report report, Format format) {
    StringWriter out = new StringWriter();
    format.write(report, out);
    return out.toString();
  }

  /** The page as XML; fails if it is none. */
  public static Document parsed(String html) {
    try {
      DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
      factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
      return factory.newDocumentBuilder().parse(new InputSource(new StringReader(html)));
    } catch (ParserConfigurationException | SAXException | IOException e) {
      throw new AssertionError("no well-formed page: " + e.getMessage(), e);
    }
  }

  /** The texts of all elements of a name. */
  public static List<String> texts(Document page, String element) {
    NodeList found = page.getElementsByTagName(element);
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < found.getLength(); i++) {
      texts.add(found.item(i).getTextContent());
    }
    return texts;
  }

  /** What the page would ask for, outside of text that it shows; empty if nothing. */
  public static List<String> references(String html) {
    String markup = html.replaceAll("&(amp|lt|gt|quot|#39);", " ");
    return REFERENCE.matcher(tags(markup)).results().map(r -> r.group()).toList();
  }

  /** Without the text between tags, but with the style sheet. */
  private static String tags(String html) {
    StringBuilder tags = new StringBuilder();
    boolean text = false;
    int style = html.indexOf("<style>");
    int end = html.indexOf("</style>");
    for (int i = 0; i < html.length(); i++) {
      char c = html.charAt(i);
      text = (text || c == '>') && c != '<' && !(i > style && i < end);
      if (!text) {
        tags.append(c);
      }
    }
    // What stands in an attribute is no attribute.
    return tags.toString().replaceAll("=\"[^\"]*\"", "=\"\"");
  }
}
