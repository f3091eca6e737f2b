/** True for E.164 and SIP addresses, which is what a caller can be sent to. */
export function isDialable(number: string): boolean {
  return /^\+[1-9]\d{5,14}$/.test(number) || /^sips?:[^\s@]+@[^\s@]+$/.test(number);
}

/** A number as people write it, without spaces, dashes and brackets. */
export function dialable(number: string): string {
  const trimmed = number.trim();
  return trimmed.startsWith('sip') ? trimmed : trimmed.replaceAll(/[\s()/.-]/g, '');
}
