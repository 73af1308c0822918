package io.stipend.metering.ledger;

/** The name of a lot: ids are unique in their account only, because a roll keeps them. */
record LotKey(AccountKey account, String id) {}
