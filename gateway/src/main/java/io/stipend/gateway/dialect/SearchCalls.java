package io.stipend.gateway.dialect;

import io.stipend.gateway.dialect.EventScan.Found;

/**
 * Searches of the web among the items of a response. An item of the type {@code web_search_call}
 * may also open or leaf through a page that was found, which is no search and costs none; what its
 * action is stands in it when it is done.
 */
final class SearchCalls {
  static final byte[] CALL = EventScan.key("web_search_call");
  static final byte[] TYPE = EventScan.key("type");
  static final byte[] ACTION = EventScan.key("action");
  static final byte[] STATUS = EventScan.key("status");
  private static final byte[] FAILED = EventScan.key("failed");

  /** Actions that cost nothing. */
  private static final byte[][] FREE = EventScan.keys("open_page", "find_in_page", "find");

  private boolean call;
  private boolean free;

  /** Another item begins. */
  void begin() {
    call = false;
    free = false;
  }

  /** A string of the item. */
  void inItem(JsonString at) {
    if (at.keyIs(TYPE)) {
      call = at.valueIs(CALL);
    } else if (at.keyIs(STATUS)) {
      free |= at.valueIs(FAILED);
    }
  }

  /** A string of the item's action. */
  void inAction(JsonString at) {
    if (at.keyIs(TYPE)) {
      for (byte[] action : FREE) {
        free |= at.valueIs(action);
      }
    }
  }

  /** Whether the item is a call of the search tool, whatever it does. */
  boolean call() {
    return call;
  }

  /** Whether the item, as far as it was read, is a search that is billed. */
  boolean billed() {
    return call && !free;
  }

  /** Billed searches in a list of items. */
  static long in(byte[] bytes, int from, int to, int maxDepth) {
    EventScan scan = new EventScan(maxDepth);
    SearchCalls item = new SearchCalls();
    long billed = 0;
    scan.over(bytes, from, to);
    for (Found found = scan.next(); found != Found.END; found = scan.next()) {
      int depth = scan.depth();
      if (found == Found.OPEN && depth == 2) {
        item.begin();
      } else if (found == Found.OPEN && depth == 3 && !scan.keyIs(ACTION)) {
        scan.skip();
      } else if (found == Found.OPEN && depth > 3) {
        scan.skip();
      } else if (found == Found.CLOSE && depth == 1) {
        billed += item.billed() ? 1 : 0;
      } else if (found == Found.STRING && depth == 2) {
        item.inItem(scan);
      } else if (found == Found.STRING && depth == 3) {
        item.inAction(scan);
      }
    }
    return billed;
  }
}
