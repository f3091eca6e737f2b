import type { Customer } from '../../core/commerce.ts';

/** Text without case, punctuation, spaces and accents: `José O'Brien` becomes `joseobrien`. Chinese characters stay. */
export function fold(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/ß/g, 'ss')
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** Whether two texts are the same but for case, punctuation and accents. Empty texts match nothing. */
export function sameText(left: string, right: string): boolean {
  const folded = fold(left);
  return folded !== '' && folded === fold(right);
}

const countryCodes = ['1', '86'];

/** Whether a number as a caller or a carrier writes it is the stored one (E.164), with or without its country code. */
export function samePhone(given: string, stored: string): boolean {
  const digits = given.replace(/\D/g, '').replace(/^(00|011)/, '');
  const full = stored.replace(/\D/g, '');
  const countryCode = countryCodes.find((code) => full.startsWith(code)) ?? '';
  return digits.length >= 7 && (digits === full || digits === full.slice(countryCode.length));
}

/** Whether postal codes are the same; of a ZIP+4 the first five digits count. */
export function samePostalCode(left: string, right: string): boolean {
  const short = (code: string) => code.replace(/^(\d{5})-?\d{4}$/, '$1');
  return sameText(short(left.trim()), short(right.trim()));
}

/** What a customer can be found by. */
export type CustomerQuery =
  | { readonly email: string }
  | { readonly phone: string }
  | { readonly firstName: string; readonly lastName: string; readonly postalCode: string };

/** Whether the query describes the customer. */
export function matchesCustomer(customer: Customer, query: CustomerQuery): boolean {
  if ('email' in query) return customer.emails.some((email) => sameText(email, query.email));
  if ('phone' in query) return customer.phones.some((phone) => samePhone(query.phone, phone));
  return (
    sameText(customer.name.first, query.firstName) &&
    sameText(customer.name.last, query.lastName) &&
    samePostalCode(customer.address.postalCode, query.postalCode)
  );
}
