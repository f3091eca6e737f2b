import { createDemoShop } from '../../../src/commerce/demo-shop/demo-shop.ts';
import type { Customer } from '../../../src/core/commerce.ts';
import { saying, type Saying } from './clips.ts';
import { readAgain } from './order-numbers.ts';
import { numberScenarios } from './scenarios.ts';

/** One value that a caller gives: how it is first said, and how it is said again. */
export interface CaptureCase {
  readonly kind: 'order number' | 'e-mail' | 'name and postal code';
  /** What must be found: an order number without `#`, or a customer. */
  readonly wanted: string;
  /** The calling number: that of the customer where the customer is known. */
  readonly from: string;
  readonly first: readonly Saying[];
  readonly again: readonly Saying[];
}

const digitWords = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
const speeds = [1, 0.9, 1.1];

export function captureCases(perKind: number, seed: number): CaptureCase[] {
  const { data } = createDemoShop({ seed: 1 });
  const customers = [...data.customers.values()].filter(
    ({ language, name }) => language === 'en' && /^[A-Za-z'-]+$/.test(name.first + name.last),
  );
  const chosen = (offset: number) =>
    Array.from(
      { length: perKind },
      (_, index) => customers[(index * 7 + seed + offset) % customers.length],
    ).filter((customer) => customer !== undefined);
  return [
    ...numberScenarios(perKind, seed).map(({ orderNumber, number }): CaptureCase => ({
      kind: 'order number',
      wanted: orderNumber,
      from: '',
      first: [number],
      again: [readAgain(orderNumber.slice(1))],
    })),
    ...chosen(0).map((customer, index) => emailCase(customer, speeds[index % speeds.length] ?? 1)),
    ...chosen(3).map((customer, index) => nameCase(customer, speeds[index % speeds.length] ?? 1)),
  ];
}

/** "Emma dot carter at example dot com", and spelled when it is asked for again. */
function emailCase({ id, emails }: Customer, speed: number): CaptureCase {
  const [address = ''] = emails;
  const [local = '', domain = ''] = address.split('@');
  const host = domain.replaceAll('.', ' dot ');
  const spokenLocal = local
    .replaceAll(/\d/g, (digit) => ` ${digitWords[Number(digit)] ?? ''} `)
    .replaceAll('.', ' dot ')
    .replaceAll('_', ' underscore ')
    .replaceAll('-', ' dash ');
  const spelledLocal = Array.from(local, (character) =>
    /\d/.test(character)
      ? (digitWords[Number(character)] ?? '')
      : ({ '.': 'dot', _: 'underscore', '-': 'dash' }[character] ?? character.toUpperCase()),
  ).join(', ');
  return {
    kind: 'e-mail',
    wanted: id,
    from: '',
    first: [saying(`${spokenLocal.replaceAll(/\s+/g, ' ').trim()} at ${host}.`, speed)],
    again: [saying(`${spelledLocal}, at ${host}.`, 0.9)],
  };
}

/** A customer whose number calls says name and postal code; again: the name spelled, the code digit by digit. */
function nameCase({ id, name, phones, address }: Customer, speed: number): CaptureCase {
  const digits = Array.from(address.postalCode, (digit) => digitWords[Number(digit)] ?? '');
  const letters = (word: string) => Array.from(word.toUpperCase()).join(', ');
  return {
    kind: 'name and postal code',
    wanted: id,
    from: phones[0] ?? '',
    first: [saying(`My name is ${name.first} ${name.last}.`, speed), saying(`${digits.join(' ')}.`, speed)],
    again: [
      saying(`${name.first} ${name.last}. ${letters(name.last)}.`, 0.9),
      saying(`${digits.join('. ')}.`, 0.85),
    ],
  };
}
