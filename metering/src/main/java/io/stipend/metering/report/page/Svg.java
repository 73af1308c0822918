package io.stipend.metering.report.page;

/** A drawing in whole units; colours are the style sheet's. */
final class Svg {
  private final int width;
  private final int height;
  private final StringBuilder body = new StringBuilder();

  Svg(int width, int height) {
    this.width = width;
    this.height = height;
  }

  Svg rect(String style, int x, int y, int w, int h, String tip) {
    body.append("<rect class=\"").append(style).append('"');
    number("x", x).number("y", y).number("width", Math.max(0, w)).number("height", Math.max(0, h));
    body.append("><title>").append(Markup.escaped(tip)).append("</title></rect>");
    return this;
  }

  Svg line(String style, int x1, int y1, int x2, int y2) {
    body.append("<line class=\"").append(style).append('"');
    number("x1", x1).number("y1", y1).number("x2", x2).number("y2", y2);
    body.append("/>");
    return this;
  }

  /**
   * @param anchor {@code start}, {@code middle} or {@code end}
   */
  Svg text(String style, int x, int y, String anchor, String text) {
    body.append("<text class=\"").append(style).append('"');
    number("x", x).number("y", y);
    body.append(" text-anchor=\"").append(anchor).append("\">");
    body.append(Markup.escaped(text)).append("</text>");
    return this;
  }

  Svg path(String style, String d) {
    body.append("<path class=\"").append(style).append("\" d=\"").append(d).append("\"/>");
    return this;
  }

  private Svg number(String name, int value) {
    body.append(' ').append(name).append("=\"").append(value).append('"');
    return this;
  }

  /** The element, with what it shows in words. */
  String element(String style, String title, String spoken) {
    return "<svg class=\""
        + style
        + "\" role=\"img\" viewBox=\"0 0 "
        + width
        + " "
        + height
        + "\" width=\""
        + width
        + "\" height=\""
        + height
        + "\" aria-label=\""
        + Markup.escaped(title + ". " + spoken)
        + "\">"
        + body
        + "</svg>";
  }
}
