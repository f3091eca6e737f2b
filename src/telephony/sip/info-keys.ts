import type { ServerTransaction } from './server-transaction.ts';

/** Keys as texts: `application/dtmf-relay` (`Signal=5`) and `application/dtmf` (`5`), in which 10 is the star and 11 the hash. */
export function takeInfo(transaction: ServerTransaction, onDigit: (digit: string) => void): void {
  const { headers, body } = transaction.request;
  const type = headers.get('content-type')?.split(';')[0]?.trim().toLowerCase();
  const text = Buffer.from(body).toString('latin1').trim();
  if (type === 'application/dtmf-relay' || type === 'application/dtmf') {
    const signal = type === 'application/dtmf' ? text : (/^signal\s*=\s*(\S+)/im.exec(text)?.[1] ?? '');
    const key = { '10': '*', '11': '#' }[signal] ?? signal.toUpperCase();
    if (!/^[0-9*#A-D]$/.test(key)) {
      transaction.respond(400);
      return;
    }
    transaction.respond(200);
    onDigit(key);
    return;
  }
  if (body.length === 0) transaction.respond(200);
  else transaction.respond(415, { headers: { Accept: 'application/dtmf-relay, application/dtmf' } });
}
