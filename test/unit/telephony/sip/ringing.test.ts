import { describe, expect, it } from 'vitest';
import type { KefuError } from '../../../../src/core/errors.ts';
import { createTranscoder } from '../../../../src/media/transcoder.ts';
import { Diversions } from '../../../../src/telephony/sip/diversions.ts';
import { SipHeaders, type SipRequest } from '../../../../src/telephony/sip/message.ts';
import { glarePauseMs } from '../../../../src/telephony/sip/negotiation.ts';
import { ReliableOrder } from '../../../../src/telephony/sip/reliable.ts';
import { Ringing, type InviteParts } from '../../../../src/telephony/sip/ringing.ts';
import { Side } from '../../../../src/telephony/sip/side.ts';
import { anyTrunk, fakeLine, fakeSockets } from '../../../support/sip/fake-line.ts';
import { asRequest, firstLines, keepingFlow, sipText } from '../../../support/sip/messages.ts';

const sound =
  'v=0\r\no=- 1 1 IN IP4 192.0.2.7\r\ns=-\r\nc=IN IP4 192.0.2.7\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n';

/** A call that Kefu makes. */
function ringing() {
  const line = fakeLine();
  const { clock, log, core } = line;
  const flow = keepingFlow('udp', { host: '192.0.2.21', port: 5060 });
  const side = new Side({
    ...{
      sockets: fakeSockets(),
      trunk: anyTrunk,
      flow,
      soundHost: () => '192.0.2.9',
      createTranscoder,
      clock,
      log,
    },
  });
  const write = ({ uri, cseq, more }: InviteParts): SipRequest => {
    const headers = new SipHeaders()
      .add('From', '<sip:kefu@192.0.2.9>;tag=us')
      .add('To', `<${uri}>`)
      .add('Call-ID', 'ours')
      .add('CSeq', `${cseq} INVITE`);
    for (const [name, value] of more) headers.add(name, value);
    return { type: 'request', method: 'INVITE', uri, headers, body: side.media.offer() };
  };
  const call = new Ringing({
    ...{ core, clock, log, side, write, uri: 'sip:+4930123@carrier.example' },
    ...{ signal: new AbortController().signal, ringMs: 30_000 },
    prove: () => undefined,
    divert: () => undefined,
  });
  const outcome: { leg?: string; error?: string } = {};
  call.answered.then(
    (leg) => (outcome.leg = leg.peerHost),
    (error: unknown) => (outcome.error = (error as KefuError).message),
  );
  /** Answers the last INVITE. */
  const respond = async (status: number, body = '', type = 'application/sdp'): Promise<void> => {
    const invites = flow.sent.map(asRequest).filter(({ method }) => method === 'INVITE');
    const { headers } = invites.at(-1) ?? expect.unreachable();
    const copied = ['via', 'from', 'call-id', 'cseq'].map((name) => `${name}: ${headers.get(name) ?? ''}`);
    const to = `To: ${headers.get('to') ?? ''};tag=callee`;
    await line.receive(
      sipText(
        [
          ...[`SIP/2.0 ${status} Fine`, ...copied, to, 'Contact: <sip:callee@192.0.2.7>'],
          ...(body === '' ? [] : [`Content-Type: ${type}`]),
        ],
        body,
      ),
    );
  };
  return { line, flow, respond, outcome };
}

describe('a server that is to place a call', () => {
  it('leaves it to others when it takes no calls', async () => {
    const { flow, respond, outcome } = ringing();
    await respond(503);
    expect(firstLines(flow.sent).at(-1)).toMatch(/^ACK /);
    expect(outcome).toEqual({ error: 'unreachable: The far side answered with 503.' });
  });

  it('is taken for dead when it says nothing for 5 s, but not when it tries', async () => {
    const silent = ringing();
    await silent.line.clock.advanceAsync(5_000, 500);
    expect(silent.outcome).toEqual({ error: 'unreachable: The server did not answer.' });
    expect([silent.line.clock.pendingTimers, silent.line.core.transactions.size]).toEqual([0, 0]);

    const slow = ringing();
    await slow.respond(100);
    await slow.line.clock.advanceAsync(20_000, 500);
    await slow.respond(200, sound);
    expect(slow.outcome).toEqual({ leg: '192.0.2.21' });
  });

  it('is believed that somebody is busy', async () => {
    const busy = ringing();
    await busy.respond(486);
    expect(busy.outcome).toEqual({ error: 'busy: The far side answered with 486.' });
  });
});

