import { once } from 'node:events';
import { connect } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { answerVoice } from '../../support/gateway-server.ts';
import { startSipGateway, type RunningGateway } from '../../support/sip/gateway.ts';
import { requestText } from '../../support/sip/messages.ts';

describe('a SIP peer on a connection', () => {
  let running: RunningGateway;
  afterEach(() => running.gateway.close());

  const description =
    'v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n';
  const sdp = ['Content-Type: application/sdp'];

  /** A connection, what has come on it so far, and the first lines of that. */
  async function connection() {
    const socket = connect(running.tcp, '127.0.0.1');
    socket.setNoDelay(true);
    let text = '';
    socket.on('data', (chunk) => (text += String(chunk)));
    await once(socket, 'connect');
    const answers = (): string[] => text.match(/^SIP\/2\.0 \d+|^[A-Z]+ (?=sip)/gm) ?? [];
    return { socket, answers, text: () => text };
  }
  const toTag = (text: string): string => /^To: .*;tag=(\S+)/m.exec(text)?.[1] ?? '';
  const within = (method: string, cseq: number, tag: string): Uint8Array =>
    requestText({ method, cseq, branch: `z9hG4bK-${method}-${cseq}`, to: `<sip:shop@192.0.2.9>;tag=${tag}` });

  it('may send its messages byte by byte, and several in one piece', async () => {
    running = await startSipGateway();
    const { socket, answers, text } = await connection();
    for (const byte of requestText({ headers: sdp, body: description })) socket.write(Uint8Array.of(byte));
    const { events } = answerVoice(await running.nextCall());
    await expect.poll(() => answers().at(-1), { timeout: 10_000 }).toBe('SIP/2.0 200');
    const tag = toTag(text());
    // The ACK, two signs of life, a question and the BYE, all in one piece.
    const piece = [
      within('ACK', 1, tag),
      '\r\n\r\n',
      within('OPTIONS', 2, tag),
      '\r\n',
      within('BYE', 3, tag),
    ];
    socket.write(Buffer.concat(piece.map((part) => Buffer.from(part))));
    expect((await events.done).at(-1)).toMatchObject({ reason: 'caller-hung-up' });
    await expect.poll(() => answers().slice(-2), { timeout: 10_000 }).toEqual(['SIP/2.0 200', 'SIP/2.0 200']);
    expect(text()).toContain('CSeq: 2 OPTIONS');
    expect(text()).toContain('CSeq: 3 BYE');
    socket.destroy();
  });

  it('may close it in the middle of a call and hang up on another', async () => {
    running = await startSipGateway();
    const first = await connection();
    first.socket.write(requestText({ headers: sdp, body: description }));
    const { events } = answerVoice(await running.nextCall());
    await expect.poll(() => first.answers().at(-1), { timeout: 10_000 }).toBe('SIP/2.0 200');
    const tag = toTag(first.text());
    first.socket.end(within('ACK', 1, tag));
    await once(first.socket, 'close');
    const second = await connection();
    second.socket.write(within('BYE', 2, tag));
    await expect.poll(() => second.answers(), { timeout: 10_000 }).toEqual(['SIP/2.0 200']);
    expect((await events.done).at(-1)).toMatchObject({ reason: 'caller-hung-up' });
    second.socket.destroy();
  });

  for (const [what, bytes] of [
    ['headers that never end', Buffer.alloc(70_000, 'x')],
    ['a body of a gigabyte', Buffer.from('INVITE sip:a@b SIP/2.0\r\nContent-Length: 999999999\r\n\r\n')],
    ['no length at all', Buffer.from('INVITE sip:a@b SIP/2.0\r\nVia: SIP/2.0/TCP a\r\n\r\n')],
  ] as const) {
    it(`is cut off when it sends ${what}`, async () => {
      running = await startSipGateway();
      const { socket } = await connection();
      // A connection that is cut off may end with an error.
      socket.on('error', () => undefined);
      const closed = new Promise((resolve) => socket.once('close', resolve));
      socket.write(bytes);
      await closed;
      expect(running.log.find('Closed a SIP connection')).toHaveLength(1);
    });
  }
});
