package io.stipend.gateway.attacks;

/** Clients that take their time: what each sends at first, and then drop by drop. */
enum SlowClient {
  SAYS_NOTHING("", "", 0),
  STOPS_IN_THE_REQUEST_LINE("POST /v1/ch", "", 408),
  STOPS_IN_A_FIELD(Route.CHAT.begin() + "X: ", "", 408),
  STOPS_BEFORE_THE_EMPTY_LINE(Route.CHAT.begin(), "", 408),
  DRIPS_THE_REQUEST_LINE("POST /", "a", 408),
  DRIPS_A_VALUE(Route.CHAT.begin() + "X: ", "a", 408),
  DRIPS_FIELDS(Route.CHAT.begin(), "X: a\r\n", 408),
  STOPS_BEFORE_THE_BODY(Route.CHAT.wire("Content-Length: 100", ""), "", 408),
  STOPS_IN_THE_BODY(Route.MESSAGES.wire("Content-Length: 100", "{\"model\":"), "", 408),
  DRIPS_THE_BODY(Route.CHAT.wire("Content-Length: 100000", "{"), " ", 408),
  STOPS_IN_A_SIZE(Route.GEMINI.wire("Transfer-Encoding: chunked", "1"), "", 408),
  STOPS_IN_A_CHUNK(Route.CHAT.wire("Transfer-Encoding: chunked", "64\r\n{"), "", 408),
  DRIPS_CHUNKS(Route.CHAT.wire("Transfer-Encoding: chunked", "1\r\n{\r\n"), "1\r\n \r\n", 408),
  DRIPS_TRAILERS(
      Route.CHAT.wire("Transfer-Encoding: chunked", "2\r\n{}\r\n0\r\n"), "X: a\r\n", 408),
  DRIPS_A_CODED_BODY(
      Route.CHAT.wire("Content-Encoding: gzip\r\nContent-Length: 1000", "\u001f\u008b\u0008"),
      "\u0000",
      400),
  SENDS_NO_BODY_AFTER_100(
      Route.CHAT.wire("Expect: 100-continue\r\nContent-Length: 100", ""), "", 408);

  final String first;
  final String drop;
  final int status;

  /**
   * @param first what is sent at once
   * @param drop what is sent again and again
   * @param status of the answer at the limit; 0 if there is none
   */
  SlowClient(String first, String drop, int status) {
    this.first = first;
    this.drop = drop;
    this.status = status;
  }
}
