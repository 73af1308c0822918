/**
 * Public catalogues of prices, read so that somebody can approve them.
 *
 * <p>Start reading at {@link io.stipend.metering.price.catalog.CatalogImport}: a catalogue's file
 * is taken apart into {@link io.stipend.metering.price.catalog.Offer offers}, what looks wrong is
 * put aside with the reason, and the rest is written as a file of rate cards. Nothing is fetched,
 * and nothing is in force before a person has put that file into the quota file.
 */
@NullMarked
package io.stipend.metering.price.catalog;

import org.jspecify.annotations.NullMarked;
