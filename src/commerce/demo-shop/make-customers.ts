import type { Customer, PaymentMethod } from '../../core/commerce.ts';
import type { Country } from './calendar.ts';
import { customerOf, demoCallers } from './callers.ts';
import { fold } from './matching.ts';
import { money } from './money.ts';
import {
  familyNamesZh,
  fictionalPhone,
  firstNames,
  givenNamesZh,
  lastNames,
  streets,
  streetsZh,
  townsCn,
  townsUs,
  type Town,
} from './people.ts';
import type { Random } from './random.ts';

/** The country a customer lives in, as the shop groups carriers, phone numbers and payment methods. */
export function countryOf(customer: Customer): Country {
  return customer.address.country === 'CN' ? 'CN' : 'US';
}

/** The demo callers and further customers up to `count`, about one in six of them in China. */
export function makeCustomers(count: number, random: Random): Customer[] {
  const customers = demoCallers.map(customerOf);
  const taken = new Set(customers.flatMap(({ emails }) => emails));
  // Serial numbers up to 9 of every area code belong to the demo callers.
  const serials = new Map<string, number>();
  for (let number = 10_001 + customers.length; customers.length < count; number += 1) {
    const country = random.chance(1 / 6) ? 'CN' : 'US';
    const town = random.pick(country === 'US' ? townsUs : townsCn);
    const serial = serials.get(town.areaCode) ?? (country === 'US' ? 10 : 110);
    serials.set(town.areaCode, serial + 1);
    const { name, mailName } = country === 'US' ? nameUs(random) : nameZh(random);
    const email = freeEmail(mailName, taken, random);
    customers.push({
      id: `C${number}`,
      name,
      emails: random.chance(0.1) ? [email, freeEmail(`${mailName}.home`, taken, random)] : [email],
      phones: [fictionalPhone(country, town.areaCode, serial)],
      address: addressIn(country, town, random),
      paymentMethods: paymentMethods(country, String(number), random),
      language: country === 'US' ? 'en' : 'zh',
      tier: random.weighted({ standard: 7, silver: 2, gold: 1 }),
    });
  }
  return customers;
}

function nameUs(random: Random) {
  const name = { first: random.pick(firstNames), last: random.pick(lastNames) };
  return { name, mailName: `${fold(name.first)}.${fold(name.last)}` };
}

function nameZh(random: Random) {
  const [last, lastLatin] = random.pick(familyNamesZh);
  const [first, firstLatin] = random.pick(givenNamesZh);
  return { name: { first, last }, mailName: `${lastLatin}.${firstLatin}` };
}

function freeEmail(name: string, taken: Set<string>, random: Random): string {
  const domain = random.pick(['example.com', 'example.org', 'example.net']);
  let email = `${name}@${domain}`;
  for (let number = 2; taken.has(email); number += 1) email = `${name}${number}@${domain}`;
  taken.add(email);
  return email;
}

/** A street address in the town, with one of its postal codes. */
export function addressIn(country: Country, town: Town, random: Random): Customer['address'] {
  const { city, state } = town;
  const postalCode = random.pick(town.postalCodes);
  if (country === 'CN') {
    const line1 = `${random.pick(streetsZh)}${random.int(1, 300)}号`;
    const line2 = `${random.int(1, 20)}栋${random.int(1, 28)}0${random.int(1, 4)}室`;
    return { line1, line2, city, state, country, postalCode };
  }
  const line1 = `${random.int(10, 2400)} ${random.pick(streets)}`;
  return random.chance(0.3)
    ? { line1, line2: `Apt ${random.int(1, 40)}`, city, state, country, postalCode }
    : { line1, city, state, country, postalCode };
}

function paymentMethods(country: Country, number: string, random: Random): PaymentMethod[] {
  const card: PaymentMethod = {
    id: `card_${number}`,
    kind: 'credit_card',
    brand: random.pick(['visa', 'mastercard', 'amex']),
    last4: String(random.int(0, 9999)).padStart(4, '0'),
  };
  const wallets: PaymentMethod[] =
    country === 'US'
      ? [{ id: `paypal_${number}`, kind: 'paypal' }]
      : [
          { id: `alipay_${number}`, kind: 'alipay' },
          { id: `wechat_${number}`, kind: 'wechat_pay' },
        ];
  const gift: PaymentMethod = {
    id: `gift_${number}`,
    kind: 'gift_card',
    balance: money(random.int(5, 400) * 100),
  };
  const paying = [card, ...wallets].filter(() => random.chance(0.65));
  return [...(paying.length > 0 ? paying : [card]), ...(random.chance(0.35) ? [gift] : [])];
}
