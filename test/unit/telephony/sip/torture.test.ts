import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fakeLine } from '../../../support/sip/fake-line.ts';
import { firstLines } from '../../../support/sip/messages.ts';

const directory = resolve(import.meta.dirname, '../../../../../shared/data/sip/rfc4475');

/** The final answer to each message of RFC 4475, or `dropped`; those in section 3.1.1 are valid, however they look. */
const answers: Readonly<Record<string, number | 'dropped'>> = {
  // 3.1.1, valid messages: calls, their options, and methods that an end of calls does not have
  // (wsinv belongs to a call that we do not know)
  ...{ wsinv: 481, intmeth: 501, esc01: 200, escnull: 405, esc02: 501, lwsdisp: 200, longreq: 200 },
  ...{ dblreq: 405, semiuri: 200, transports: 200, mpart01: 405, unreason: 'dropped', noreason: 'dropped' },
  // 3.1.2, invalid messages
  ...{ badinv01: 400, clerr: 400, ncl: 400, scalar02: 400, scalarlg: 'dropped', quotbal: 400, ltgtruri: 400 },
  ...{ lwsruri: 400, lwsstart: 400, trws: 400, escruri: 400, baddate: 200, regbadct: 400, badaspec: 400 },
  ...{ baddn: 'dropped', badvers: 505, mismatch01: 400, mismatch02: 400, bigcode: 'dropped' },
  // 3.2 to 3.4: transactions, what a user agent makes of them, and the older RFC 2543
  ...{ badbranch: 200, insuf: 400, unkscm: 416, novelsc: 416, unksm2: 405, bext01: 420, invut: 415 },
  ...{ regaut01: 405, multi01: 400, mcl01: 400, bcast: 'dropped', zeromf: 200, cparam01: 405, cparam02: 405 },
  ...{ regescrt: 405, sdp01: 406, inv2543: 200 },
  // Not of the RFC: a text that is no SIP at all
  test: 'dropped',
};

describe('the torture messages of RFC 4475', () => {
  const files = readdirSync(directory).filter((name) => name.endsWith('.dat'));

  it('are all judged here', () => {
    expect(files.map((name) => name.replace('.dat', '')).sort()).toEqual(Object.keys(answers).sort());
  });

  for (const [name, wanted] of Object.entries(answers)) {
    it(`${name}: ${wanted}`, async () => {
      const line = fakeLine();
      await line.receive(readFileSync(join(directory, `${name}.dat`)));
      line.calls[0]?.accept('call_test');
      const statuses = firstLines(line.flow.sent).map((text) => Number(text.split(' ')[0]));
      expect(statuses.filter((status) => status >= 200)).toEqual(wanted === 'dropped' ? [] : [wanted]);
      expect(line.log.lines.filter(({ level }) => level === 'error')).toEqual([]);
    });
  }
});
