package io.stipend.metering.reconcile;

import io.stipend.metering.TokenUsage;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Random;

/** What makes an invoice and the ledger differ, to be planted in a {@link Month}. */
enum Cause {
  CACHED_TWICE(Reason.CACHED_COUNTED_TWICE) {
    @Override
    void plant(Month month, LocalDate day, String model) throws Exception {
      Month.Call call = month.call(day, model).booked(new TokenUsage(3_000, 41_234, 0, 0, 777, 0));
      month.bill(call);
      month.book(call.booked(new TokenUsage(44_234, 41_234, 0, 0, 777, 0)));
    }
  },
  CACHE_WRITE_SPLIT(Reason.CACHE_WRITE_SPLIT) {
    @Override
    void plant(Month month, LocalDate day, String model) throws Exception {
      long hour = month.vendor == Vendor.OPENAI ? 0 : 31_313;
      Month.Call call = month.call(day, model).booked(new TokenUsage(500, 0, 31_313, hour, 900, 0));
      month.bill(call);
      TokenUsage booked =
          month.vendor == Vendor.OPENAI
              ? new TokenUsage(31_813, 0, 0, 0, 900, 0)
              : new TokenUsage(500, 0, 31_313, 0, 900, 0);
      month.book(call.booked(booked));
    }
  },
  STREAM_CUT(Reason.STREAM_CUT) {
    @Override
    void plant(Month month, LocalDate day, String model) throws Exception {
      guess(month, month.call(day, model), "upstream_reset");
    }
  },
  PARSER_GAP(Reason.PARSER_GAP) {
    @Override
    void plant(Month month, LocalDate day, String model) throws Exception {
      Month.Call call = month.call(day, model).booked(new TokenUsage(900, 52_525, 0, 0, 1_000, 0));
      month.bill(call);
      month.book(call.booked(new TokenUsage(53_425, 0, 0, 0, 1_000, 0)));
    }
  },
  CONTEXT_TIER(Reason.CONTEXT_TIER) {
    @Override
    void plant(Month month, LocalDate day, String model) throws Exception {
      Month.Call call = month.long_(month.call(day, Month.LARGE));
      month.bill(call, day, Month.LARGE);
      month.book(call);
    }
  },
  SERVICE_TIER(Reason.SERVICE_TIER) {
    @Override
    void plant(Month month, LocalDate day, String model) throws Exception {
      Month.Call call = month.call(day, model);
      month.bill(call.of(model, "priority"));
      month.book(call);
    }
  },
  SERVICE_TIER_OF_COST(Reason.SERVICE_TIER) {
    @Override
    void plant(Month month, LocalDate day, String model) throws Exception {
      Month.Call call = month.call(day, Month.LARGE);
      month.bill(call, day, "priority");
      month.book(call);
    }
  },
  RETRY(Reason.RETRY_BILLED) {
    @Override
    void plant(Month month, LocalDate day, String model) throws Exception {
      Month.Call call = month.call(day, model);
      month.bill(call);
      month.book(call.failed());
      month.agreed(call.again());
    }
  },
  CLIENT_GONE(Reason.CLIENT_DISCONNECT) {
    @Override
    void plant(Month month, LocalDate day, String model) throws Exception {
      guess(month, month.call(day, model), "client_gone");
    }
  },
  ALIAS(Reason.ALIAS_OR_PRICE_CHANGE) {
    @Override
    void plant(Month month, LocalDate day, String model) throws Exception {
      Month.Call call = month.call(day, Month.LARGE);
      month.bill(call.of(Month.LARGE_DATED, "default"));
      month.book(call);
    }
  },
  OLD_PRICE(Reason.ALIAS_OR_PRICE_CHANGE) {
    @Override
    void plant(Month month, LocalDate day, String model) throws Exception {
      Month.Call call = month.call(day, Month.SMALL);
      month.bill(call);
      // Entered by a card that nobody had changed yet.
      month.book(call, Month.nanos(call, "small-october").total());
    }
  },
  REGION(Reason.REGIONAL_OR_TOOL_FEE) {
    @Override
    void plant(Month month, LocalDate day, String model) {
      month.invoice.scale(day, model, "1.1");
    }
  },
  TOOL_FEE(Reason.REGIONAL_OR_TOOL_FEE) {
    @Override
    void plant(Month month, LocalDate day, String model) {
      String tool = month.vendor == Vendor.OPENAI ? "file search" : "code_execution";
      month.invoice.cost(day, "", "default", tool, "", 1_234_500_000L);
    }
  },
  CREDIT(Reason.DISCOUNT_CREDIT_TAX_ROUNDING) {
    @Override
    void plant(Month month, LocalDate day, String model) {
      month.invoice.cost(day, "", "default", "promotional credit", "", -2_500_000_000L);
    }
  },
  TAX(Reason.DISCOUNT_CREDIT_TAX_ROUNDING) {
    @Override
    void plant(Month month, LocalDate day, String model) {
      month.invoice.cost(day, "", "default", "sales tax", "", 713_000_000L);
    }
  },
  DAY_EDGE(Reason.DAY_EDGE) {
    @Override
    void plant(Month month, LocalDate day, String model) throws Exception {
      Instant midnight = Scope.start(day.plusDays(1));
      Month.Call call =
          month.call(day, model).at(midnight.minusSeconds(30), midnight.plusSeconds(20));
      month.bill(call, day.plusDays(1), Month.price(call));
      month.book(call);
    }
  },
  OUTSIDE(Reason.UNATTRIBUTED) {
    @Override
    void plant(Month month, LocalDate day, String model) {
      month.bill(month.call(day, "m-other").of("m-other", "default"), day, Month.LARGE);
    }
  };

  final Reason reason;

  Cause(Reason reason) {
    this.reason = reason;
  }

  abstract void plant(Month month, LocalDate day, String model) throws Exception;

  /** Whether only costs show it, so that no other such cause may share its prices. */
  boolean isOfCost() {
    return this == CONTEXT_TIER
        || this == SERVICE_TIER_OF_COST
        || this == OLD_PRICE
        || this == REGION;
  }

  /** The last day has no next one on the invoice. */
  LocalDate day(Random random) {
    return Month.FIRST.plusDays(random.nextInt(6));
  }

  private static void guess(Month month, Month.Call call, String outcome) throws Exception {
    TokenUsage used = new TokenUsage(20_000 + month.random.nextInt(999), 0, 0, 0, 1_500, 0);
    month.bill(call.booked(used));
    month.book(call.guessed(outcome, new TokenUsage(24_000, 0, 0, 0, 2_500, 0)));
  }
}
