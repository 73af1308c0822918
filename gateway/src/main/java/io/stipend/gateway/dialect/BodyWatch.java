package io.stipend.gateway.dialect;

import io.stipend.metering.Meter;
import io.stipend.metering.Units;

/**
 * Looks in a whole answer for what its usage does not say: uses of tools that the provider bills by
 * the use. Depths count from 1 in the root object.
 */
interface BodyWatch {
  /** Answers whose usage says all. */
  BodyWatch NOTHING = paying(Units.NONE);

  /** Answers of which each pays the same beside its tokens, whatever is in it. */
  static BodyWatch paying(Units fee) {
    return new BodyWatch() {
      @Override
      public void open(int depth, JsonString at) {}

      @Override
      public void string(int depth, JsonString at) {}

      @Override
      public void close(int depth) {}

      @Override
      public Units units() {
        return fee;
      }
    };
  }

  /** An object or a list begins, in which values are so deep; only its key is to be asked for. */
  void open(int depth, JsonString at);

  /** A string stands there. */
  void string(int depth, JsonString at);

  /** The object or list ends whose values are so deep. */
  void close(int depth);

  /** What was found so far. */
  Units units();

  /** What of it no usage says, so that it comes on top of one. */
  default Units unsaid() {
    return units();
  }

  /** Searches among the blocks of a message, which its usage counts where it has one. */
  static BodyWatch serverTools() {
    return new BodyWatch() {
      private static final int LIST = 2;
      private static final int BLOCK = 3;
      private static final byte[] CONTENT = EventScan.key("content");

      private boolean inContent;
      private boolean serverTool;
      private boolean search;
      private long searches;

      @Override
      public void open(int depth, JsonString at) {
        if (depth == LIST) {
          inContent = at.keyIs(CONTENT);
        } else if (depth == BLOCK) {
          serverTool = false;
          search = false;
        }
      }

      @Override
      public void string(int depth, JsonString at) {
        if (inContent && depth == BLOCK) {
          serverTool |= at.keyIs(SearchCalls.TYPE) && at.valueIs(MessagesStream.SERVER_TOOL);
          search |= at.keyIs(MessagesStream.NAME) && at.valueIs(MessagesStream.SEARCH);
        }
      }

      @Override
      public void close(int depth) {
        if (inContent && depth == BLOCK) {
          searches += serverTool && search ? 1 : 0;
        }
      }

      @Override
      public Units units() {
        return Units.of(Meter.WEB_SEARCH, Math.min(searches, Units.MAX_COUNT));
      }

      @Override
      public Units unsaid() {
        return Units.NONE;
      }
    };
  }

  /** Searches among the items of a response. */
  static BodyWatch searches() {
    return new BodyWatch() {
      private static final int LIST = 2;
      private static final int ITEM = 3;
      private static final byte[] OUTPUT = EventScan.key("output");

      private final SearchCalls item = new SearchCalls();
      private boolean inOutput;
      private boolean inAction;
      private long billed;

      @Override
      public void open(int depth, JsonString at) {
        if (depth == LIST) {
          inOutput = at.keyIs(OUTPUT);
        } else if (depth == ITEM) {
          item.begin();
        } else if (depth == ITEM + 1) {
          inAction = at.keyIs(SearchCalls.ACTION);
        }
      }

      @Override
      public void string(int depth, JsonString at) {
        if (inOutput && depth == ITEM) {
          item.inItem(at);
        } else if (inOutput && inAction && depth == ITEM + 1) {
          item.inAction(at);
        }
      }

      @Override
      public void close(int depth) {
        if (inOutput && depth == ITEM) {
          billed += item.billed() ? 1 : 0;
          item.begin();
        }
      }

      @Override
      public Units units() {
        return Units.of(Meter.WEB_SEARCH, Math.min(billed, Units.MAX_COUNT));
      }
    };
  }

  /** Searches that the candidates of a Gemini answer name. */
  static BodyWatch grounding() {
    return new BodyWatch() {
      private static final int QUERIES = 5;

      private boolean inQueries;
      private long queries;

      @Override
      public void open(int depth, JsonString at) {
        if (depth == QUERIES) {
          inQueries = at.keyIs(GeminiChunks.QUERIES) || at.keyIs(GeminiChunks.IMAGE_QUERIES);
        }
      }

      @Override
      public void string(int depth, JsonString at) {
        queries += inQueries && depth == QUERIES ? 1 : 0;
      }

      @Override
      public void close(int depth) {
        inQueries &= depth != QUERIES;
      }

      @Override
      public Units units() {
        return Units.of(Meter.WEB_SEARCH, Math.min(queries, Units.MAX_COUNT));
      }
    };
  }
}