describe('the sound of an answer', () => {
  const part = (type: string, body: string) => `--cut\r\nContent-Type: ${type}\r\n\r\n${body}\r\n`;
  const parts = `${part('application/isup', 'binary')}${part('application/sdp', sound)}--cut--\r\n`;
  const mixed = 'multipart/mixed;boundary=cut';

  it('is found among the parts of a gateway to the old network, also when it came with the ringing', async () => {
    const answered = ringing();
    await answered.respond(200, parts, mixed);
    expect(answered.outcome).toEqual({ leg: '192.0.2.21' });

    const early = ringing();
    await early.respond(183, parts, mixed);
    await early.respond(200);
    expect(early.outcome).toEqual({ leg: '192.0.2.21' });
  });

  it('is not looked for in what is something else', async () => {
    const { respond, outcome } = ringing();
    await respond(200, sound, 'text/plain');
    expect(outcome.error).toMatch(/^failed: The sound of the call cannot be carried/);
  });
});

describe('diversions', () => {
  const headers = (...contacts: string[]): SipHeaders =>
    contacts.reduce((all, contact) => all.add('Contact', contact), new SipHeaders());
  const allowed = (contact: string): string | undefined => /sip:good\d/.exec(contact)?.[0];

  it('are followed best first, each once, and three at most', () => {
    const diversions = new Diversions('sip:good0', allowed);
    diversions.add(302, headers('<sip:good1>;q=0.2, <sip:bad1>', '<sip:good2>;q=0.7', '<sip:good2>;q=0.1'));
    expect(diversions.next()).toBe('sip:good2');
    diversions.add(302, headers('<sip:good3>;q=0.9', '<sip:good0>'));
    expect([diversions.next(), diversions.next(), diversions.next()]).toEqual([
      ...['sip:good3', 'sip:good1', undefined],
    ]);
    expect(diversions.problem).toBeUndefined();
    diversions.add(302, headers('<sip:good4>'));
    expect(diversions.next()).toBeUndefined();
    expect(diversions.problem?.message).toBe('failed: The call was diverted too often.');
  });

  it('to a proxy, or to something else than a call, are none', () => {
    const diversions = new Diversions('sip:good0', allowed);
    for (const status of [305, 380]) {
      diversions.add(status, headers('<sip:good1>'));
      expect([diversions.next(), diversions.problem]).toEqual([undefined, undefined]);
    }
  });
});

describe('ringing that is to be confirmed', () => {
  it('is confirmed once and in its order', () => {
    const order = new ReliableOrder();
    const confirmation = (sequence: string): string | undefined =>
      order.confirmation(
        new SipHeaders().add('Require', '100rel').add('RSeq', sequence).add('CSeq', '3 INVITE'),
      );
    expect(['17', '17', '19', '18', 'x', '19'].map(confirmation)).toEqual([
      ...['17 3 INVITE', undefined, undefined, '18 3 INVITE', undefined, '19 3 INVITE'],
    ]);
    expect(order.confirmation(new SipHeaders().add('RSeq', '20').add('CSeq', '3 INVITE'))).toBeUndefined();
  });
});

describe('the pause after two offers have met', () => {
  it('is longer for who has made the call, so that they do not meet again', () => {
    for (let index = 0; index < 200; index += 1) {
      const [caller, callee] = [glarePauseMs(true), glarePauseMs(false)];
      expect(caller >= 2_100 && caller <= 4_000 && callee >= 0 && callee <= 2_000).toBe(true);
      expect(caller % 10).toBe(0);
    }
  });
});
