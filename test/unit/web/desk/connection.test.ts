import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { DeskMessage } from '../../../../src/core/desk.ts';
import {
  DeskConnection,
  retryDelayMs,
  type DeskLink,
  type DeskSocket,
} from '../../../../src/web/desk/connection.ts';
import { deskAgent } from '../../../support/desk-cards.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

class FakeSocket implements DeskSocket {
  binaryType = 'blob';
  readyState = 0;
  onopen: DeskSocket['onopen'] = null;
  onmessage: DeskSocket['onmessage'] = null;
  onclose: DeskSocket['onclose'] = null;
  readonly sent: unknown[] = [];
  closed = false;

  send(data: string | ArrayBuffer): void {
    this.sent.push(typeof data === 'string' ? JSON.parse(data) : data);
  }
  close(): void {
    this.closed = true;
    this.readyState = 3;
  }
  opens(): void {
    this.readyState = 1;
    this.onopen?.();
  }
  says(message: unknown): void {
    this.onmessage?.({ data: typeof message === 'string' ? message : JSON.stringify(message) });
  }
  breaks(code = 1006, reason = ''): void {
    this.readyState = 3;
    this.onclose?.({ code, reason });
  }
}

const welcome: DeskMessage = {
  type: 'welcome',
  me: { id: 'ada', name: 'Ada', role: 'agent' },
  agent: deskAgent(),
  colleagues: [],
  queues: [],
  flows: [],
  wrapUpCodes: [],
  telephone: null,
  device: 'browser',
  conversations: [],
};

function connected() {
  const clock = new ManualClock();
  const sockets: FakeSocket[] = [];
  const links: DeskLink[] = [];
  const messages: DeskMessage[] = [];
  const sounds: ArrayBuffer[] = [];
  const connection = new DeskConnection(
    () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket;
    },
    clock,
    {
      link: (link) => links.push(link),
      message: (message) => messages.push(message),
      audio: (samples) => sounds.push(samples),
    },
  );
  const newest = (): FakeSocket => {
    const socket = sockets.at(-1);
    if (!socket) throw new Error('Nothing was opened');
    return socket;
  };
  const greet = (): void => {
    newest().opens();
    newest().says(welcome);
  };
  return { clock, sockets, links, messages, sounds, connection, newest, greet };
}

describe('the line of a desk', () => {
  const complaints: unknown[] = [];
  beforeEach(() => {
    complaints.length = 0;
    for (const level of ['warn', 'error'] as const) {
      vi.spyOn(console, level).mockImplementation((text: unknown) => void complaints.push(text));
    }
  });
  afterEach(() => vi.restoreAllMocks());

  it('greets first, and is open once it was welcomed', () => {
    const { connection, newest, links, messages } = connected();
    connection.start('zh');
    newest().opens();
    expect(newest().sent).toEqual([{ type: 'hello', language: 'zh' }]);
    expect(connection.send({ type: 'accept', entryId: 'e' })).toBe(false);
    newest().says(welcome);
    expect(links).toEqual([{ state: 'connecting', lostSinceEpochMs: null }, { state: 'open' }]);
    expect(messages).toEqual([welcome]);
    expect(connection.send({ type: 'accept', entryId: 'e' })).toBe(true);
    expect(newest().sent.at(-1)).toEqual({ type: 'accept', entryId: 'e' });
  });

  it('tries again after half a second, then ever more slowly, up to five', () => {
    expect([0, 1, 2, 3, 4, 9].map(retryDelayMs)).toEqual([500, 1000, 2000, 4000, 5000, 5000]);
    const { connection, clock, sockets, newest, greet } = connected();
    connection.start('en');
    greet();
    newest().breaks();
    clock.advance(499);
    expect(sockets).toHaveLength(1);
    clock.advance(1);
    expect(sockets).toHaveLength(2);
    newest().breaks();
    clock.advance(999);
    expect(sockets).toHaveLength(2);
    clock.advance(1);
    expect(sockets).toHaveLength(3);
    // Once welcomed, the next loss is a first one again.
    greet();
    newest().breaks();
    clock.advance(500);
    expect(sockets).toHaveLength(4);
  });

  it('greets again after a loss and tells since when it was lost', () => {
    const { connection, clock, links, newest, greet } = connected();
    connection.start('en');
    greet();
    const lostAt = clock.epochMs();
    newest().breaks();
    clock.advance(500);
    expect(links.at(-1)).toEqual({ state: 'connecting', lostSinceEpochMs: lostAt });
    greet();
    expect(newest().sent).toEqual([{ type: 'hello', language: 'en' }]);
    expect(links.at(-1)).toEqual({ state: 'open' });
  });

  it('gives up a server that does not greet within five seconds', () => {
    const { connection, clock, sockets, newest } = connected();
    connection.start('en');
    newest().opens();
    clock.advance(5000);
    expect(sockets[0]?.closed).toBe(true);
    clock.advance(500);
    expect(sockets).toHaveLength(2);
  });

  it('keeps nothing for later that was asked for while it was lost', () => {
    const { connection, clock, newest, greet } = connected();
    connection.start('en');
    greet();
    newest().breaks();
    expect(connection.send({ type: 'finish', entryId: 'e' })).toBe(false);
    connection.sendAudio(new ArrayBuffer(640));
    clock.advance(500);
    greet();
    expect(newest().sent).toEqual([{ type: 'hello', language: 'en' }]);
  });

  it('stays away from a server that refuses it, until it is asked to try again', () => {
    const { connection, clock, sockets, links, newest } = connected();
    connection.start('en');
    newest().opens();
    newest().breaks(1008, 'Sign in first.');
    clock.advance(60_000);
    expect(sockets).toHaveLength(1);
    expect(links.at(-1)).toEqual({ state: 'refused', reason: 'Sign in first.' });
    connection.start('en');
    expect(sockets).toHaveLength(2);
  });

  it('passes sound on in both directions', () => {
    const { connection, newest, greet, sounds } = connected();
    connection.start('en');
    greet();
    const packet = new ArrayBuffer(640);
    newest().onmessage?.({ data: packet });
    expect(sounds).toEqual([packet]);
    connection.sendAudio(packet);
    expect(newest().sent.at(-1)).toBe(packet);
  });

  it('does without what it does not understand', () => {
    const { connection, newest, greet, messages } = connected();
    connection.start('en');
    greet();
    newest().says('{');
    newest().says({ type: 'from-the-future' });
    newest().says({ type: 'queue', waiting: 1, longestWaitMs: 2 });
    expect(messages.map(({ type }) => type)).toEqual(['welcome', 'queue']);
    expect(complaints).toHaveLength(2);
  });

  it('is silent once stopped', () => {
    const { connection, clock, sockets, newest, links, greet } = connected();
    connection.start('en');
    greet();
    const socket = newest();
    connection.stop();
    connection.stop();
    expect(socket.closed).toBe(true);
    clock.advance(60_000);
    expect(sockets).toHaveLength(1);
    expect(links.at(-1)).toEqual({ state: 'closed' });
  });
});
