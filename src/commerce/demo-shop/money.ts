import type { Money } from '../../core/commerce.ts';

/** The demo shop has one currency, whatever the customer's country. */
export const shopCurrency = 'USD';

/** An amount in whole cents. Sums are made in cents, where they are exact. */
export function cents(money: Money): number {
  return Math.round(Number(money.amount) * 100);
}

/** Cents as money with two decimals: -1250 becomes `-12.50`. */
export function money(amountCents: number): Money {
  return { amount: (amountCents / 100).toFixed(2), currency: shopCurrency };
}
