import { describe, expect, it } from 'vitest';
import {
  answerChallenge,
  DigestGuard,
  digestResponse,
  parseDigest,
} from '../../../../src/telephony/sip/digest.ts';
import { addressList, isPrivateAddress, localAddressFor } from '../../../../src/telephony/sip/addresses.ts';
import { parseUri, type SipUri } from '../../../../src/telephony/sip/grammar.ts';
import { Guard } from '../../../../src/telephony/sip/guard.ts';
import { createCapturedLog } from '../../../support/captured-log.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { anyTrunk } from '../../../support/sip/fake-line.ts';
import { asRequest, requestText } from '../../../support/sip/messages.ts';

const credentials = { user: 'office', password: 'secret', algorithms: ['SHA-256', 'MD5'] as const };
const registration = {
  ...{ server: parsedUri('sip:203.0.113.5'), domain: 'carrier.example', expiresSeconds: 300 },
  ...{ user: 'office', password: 'secret' },
};
const what = { method: 'INVITE', uri: 'sip:shop@kefu.example' };

function parsedUri(text: string): SipUri {
  const uri = parseUri(text);
  if (!uri) throw new Error(text);
  return uri;
}

describe('digests', () => {
  it('are those of the examples of RFC 7616 section 3.9.1', () => {
    const input = {
      ...{ realm: 'http-auth@example.org', method: 'GET', uri: '/dir/index.html' },
      nonce: '7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v',
      qop: { cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ', count: '00000001' },
    };
    const mufasa = { user: 'Mufasa', password: 'Circle of Life' };
    expect(digestResponse(mufasa, { ...input, algorithm: 'MD5' })).toBe('8ca523f5e9506fed4657c9700eebdbec');
    expect(digestResponse(mufasa, { ...input, algorithm: 'SHA-256' })).toBe(
      '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
    );
  });

  it('answer the better of two challenges, also old ones without qop, and no foreign scheme', () => {
    const challenges = [
      'Digest realm="a", nonce="n", algorithm=MD5',
      'Digest realm="a", nonce="n", algorithm=SHA-256, qop="auth,auth-int"',
    ];
    const answer = parseDigest(answerChallenge(challenges, credentials, what) ?? '');
    expect(answer?.get('algorithm')).toBe('SHA-256');
    expect(answer?.get('qop')).toBe('auth');
    const old = parseDigest(answerChallenge(['Digest realm="a", nonce="n"'], credentials, what) ?? '');
    expect(old?.get('response')).toHaveLength(32);
    expect(old?.has('qop')).toBe(false);
    expect(
      answerChallenge(['Basic realm="a"', 'Digest realm="a", nonce="n", qop="auth-int"'], credentials, what),
    ).toBeUndefined();
  });

  it('prove a password once per nonce and count, for a minute', () => {
    const clock = new ManualClock();
    const guard = new DigestGuard('kefu', clock);
    for (const algorithm of credentials.algorithms) {
      const answer = answerChallenge(guard.challenges([algorithm], false), credentials, what) ?? '';
      expect(guard.check(answer, { ...credentials, password: 'wrong' }, 'INVITE')).toBe('wrong');
      expect(guard.check(answer, credentials, 'BYE')).toBe('wrong');
      expect(guard.check(answer, credentials, 'INVITE')).toBe('right');
      expect(guard.check(answer, credentials, 'INVITE')).toBe('stale');
    }
    const late = answerChallenge(guard.challenges(['MD5'], false), credentials, what) ?? '';
    clock.advance(60_001);
    expect(guard.check(late, credentials, 'INVITE')).toBe('stale');
    const foreign =
      answerChallenge(new DigestGuard('kefu', clock).challenges(['MD5'], false), credentials, what) ?? '';
    expect(guard.check(foreign, credentials, 'INVITE')).toBe('stale');
    expect(guard.check('Digest nonsense', credentials, 'INVITE')).toBe('wrong');
  });
});

describe('who may speak with Kefu', () => {
  const here = addressList(['192.0.2.0/28', '2001:db8::1']);
  const make = () => {
    const clock = new ManualClock();
    const log = createCapturedLog();
    const trunks = [
      { ...anyTrunk, name: 'carrier', admits: (host: string) => here?.has(host) ?? false },
      { ...anyTrunk, name: 'office', admits: () => false, login: credentials },
    ];
    return { clock, log, guard: new Guard({ trunks, clock, log }) };
  };
  const invite = (user: string, headers: readonly string[] = []) =>
    asRequest(requestText({ from: `<sip:${user}@elsewhere.example>;tag=a`, headers }));

  it('is whoever calls from the address of a trunk', () => {
    const { guard } = make();
    expect(guard.admit(invite('anybody'), '192.0.2.3')).toMatchObject({
      type: 'admitted',
      trunk: { name: 'carrier' },
    });
    expect(guard.admit(invite('anybody'), '2001:db8::1')).toMatchObject({ type: 'admitted' });
  });

  it('is whoever proves a login, and nobody else gets an answer', () => {
    const { guard, log } = make();
    expect(guard.admit(invite('100'), '203.0.113.1')).toEqual({ type: 'dropped' });
    const challenge = guard.admit(invite('office'), '203.0.113.1');
    if (challenge.type !== 'challenge') throw new Error(challenge.type);
    const proof = answerChallenge(challenge.challenges, credentials, what) ?? '';
    expect(guard.admit(invite('office', [`Authorization: ${proof}`]), '203.0.113.1')).toMatchObject({
      ...{ type: 'admitted', trunk: { name: 'office' } },
    });
    expect(JSON.stringify(log.lines)).not.toContain('secret');
  });

  it('is nobody who keeps guessing, for a minute', () => {
    const { guard, clock } = make();
    const wrong =
      answerChallenge(
        ['Digest realm="kefu", nonce="n", qop="auth"'],
        { ...credentials, password: 'x' },
        what,
      ) ?? '';
    const guess = () => guard.admit(invite('office', [`Authorization: ${wrong}`]), '203.0.113.1').type;
    expect(Array.from({ length: 12 }, guess)).toEqual([
      ...new Array<string>(10).fill('challenge'),
      'dropped',
      'dropped',
    ]);
    expect(guard.mayConnect('203.0.113.1')).toBe(false);
    expect(guard.mayConnect('203.0.113.2')).toBe(true);
    clock.advance(60_000);
    expect(guess()).toBe('challenge');
  });

  it('is banned for longer each time, up to an hour', () => {
    const { guard, clock } = make();
    const guess = (): void => void guard.admit(invite('office'), '203.0.113.1');
    const bannedForMs = (): number => {
      for (let count = 0; count < 11; count += 1) guess();
      let ms = 0;
      for (; !guard.mayConnect('203.0.113.1'); ms += 60_000) clock.advance(60_000);
      return ms;
    };
    expect(Array.from({ length: 8 }, bannedForMs).map((ms) => ms / 60_000)).toEqual([
      1, 2, 4, 8, 16, 32, 60, 60,
    ]);
  });

  it('is no scanner, even one that names a user who exists, and no stranger who floods', () => {
    const { guard, clock } = make();
    expect(guard.admit(invite('office', ['User-Agent: friendly-scanner']), '203.0.113.1').type).toBe(
      'dropped',
    );
    expect(guard.admit(invite('office', ['User-Agent: SIPVicious 0.3']), '203.0.113.1').type).toBe('dropped');
    expect(guard.admit(invite('office', ['User-Agent: Zoiper']), '203.0.113.1').type).toBe('challenge');
    const read = Array.from({ length: 150 }, () => guard.mayBeRead('203.0.113.7'));
    expect(read.filter(Boolean)).toHaveLength(100);
    expect(Array.from({ length: 150 }, () => guard.mayBeRead('192.0.2.3')).every(Boolean)).toBe(true);
    clock.advance(1_000);
    expect(guard.mayBeRead('203.0.113.7')).toBe(true);
    expect(Object.fromEntries(guard.drops)).toEqual({ scanner: 2, flood: 50 });
  });

  it('is whoever calls from an address of the registrar, until the trunk is gone', () => {
    const { guard } = make();
    const trunk = { ...anyTrunk, name: 'line', admits: () => false, register: registration };
    guard.renew([trunk]);
    guard.admitRegistrars(['203.0.113.5', '203.0.113.6'], trunk);
    expect(guard.trunkAt('203.0.113.6')?.name).toBe('line');
    guard.admitRegistrars(['203.0.113.5'], trunk);
    expect(guard.trunkAt('203.0.113.6')).toBeUndefined();
    guard.renew([{ ...trunk, register: undefined }]);
    expect(guard.trunkAt('203.0.113.5')).toBeUndefined();
  });

  it('is no address that floods, until the next second', () => {
    const { guard, clock } = make();
    const types = Array.from({ length: 220 }, () => guard.admit(invite('x'), '192.0.2.3').type);
    expect(types.filter((type) => type === 'admitted')).toHaveLength(200);
    clock.advance(1_000);
    expect(guard.admit(invite('x'), '192.0.2.3').type).toBe('admitted');
  });
});

describe('addresses', () => {
  it('are known as private or not, and lists refuse what is none', () => {
    expect(
      ['10.1.2.3', '172.31.0.1', '192.168.1.1', 'fd00::1', '8.8.8.8', '172.32.0.1', '2001:db8::1', 'x'].map(
        isPrivateAddress,
      ),
    ).toEqual([...[true, true, true, true, false, false, false, false]]);
    for (const wrong of ['example.com', '192.0.2.0/33', '192.0.2.0/x', '1.2.3.4/8/8']) {
      expect(addressList([wrong]), wrong).toBeUndefined();
    }
  });

  it('of our own are the public one for peers outside, and the bound one for peers inside', () => {
    expect(localAddressFor('8.8.8.8', '10.0.0.5', '203.0.113.5')).toBe('203.0.113.5');
    expect(localAddressFor('10.0.0.9', '10.0.0.5', '203.0.113.5')).toBe('10.0.0.5');
    expect(localAddressFor('127.0.0.1', '0.0.0.0', undefined)).toBe('127.0.0.1');
  });
});
