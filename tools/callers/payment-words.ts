import { mentions } from './reading.ts';

const kinds: readonly (readonly [kind: string, words: RegExp])[] = [
  ['paypal', /pay ?pal/i],
  ['gift_card', /gift[ _]?card|礼品卡|礼物卡/i],
  ['alipay', /alipay|支付宝/i],
  ['wechat_pay', /we ?chat|微信/i],
  ['credit_card', /credit[ _]?card|visa|master ?card|american express|amex|信用卡|card ending/i],
];

/** The kinds of payment method that are named: `paypal`, `gift_card`, `credit_card` ... */
export function paymentKindsIn(words: string): string[] {
  return kinds.flatMap(([kind, pattern]) => (pattern.test(words) ? [kind] : []));
}

/** Whether a label (or an id such as `paypal_123`) can be the method that the caller means. */
export function isPaymentMethod(label: string, wanted: string): boolean {
  const [kind] = paymentKindsIn(wanted);
  const digits = /\d{4}$/.exec(wanted)?.[0];
  if (digits !== undefined && /\d{4}/.test(label)) return label.replace(/\D/g, ' ').includes(digits);
  return kind === undefined ? mentions(label, wanted) : paymentKindsIn(label).includes(kind);
}
